"""The moves of a job from step to step, and what can be wrong with one."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from infra.models import JobStepName
from tests.judge.broken import Broken

_STEPS = [step.value for step in JobStepName]
_FINISHED = ("completed", "failed")
DELETED = "deleted"
"""Stands for the status of a job whose row is gone."""


@dataclass(frozen=True, slots=True)
class Move:
    """One committed change of a job's step or status, in the order of its columns in `moves`."""

    number: int
    job_id: int
    from_step: str
    to_step: str
    from_status: str
    to_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What was known when a job left a step.

    `moves_of_call` counts the moves of this call of process_job, this one included; `job_of_call`
    is the job that it was given, if it was one. `unanswered` are the services that this call has
    asked in vain, and nobody ever had an answer of for this job. `usual_work` are those that the
    step asks when all goes well, `work` those that have answered, and those that this call has
    called.
    """

    moves_of_call: int
    job_of_call: int | None
    is_delivered: bool
    unanswered: frozenset[str]
    usual_work: frozenset[str]
    work: frozenset[str]


class Answers:
    """The services that have answered: by step, and by job, ever and since it came to its step."""

    def __init__(self) -> None:
        self.by_step: defaultdict[str, set[str]] = defaultdict(set)
        self._ever: defaultdict[int, set[str]] = defaultdict(set)
        self._since_step: defaultdict[int, set[str]] = defaultdict(set)

    def note(self, job_id: int, service: str) -> None:
        """A service has answered in a call for that job."""
        self._ever[job_id].add(service)
        self._since_step[job_id].add(service)

    def leave(self, job_id: int, step: str) -> set[str]:
        """A job leaves a step. Returns the services that have answered since it came to it."""
        services = self._since_step.pop(job_id, set())
        self.by_step[step] |= services
        return services

    def missing(self, job_id: int, services: Iterable[str]) -> frozenset[str]:
        """Return those of the services that have never answered for that job."""
        return frozenset(services) - self._ever[job_id]


def wrong_change(move: Move) -> Broken | None:
    """Return what is wrong with the change by itself; `None` when nothing is."""
    if move.to_status == DELETED:
        return Broken("a job stays in the table", f"job {move.job_id} was deleted")
    if move.from_status in _FINISHED:
        return Broken(
            f"a {move.from_status} job is left alone",
            f"job {move.job_id} was {move.from_status} at {move.from_step}, "
            f"and is {move.to_status} at {move.to_step}",
        )
    distance = _STEPS.index(move.to_step) - _STEPS.index(move.from_step)
    if distance in (0, 1):
        return None
    what = "goes back" if distance < 0 else "skips a step"
    return Broken(
        "a job moves forward only, one step at a time",
        f"job {move.job_id} {what}, from {move.from_step} to {move.to_step}",
    )


def wrong_advance(move: Move, known: Circumstances) -> Broken | None:
    """Return what is wrong with a job's leaving its step; `None` when nothing is."""
    job, step = f"job {move.job_id} is at {move.to_step}", move.from_step
    if known.moves_of_call > 1 and known.job_of_call != move.job_id:
        return Broken(
            "a call moves its own job on",
            f"the call for job {known.job_of_call} moved job {move.job_id} on too, from {step}",
        )
    if known.moves_of_call > 1:
        return Broken(
            "after a step the job is pending at the next one, for any worker to claim",
            f"one call of process_job did {step} as well as the step before it",
        )
    if step == JobStepName.SEND_EMAIL and not known.is_delivered:
        return Broken(
            "a job leaves send_email when its mail is delivered",
            f"{job}, and its mail has not gone out",
        )
    if known.usual_work and not known.usual_work & known.work:
        services = " or ".join(sorted(known.usual_work))
        return Broken(
            "no step is skipped",
            f"{job}, and {step} was not done: nobody has called {services} for it",
        )
    if step == JobStepName.ANALYZE and known.unanswered:
        services = " and ".join(sorted(known.unanswered))
        return Broken(
            "a step that could not be done does not advance",
            f"{job}, although {services} has not answered",
        )
    return None
