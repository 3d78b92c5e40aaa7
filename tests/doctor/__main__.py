"""`python -m tests.doctor`: a line for each thing that the hour needs, and whether all is ready.

Exit status: 0 when it is, 1 when there is something to do. Needs no package to say so.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one must be told, not traced
    raise SystemExit(
        "Python 3.11 or newer is needed, this is %d.%d: make setup PYTHON=python3.12"  # noqa: UP031 - for older ones too
        % sys.version_info[:2]
    )

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.doctor.finding import Finding, to_set_up
from tests.doctor.folder import folder, sample_data
from tests.doctor.judging import judging
from tests.doctor.python import packages, python
from tests.doctor.saving import saving
from tests.doctor.terminal import terminal

READY = "ready"
TO_DO = "To do first: {}"


@dataclass(frozen=True, slots=True)
class Look:
    """A look at one thing, for which others have to be right."""

    name: str
    at: Callable[[], Finding]
    needs: tuple[str, ...] = ()


LOOKS = (
    Look("Python", python),
    Look("packages", packages),
    Look("folders", folder),
    Look("sample data", sample_data, needs=("packages", "folders")),
    Look("terminal", terminal, needs=("packages",)),
    Look("saves", saving, needs=("packages", "folders")),
    Look("judge", judging, needs=("packages",)),
)


def main() -> int:
    """Look at one thing after the other, and tell each as soon as it is known."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what cannot be shown is a finding, no error
    to_do = ""
    for name, finding in findings():
        to_do = to_do or finding.to_do
        _tell(f"{finding.mark} {name:<12} {finding.words}")
    _tell(TO_DO.format(to_do) if to_do else READY)
    return 1 if to_do else 0


def findings() -> Iterator[tuple[str, Finding]]:
    """Return what is found of each thing, by its name."""
    wrong: set[str] = set()
    for look in LOOKS:
        missing = next((name for name in look.needs if name in wrong), None)
        finding = _found(look) if missing is None else _put_off(missing)
        if finding.to_do:
            wrong.add(look.name)
        yield look.name, finding


def _put_off(missing: str) -> Finding:
    return Finding(f"not looked at before the {missing} are right", is_noted=True)


def _found(look: Look) -> Finding:
    try:
        return look.at()
    except ImportError as error:  # of a package that is there by name, but not for this Python
        return Finding(f"cannot be imported: {error}", to_do=to_set_up())
    except Exception as error:
        words = " ".join(f"{type(error).__name__}: {error}".split())
        return Finding(words, to_do=f"show the line of the {look.name} to your interviewer")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        status = main()
    except KeyboardInterrupt:
        status = 130  # as a shell has it for Ctrl-C
    except BrokenPipeError:
        # Nobody reads on. Or else Python would try once more at its end, and tell of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)
