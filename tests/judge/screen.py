"""The report as text: a line a task, then each failure, then the observations."""

from collections.abc import Iterator
from itertools import groupby

import click

from tests.judge.report import TASKS, Report, Result

_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "red"), "error": ("!", "red")}
_DOTS = {"passed": "●", "failed": "✗", "error": "!", "not_run": "○"}
_WIDTH = 100
_STORY_WIDTH = 74


def print_report(report: Report) -> None:
    """Print the report; colours only where a terminal shows them."""
    for line in lines(report):
        click.echo(line)


def lines(report: Report) -> Iterator[str]:
    """Return the report, line by line."""
    if report.unusable:
        yield f"{click.style('!', fg='red')} {report.unusable}"
        yield "  The file could not be loaded, so nothing was judged."
        return
    yield from _scoreboard(report)
    for result in report.failures():
        yield ""
        yield from failure_lines(result, report.solution, report.seed)
    if report.observations:
        yield ""
        yield "Observations, to talk about; they fail nothing"
        for task, text in report.observations:
            yield f"  {task}  {text}"
    yield ""
    yield _summary(report)


def _scoreboard(report: Report) -> Iterator[str]:
    for task in report.judged():
        results = report.of_task(task)
        status = report.status_of(task)
        mark, colour = _MARKS.get(status, ("○", "white"))
        dots = " ".join(f"{_DOTS[result.status]}{result.id}" for result in results)
        words = f"{task} {TASKS[task]:<8} {dots:<36} {_words(report, task)}"
        yield f"{click.style(mark, fg=colour)} {words}"
        for check, text in _coverage(results):
            yield click.style(f"    {check:<3} {text}", dim=True)


def _words(report: Report, task: str) -> str:
    status = report.status_of(task)
    if status == "not_started":
        return report.of_task(task)[0].message
    runs = sum(result.runs for result in report.of_task(task))
    passed = sum(result.status == "passed" for result in report.of_task(task))
    return f"{passed} of {len(report.of_task(task))} pass, {runs:,} runs"


def _coverage(results: list[Result]) -> Iterator[tuple[str, str]]:
    for result in results:
        explored = [part for part in result.coverage.split("; ") if "interleavings" in part]
        if explored:
            for n, part in enumerate(explored):
                yield (result.id if n == 0 else ""), part


def failure_lines(result: Result, solution: str, seed: int = 0) -> Iterator[str]:
    """Return how a check failed: the rule, what was expected, what happened, where, and again."""
    head = f"{_DOTS[result.status]} {result.id}  {result.name}"
    yield click.style(f"{head:<70} task {result.id[0]}", fg="red", bold=True)
    yield f"  {result.rule}"
    failure = result.failure
    if failure is None:
        yield f"  {result.message}"
        return
    yield f"  Expected  {failure.expected}"
    yield f"  Got       {failure.got}"
    if failure.story:
        yield "  How it happened"
        for row in failure.story:
            yield _row(row.ms, row.worker, row.operation, row.result, marked=row.marked)
    for line in _wrapped(failure.why):
        yield f"  {line}"
    yield f"  Where     {failure.where}  {failure.source}".rstrip()
    repeat = f"make test T={result.id}"
    if solution != "candidate/solution.py":
        repeat += f" SOLUTION={solution}"
    if seed:
        repeat += f" SEED={seed}"
    if failure.replay:
        repeat += f" REPLAY={failure.replay}"
    yield f"  Repeat    {repeat}"


def _row(ms: float, worker: str, operation: str, result: str, *, marked: bool) -> str:
    time = f"{ms:9,.1f} ms" if worker else " " * 12
    words = operation if len(operation) <= _STORY_WIDTH else operation[: _STORY_WIDTH - 1] + "…"
    mark = "  ◀" if marked else ""
    return f"  {time}  {worker:<9} {words:<{_STORY_WIDTH}} {result}{mark}".rstrip()


def _wrapped(text: str) -> Iterator[str]:
    line = ""
    for word in text.split():
        if len(line) + len(word) >= _WIDTH:
            yield line
            line = ""
        line = f"{line} {word}".strip()
    if line:
        yield line


def _summary(report: Report) -> str:
    parts = []
    for status, group in groupby(sorted(result.status for result in report.results)):
        parts.append(f"{len(list(group))} {status.replace('_', ' ')}")
    return f"{report.solution}: {', '.join(parts)} ({report.seconds:.1f} s)"
