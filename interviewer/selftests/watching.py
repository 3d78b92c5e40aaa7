"""States of the watch screen, made of few words."""

from collections.abc import Mapping
from dataclasses import replace

from tests.judge.failure import Failure, Row
from tests.judge.names import all_names
from tests.judge.report import NOT_STARTED, CheckStatus, Report, Result
from tests.watch.events import Event, Finished, Judged, Saved
from tests.watch.state import State
from tests.watch.update import update

RACE = Failure(
    expected="2 workers, 1 job: one claims it, the other gets None",
    got="both worker-1 and worker-2 hold job 1",
    why="Both read job 1 as pending before either had marked it. "
    "Not interrupted there, the same run passes.",
    story=(
        Row(
            0.0,
            "worker-1",
            "SELECT * FROM jobs WHERE status = 'pending' LIMIT 1",
            "job 1",
            marked=False,
        ),
        Row(
            0.0,
            "worker-2",
            "SELECT * FROM jobs WHERE status = 'pending' LIMIT 1",
            "job 1",
            marked=True,
        ),
        Row(
            1.2,
            "worker-1",
            "UPDATE jobs SET status = 'processing' WHERE id = 1",
            "1 row",
            marked=False,
        ),
        Row(
            1.2,
            "worker-2",
            "UPDATE jobs SET status = 'processing' WHERE id = 1",
            "1 row",
            marked=True,
        ),
    ),
    where="candidate/solution.py:41",
    source="await job.save()",
    replay="w1*1.w2*2.w1*1",
)
LONG_RACE = replace(
    RACE,
    story=tuple(
        Row(float(n), f"worker-{n % 3 + 1}", f"SELECT {n} FROM jobs", f"job {n}", n in (7, 30))
        for n in range(40)
    ),
)


def result(check: str, status: CheckStatus, failure: Failure | None = None) -> Result:
    """Return what a check came to."""
    name = all_names()[check]
    message = {"not_run": NOT_STARTED, "error": "the check could not be judged"}.get(status, "")
    return Result(check, name.name, name.rule, status, message, failure, 1)


def report(outcome: Mapping[str, CheckStatus], failure: Failure = RACE, prints: str = "") -> Report:
    """Return a report from statuses by check or by task; those not named are not started."""
    results = []
    for check in all_names():
        status = outcome.get(check) or outcome.get(check[0]) or "not_run"
        results.append(result(check, status, failure if status == "failed" else None))
    return Report("candidate/solution.py", results, prints=prints, seconds=0.4)


def judged(state: State, made: Report, *tasks: str) -> State:
    """Return the state after a save of those tasks, and the run that follows."""
    events: list[Event] = [Saved(tasks)]
    events += [Judged(state.run + 1, each) for each in made.results]
    events += [Finished(state.run + 1, made, "14:03:22")]
    for event in events:
        state, _ = update(state, event)
    return state


STARTER = judged(State(), report({}))
HALF_DONE = judged(STARTER, report({"A": "passed", "B": "passed"}), "A", "B")
RACE_FOUND = judged(HALF_DONE, report({"A": "passed", "A4": "failed", "B": "passed"}), "A")
ALL_GREEN = judged(
    RACE_FOUND, report({"A": "passed", "B": "passed", "C": "passed", "D": "passed"}), "A", "C", "D"
)
UNUSABLE = judged(
    HALF_DONE,
    Report("", [], unusable="candidate/solution.py:12: syntax error: '(' was never closed"),
)
ENDLESS = judged(
    HALF_DONE,
    report(
        {"A1": "failed", "B": "passed"},
        Failure(
            expected="the function returns, and gives way to others while it waits",
            got="it loops without end, and without an await that gives way to others",
            why="",
            story=(),
            where="candidate/solution.py:30",
            source="while True:",
            replay="",
        ),
    ),
    "A",
)
PRINTS = judged(
    HALF_DONE,
    report({"A": "passed", "A4": "failed"}, prints="claimed 1\n\x1b[31mred\x1b[0m\ttab\n" * 30),
    "A",
)
LONG_STORY = judged(HALF_DONE, report({"A": "passed", "A4": "failed"}, LONG_RACE), "A")
MANY_FAILURES = judged(STARTER, report({"A4": "failed", "B": "passed", "C": "failed"}), "C")

STATES = {
    "starter": STARTER,
    "half done": HALF_DONE,
    "race": RACE_FOUND,
    "all green": ALL_GREEN,
    "unusable": UNUSABLE,
    "endless": ENDLESS,
    "prints": PRINTS,
    "long story": LONG_STORY,
    "many failures": MANY_FAILURES,
}
