"""The top of the screen: the tasks with a dot for each check, the total, and what changed."""

from rich.text import Text

from tests.judge.names import all_names
from tests.judge.report import TASKS
from tests.watch import words
from tests.watch.changes import in_short, newly_green, newly_red, no_longer_green
from tests.watch.state import State
from tests.watch.text import line, sides

STYLES = {"passed": "green", "failed": "bold red", "error": "bold yellow", "not_run": "dim"}

_NAME_WIDTH = 24


def board(state: State, width: int) -> list[Text]:
    """Return the lines of the board."""
    most = max(len(state.checks_of(task)) for task in TASKS)
    numbers = " ".join(str(number + 1) for number in range(most))
    return [
        sides(line(" ", (state.file, "bold")), _activity(state), width),
        sides(line(" " * _NAME_WIDTH, (numbers, "dim")), line((words.LEGEND, "dim")), width),
        *(_row(state, task, most, width) for task in TASKS),
        sides(_total(state), _changes(state), width),
    ]


def _activity(state: State) -> Text:
    if state.running:
        done = f"{len(state.fresh)} of {len(all_names())}"
        first = f" {state.focus} first" if state.focus else ""
        spent = f" · {state.seconds:.0f} s" if state.seconds >= 1 else ""
        now = line((f"{words.JUDGING}{first} · {done}{spent} ", "bold cyan"))
    elif state.clock:
        now = line((f"{words.JUDGED.format(seconds=state.seconds, clock=state.clock)} ", "dim"))
    else:
        now = line()
    if state.polling:
        return line((f"{words.POLLING.format(reason=state.polling)} · ", "yellow")) + now
    return now


def _row(state: State, task: str, most: int, width: int) -> Text:
    edited = "bold" if task == state.focus else ""
    row = line(
        " ", (task, "bold"), " ", (f"{words.FUNCTIONS[task]:<{_NAME_WIDTH - 4}}", edited), " "
    )
    checks = state.checks_of(task)
    for check in checks:
        row.append(f"{words.MARKS[state.status(check)]} ", _style(state, check))
    row.append("  " * (most - len(checks)) + " ")
    return sides(row, _outcome(state, task, width), width)


def _style(state: State, check: str) -> str:
    """Return a dot's style: dim, as long as it is of an earlier run."""
    style = STYLES[state.status(check)]
    return style if check in state.fresh else f"{style} dim"


def _outcome(state: State, task: str, width: int) -> Text:
    checks = state.checks_of(task)
    if not state.is_started(task):
        return _padded(line(("not started", "dim")), width)
    passed = sum(state.status(check) == "passed" for check in checks)
    bad = [check for check in checks if state.status(check) in ("failed", "error")]
    text = line(f"{passed} of {len(checks)} pass")
    if bad:
        text += line("   ", (f"{words.FAILS} {in_short(bad)}", "red"))
    return _padded(text, width)


def _padded(text: Text, width: int) -> Text:
    """Return an outcome as wide as there is room, so that all of them begin in one column."""
    text.pad_right(max(0, width - _NAME_WIDTH - 18 - text.cell_len))
    return text


def _total(state: State) -> Text:
    if state.unusable:
        return line(" ", (words.NOTHING_JUDGED, "bold yellow"))
    total = len(all_names())
    parts: list[str | tuple[str, str]] = [" ", (f"{state.count('passed')} of {total} pass", "bold")]
    if fails := state.count("failed"):
        parts += [" · ", (f"{fails} fail{'s' * (fails == 1)}", "red")]
    if errors := state.count("error"):
        parts += [" · ", (f"{errors} error{'s' * (errors != 1)}", "yellow")]
    return line(*parts)


def _changes(state: State) -> Text:
    """Return what is otherwise than in the run before."""
    if state.unusable or not state.before or not state.fresh:
        return line()
    now = state.statuses()
    changes = (
        (words.NEWLY_RED, "bold red", newly_red(state.before, now)),
        (words.NO_LONGER_GREEN, "yellow", no_longer_green(state.before, now)),
        (words.NEWLY_GREEN, "bold green", newly_green(state.before, now)),
    )
    parts: list[str | tuple[str, str]] = []
    for name, style, checks in changes:
        if checks:
            parts += ["  " if parts else "", f"{name}: ", (in_short(checks), style), " "]
    if not parts and not state.running:
        parts += [(f"{words.NO_CHANGE} ", "dim")]
    return line(*parts)
