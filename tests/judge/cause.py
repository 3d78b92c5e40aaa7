"""What a failure comes from, when it is a slip of the solution and not a flaw of its design."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from infra.errors import ExternalApiError
from infra.mistakes import first_of, line_of, told
from tests.judge.broken import Broken
from tests.judge.stage import Stage
from tests.judge.unawaited import Slip


@dataclass(frozen=True, slots=True)
class Cause:
    """The line to look at first, if one is known, and what to say of it besides the failure."""

    line: int | None
    words: Sequence[str]

    @classmethod
    def of(cls, broken: Broken, stage: Stage, slips: Sequence[Slip]) -> Self:
        """Return the cause: where it broke, what was not awaited, or an error of a call before."""
        forgotten = [slip.sentence for slip in slips]
        if broken.line:
            return cls(broken.line, forgotten)
        error = _last_error(stage)
        if error is None:
            lines = [slip.line for slip in slips if slip.line]
            return cls(lines[0] if lines else None, forgotten)
        line, words = line_of(error, stage.subject.path), told(error, stage.subject.path)
        if words not in broken.got:
            where = f"Line {line}" if line else "Before that, a call"
            forgotten.insert(0, f"{where} raised {words}{'' if words[-1] in '?.…' else '.'}")
        return cls(line, forgotten)


def _last_error(stage: Stage) -> BaseException | None:
    """Return the last error that a call has raised, but for a service's: those may escape."""
    errors = [call.error for call in stage.calls if isinstance(call.error, Exception)]
    own = [error for error in errors if not isinstance(first_of(error), ExternalApiError)]
    return own[-1] if own else None
