"""The checks: the tests of the task files, by their ids."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from tests.judge.judge import Judge
from tests.judge.names import FILES, all_names


@dataclass(frozen=True, slots=True)
class Check:
    """One rule that is judged. `rule` is it in a sentence; `judge` raises CheckFailed."""

    id: str
    name: str
    rule: str
    judge: Callable[[Judge], None]

    @property
    def task(self) -> str:
        """The task that it belongs to: A, B, C or D."""
        return self.id[0]


def all_checks() -> list[Check]:
    """Return every check, in the order of the contract."""
    modules = {
        task: import_module(f"tests.{file.removesuffix('.py')}") for task, file in FILES.items()
    }
    return [
        Check(name.id, name.name, name.rule, getattr(modules[name.id[0]], name.function))
        for name in all_names().values()
    ]
