"""Gradings as text: one of them guarantee by guarantee, or many as a table, a line each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from interviewer.grading.grading import Grading, visible
from tests.judge.report import NOT_STARTED, TASKS

_MARKS = {
    "passed": click.style("✓", fg="green"),
    "failed": click.style("✗", fg="red"),
    "error": click.style("!", fg="red"),
    "not_run": click.style("!", fg="red"),
    "not_started": "○",
}
_LISTED_MAX = 12


def grading_lines(grading: Grading) -> Iterator[str]:
    """Return one submission's grading: a line for each guarantee, what is wrong below it."""
    yield f"{click.style(grading.name, bold=True)}  {grading.source}"
    yield from _files_lines(grading)
    if grading.verdict is None:
        yield f"{_MARKS['error']} {grading.problem}"
        return
    for task, of_task in grading.verdict["tasks"].items():
        yield ""
        yield from _task_lines(task, of_task, grading.seed)
    yield from _observation_lines(grading.verdict)
    yield ""
    yield f"{_summary(grading.verdict)} ({_terms(grading)}; {grading.seconds:.1f} s)"


def table_lines(gradings: Sequence[Grading]) -> Iterator[str]:
    """Return a line for each submission."""
    width = max(len(grading.name) for grading in gradings)
    yield click.style(" ".join([f"{'':{width}}", *(f" {task:<4}" for task in TASKS)]), bold=True)
    for grading in gradings:
        cells = [f"{_score(grading, task):<5}" for task in TASKS]
        yield " ".join([f"{grading.name:{width}}", *cells, _in_short(grading)])
    yield ""
    passed = sum(grading.outcome == "passed" for grading in gradings)
    yield f"{passed} of {len(gradings)} keep all guarantees ({_terms(gradings[0])})"


def _files_lines(grading: Grading) -> Iterator[str]:
    for words, paths in (
        ("changed, and counted for nothing", grading.changed),
        ("missing", grading.missing),
        ("added", grading.added),
    ):
        if paths:
            more = f" and {len(paths) - _LISTED_MAX} more" if len(paths) > _LISTED_MAX else ""
            yield f"  {words}: {', '.join(paths[:_LISTED_MAX])}{more}"


def _task_lines(task: str, of_task: Mapping[str, Any], seed: int) -> Iterator[str]:
    checks = of_task["checks"]
    is_started = of_task["status"] != "not_started"
    words = f"{_holding(checks)} of {len(checks)} hold" if is_started else "not started"
    yield click.style(f"{task} {TASKS[task]}: {words}", bold=True)
    for check, facts in checks.items():
        yield f"  {_MARKS[_status(facts)]} {check}  {facts['rule']}"
        if facts["got"] and is_started:
            yield f"        {visible(facts['got'])}"
        if facts["where"]:
            yield f"        {visible(facts['where'])}  {_repeat(check, facts, seed)}"


def _repeat(check: str, facts: Mapping[str, Any], seed: int) -> str:
    replay = f" REPLAY={facts['replay']}" if facts["replay"] else ""
    return click.style(f"make test T={check} SEED={seed}{replay}", dim=True)


def _observation_lines(verdict: Mapping[str, Any]) -> Iterator[str]:
    if verdict["observations"]:
        yield ""
        yield "To talk about; it fails nothing"
    for seen in verdict["observations"]:
        yield f"  {seen['task']}  {visible(seen['text'])}"


def _summary(verdict: Mapping[str, Any]) -> str:
    checks = _checks(verdict)
    return f"{_holding(checks)} of {len(checks)} guarantees hold"


def _terms(grading: Grading) -> str:
    return f"seed {grading.seed}, {grading.budget:g} × the runs of make test"


def _checks(verdict: Mapping[str, Any]) -> dict[str, Any]:
    tasks = verdict["tasks"].values()
    return {check: facts for task in tasks for check, facts in task["checks"].items()}


def _holding(checks: Mapping[str, Any]) -> int:
    return sum(facts["status"] == "passed" for facts in checks.values())


def _status(facts: Mapping[str, Any]) -> str:
    is_not_started = (facts["got"] or "").startswith(NOT_STARTED)
    return "not_started" if is_not_started else str(facts["status"])


def _score(grading: Grading, task: str) -> str:
    of_task = (grading.verdict or {"tasks": {}})["tasks"].get(task)
    if of_task is None:
        return "–"
    if of_task["status"] == "not_started":
        return "○"
    return f"{_holding(of_task['checks'])}/{len(of_task['checks'])}"


def _in_short(grading: Grading) -> str:
    """Return the first thing that is wrong, and what else an interviewer should look at."""
    if grading.verdict is None:
        return f"{_MARKS['error']} {grading.problem}"
    bad = [
        f"{check}: {visible(facts['got'] or '')}"
        for check, facts in _checks(grading.verdict).items()
        if facts["status"] in ("failed", "error")
    ]
    more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    words = f"{_MARKS['failed']} {bad[0]}{more}" if bad else _without_failure(grading.verdict)
    others = len(grading.changed) + len(grading.missing)
    return f"{words} · changed or missing: {others}" if others else words


def _without_failure(verdict: Mapping[str, Any]) -> str:
    tasks = verdict["tasks"].items()
    unwritten = [task for task, of_task in tasks if of_task["status"] == "not_started"]
    if unwritten:
        return f"{_MARKS['not_started']} not started: {' '.join(unwritten)}"
    return f"{_MARKS['passed']} every guarantee holds"
