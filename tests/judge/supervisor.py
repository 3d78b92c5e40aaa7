"""Has a solution judged in processes of its own, and believes only whole answers."""

import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from tests.judge.names import PRINTS_MAX, all_names, shown
from tests.judge.processes import Answer, OnResult, Start, ask
from tests.judge.report import Report, Result
from tests.judge.settings import OWN_CLAIMS, Settings
from tests.judge.warm import Warm

_LONGEST_TASK, _EARLY = "D", ("D1", "D6", "D7")
"""What takes longest begins early, so that the processes end together.

D1 begins first of them: of those that do not come back the first is told, and it is the simplest.
"""

_ON_CLAIMED_JOBS = "CD"
"""The tasks whose functions are given a job that was claimed."""

_FIT, _TOGETHER = "ACD", "D1"
"""The tasks whose functions have to fit together, and the check by which it is seen."""

_DO_NOT_FIT = (
    "Its jobs were claimed by claim_next_job. That is right, and this passes with jobs that are "
    "claimed in another way: the two do not fit together."
)

_DIED = "the process ended: a crash, or too much memory"

Ask = Callable[[Sequence[str], Settings, OnResult], list[Answer]]


def judged(
    solution: Path,
    *,
    only: Sequence[str] = (),
    first: str | None = None,
    replay: str | None = None,
    seed: int = 0,
    budget: float = 1.0,
    passing: Collection[str] = (),
    on_result: OnResult = lambda result: None,
    start: Start | None = None,
) -> Report:
    """Have the checks that `only` names, by id or by task, judged; all when it names none.

    Those of the task `first` come first; the tasks `passing` are known to pass. `start` begins a
    judging process; without it one is started here that has imported everything, and forks. Who
    ends it has this return at once.
    """
    began = time.monotonic()
    wanted = [name for name in all_names() if not only or name in only or name[0] in only]
    queue = in_turn(wanted, first=first)
    own_claims = replay is not None and replay.startswith(OWN_CLAIMS)
    settings = Settings(replay=replay, seed=seed, budget=budget, own_claims=own_claims)
    with ExitStack() as opened:
        start = start or opened.enter_context(closing(Warm())).start
        folder = opened.enter_context(
            tempfile.TemporaryDirectory(prefix="judge-", ignore_cleanup_errors=True)
        )
        ask_for = partial(ask, solution=solution, folder=folder, start=start)
        answers = _answers(queue, settings, on_result, ask_for)
        results = _results(queue, answers)
        spared = {name[0] for answer in answers for name in answer.spared}
        by_own_claims = []
        for task in _ON_CLAIMED_JOBS:
            if replay is None and task not in spared:
                more = _by_own_claims(task, results, settings, on_result, ask_for)
                answers += more
                if more:
                    by_own_claims.append(task)
        if replay is None and not by_own_claims:
            _judge_together(results, passing, settings, on_result, ask_for)
    report = _report(solution, wanted, results, answers)
    report.by_own_claims = by_own_claims
    report.seconds = time.monotonic() - began
    report.seed = seed
    return report


def in_turn(names: Sequence[str], *, first: str | None = None) -> list[str]:
    """Return checks in the order in which they are begun, those of the task `first` first."""
    return sorted(
        names, key=lambda name: (name[0] != first, name not in _EARLY, name[0] != _LONGEST_TASK)
    )


def _answers(
    queue: list[str], settings: Settings, on_result: OnResult, ask_for: Ask
) -> list[Answer]:
    """Ask for all checks; and again, when both processes were lost, for those of other tasks."""
    answers: list[Answer] = []
    while queue:
        answers += ask_for(queue, settings, on_result)
        if not all(answer.loaded and answer.check for answer in answers):
            break
        lost = {answer.check[0] for answer in answers if answer.check and not answer.ended}
        judged = {name for answer in answers for name in answer.results}
        queue = [name for name in queue if name not in judged and name[0] not in lost]
    return answers


def _judge_together(
    results: dict[str, Result],
    passing: Collection[str],
    settings: Settings,
    on_result: OnResult,
    ask_for: Ask,
) -> None:
    """Judge the workflow once more with jobs that the solution itself has claimed.

    Each of its functions may be right, and yet nothing be done, as they do not fit together.
    """

    def is_right(task: str) -> bool:
        checks = [name for name in all_names() if name[0] == task]
        is_judged = all(name in results and results[name].status == "passed" for name in checks)
        return is_judged or task in passing

    is_new = any(name[0] in _FIT for name in results)
    if not is_new or not all(map(is_right, _FIT)):
        return
    (answer,) = ask_for([_TOGETHER], replace(settings, own_claims=True), lambda result: None)
    result = answer.results.get(_TOGETHER)
    if result is None:
        words = f"while this was judged with its own claims, {answer.stopped or _DIED}"
        result = _result(_TOGETHER, "error", words)
    if result.failure:
        why = f"{result.failure.why} {_DO_NOT_FIT}".strip()
        result = replace(result, failure=replace(result.failure, why=why))
    if result.status != "passed":
        results[_TOGETHER] = result
        on_result(result)


