"""The middle of the screen when it is no failure: all checks, hints, questions, good news."""

from itertools import zip_longest

from rich.text import Text

from tests.hints import hint
from tests.judge.names import all_names
from tests.judge.report import TASKS
from tests.watch import words
from tests.watch.board import STYLES
from tests.watch.state import State, View
from tests.watch.story import heading
from tests.watch.text import fitted, line, wrapped


def all_checks(state: State, width: int) -> list[Text]:
    """Return every check with its name, two tasks side by side."""
    half = width // 2
    left = [each for task in ("A", "B") for each in _named(state, task)]
    right = [each for task in ("C", "D") for each in _named(state, task)]
    lines = []
    for one, other in zip_longest(left, right, fillvalue=line()):
        first = fitted(one, half - 1)
        first.pad_right(half - first.cell_len)
        lines.append(first + other)
    return lines


def _named(state: State, task: str) -> list[Text]:
    return [
        line(
            "  ",
            (f"{words.MARKS[state.status(check)]} {check}", STYLES[state.status(check)]),
            f"  {all_names()[check].name}",
        )
        for check in state.checks_of(task)
    ]


def hints(state: State, width: int, room: int) -> list[Text]:
    """Return the hints that were taken for the check that fails; at least the last of them."""
    result = state.shown_failure()
    assert result
    lines = []
    if result.failure:
        lines += [line("  ", ("Got       ", "dim"), result.failure.got)]
    for number in range(1, state.hints.get(result.id, 0) + 1):
        lines.append(line("  ", (words.HINT.format(number=number), "bold cyan")))
        lines += [line("    ", each) for each in wrapped(hint(result.id, number), width - 6)]
    return [heading(state, result, width), *lines[-max(1, room - 1) :]]


def questions(state: State, width: int) -> list[Text]:
    """Return the question that has to be answered before a function is the starter's again."""
    if state.view is View.RESET:
        tasks = [line("  ", (task, "bold cyan"), f"  {words.FUNCTIONS[task]}") for task in TASKS]
        return [line("  ", (words.WHICH_TASK, "bold")), line(), *tasks]
    function = words.FUNCTIONS[state.task_to_reset]
    texts = [
        text.format(function=function, file=state.file, task=state.task_to_reset)
        for text in words.SURE
    ]
    return [line("  ", each) for text in texts for each in wrapped(text, width - 4)]


def unusable(state: State, width: int) -> list[Text]:
    """Return why the file could not be judged."""
    return [
        line(("! ", "bold yellow"), (words.UNUSABLE, "bold")),
        *(line("  ", each) for each in wrapped(state.unusable, width - 4)),
    ]


def nothing_failed(state: State, width: int) -> list[Text]:
    """Return what to do next when no check fails."""
    started = [task for task in TASKS if state.is_started(task)]
    names = [words.FUNCTIONS[task] for task in TASKS if task not in started]
    texts: tuple[str, ...]
    if state.count("passed") == len(all_names()):
        texts = words.ALL_PASSES
    elif not state.results:
        texts = words.FIRST_RESULTS
    else:
        texts = words.ALL_STARTED_PASSES if started else words.NOTHING_STARTED
    head, *rest = [text.format(file=state.file, functions=", ".join(names)) for text in texts]
    style = "bold green" if started and state.results else "bold"
    lines = [line("  ", (head, style))]
    return lines + [line("  ", each) for text in rest for each in wrapped(text, width - 4)]