class _FailedAgain(Exception):
    """The solution's own claims do not help."""


def _by_own_claims(
    task: str,
    results: dict[str, Result],
    settings: Settings,
    on_result: OnResult,
    ask_for: Ask,
) -> list[Answer]:
    """Judge what failed of a task once more, with jobs that the solution itself has claimed.

    A solution whose own claim stamps more than the kit's may rely on that. If its claim is right,
    and all goes well with it, the new results take the place of those that failed.
    """
    open_names = [name for name in results if name[0] == task and results[name].status != "passed"]
    claim = [name for name in all_names() if name[0] == "A"]
    is_claim_right = all(results[name].status == "passed" for name in claim if name in results)
    failed = [name for name in open_names if results[name].status == "failed"]
    if not failed or failed != open_names or not is_claim_right:
        return []
    names = dict.fromkeys([*(name for name in claim if name not in results), f"{task}1", *failed])
    try:
        answers = ask_for([*names], replace(settings, own_claims=True), _insist)
    except _FailedAgain:
        return []
    passed = {name: result for answer in answers for name, result in answer.results.items()}
    if names.keys() != passed.keys():
        return []
    for name in failed:
        runs = results[name].runs + passed[name].runs
        results[name] = replace(passed[name], runs=runs)
        on_result(results[name])
    return answers


def _insist(result: Result) -> None:
    if result.status != "passed":
        raise _FailedAgain


def _report(
    solution: Path, wanted: list[str], results: dict[str, Result], answers: list[Answer]
) -> Report:
    unusable = next(filter(None, map(_why_unusable, answers)), None)
    if unusable:
        results = {}
    told = [name for name in wanted if name in results and results[name].status != "not_run"]
    observed = {name: texts for answer in answers for name, texts in answer.observations.items()}
    failures = " ".join(result.failure.why for result in results.values() if result.failure)
    return Report(
        solution=shown(solution),
        results=[results[name] for name in all_names() if name in results],
        # The same may be seen at more than one check, or be told beside one that fails.
        observations=list(
            dict.fromkeys(
                (name[0], text)
                for name in told
                for text in observed.get(name, [])
                if text not in failures
            )
        ),
        prints=_prints([None, *told], answers),
        unusable=unusable and unusable.replace(str(solution), shown(solution)),
    )


def _why_unusable(answer: Answer) -> str | None:
    if answer.unusable or answer.loaded:
        return answer.unusable
    return f"{answer.solution}: while it is loaded, {answer.stopped or _DIED}"


def _results(queue: list[str], answers: list[Answer]) -> dict[str, Result]:
    """Return what each check came to.

    After one that did not come back no more of its task count, be they judged meanwhile or not: so
    it does not matter which process came to which.
    """
    results = {name: result for answer in answers for name, result in answer.results.items()}
    stops = {name: words for answer in answers for name, words in _stops(answer)}
    first_of_task: dict[str, str] = {}
    for name in queue:
        first = first_of_task.get(name[0])
        if first:
            results[name] = _result(name, "not_run", f"not judged{stops[first]}")
        elif name in stops:
            first_of_task[name[0]] = name
        if name not in results:
            words = next((answer.stopped for answer in answers if answer.check == name), None)
            words = f"while this was judged, {words or _DIED}"
            results[name] = _result(name, "error", words)
    return results


def _stops(answer: Answer) -> Iterator[tuple[str, str]]:
    """Return the checks after which no more of their task are to be judged, and why."""
    yield from answer.spared.items()
    if answer.check and not answer.ended:
        yield answer.check, f" after {answer.check}: {answer.stopped or _DIED}"


def _result(name: str, status: Literal["error", "not_run"], message: str) -> Result:
    check = all_names()[name]
    return Result(name, check.name, check.rule, status, message)


def _prints(checks: list[str | None], answers: list[Answer]) -> str:
    """Return the beginning of what was printed, in the order of the checks."""
    texts = {check: text for answer in answers for check, text in answer.prints.items()}
    return "".join(texts.get(check, "") for check in checks)[:PRINTS_MAX]
