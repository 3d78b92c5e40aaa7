"""The reference survives a crash before and after each operation of a job's whole life."""

from dataclasses import dataclass
from itertools import count

import pytest

from infra.clock import wait
from infra.context import as_worker
from infra.models import Job, JobStep
from infra.operations import Operation
from infra.services import Fault, Outcome, Services, customer, reply_for
from infra.simulation import Crash, Moment
from infra.worker import reap
from interviewer.selftests.world import World, in_a_world, new_world
from interviewer.solutions import reference

PATIENCE_SECONDS = 60
REPLY_WAIT_SECONDS = 48 * 3600
EMAIL = next(email for n in count(1) if reply_for(email := customer(n)["Email"]))
QUOTED = EMAIL.replace("'", "''")
ONE_JOB = f"INSERT INTO jobs (campaign_id, customer_email) VALUES (1, '{QUOTED}');"


class CrashAt:
    """Lets the worker die that has the k-th moment of all; each operation has two."""

    def __init__(self, *moments: int):
        self._moments = set(moments)
        self.passed = 0

    def strikes(self, operation: Operation, moment: Moment) -> bool:
        if not operation.worker.startswith("worker-"):
            return False
        self.passed += 1
        return self.passed in self._moments


@dataclass(frozen=True)
class Ending:
    """What came of a job."""

    status: str
    step: str
    steps: tuple[str, ...]
    deliveries: tuple[str, ...]


RIGHT = Ending("completed", "done", ("analyze", "take_action"), (EMAIL,))


async def is_open() -> bool:
    with as_worker("test"):
        return await Job.filter(status__in=["pending", "processing"]).exists()


async def work() -> None:
    """Claim and process, as long as there is something to do."""
    while await is_open():
        job = await reference.claim_next_job()
        if job:
            await reference.process_job(job)
        else:
            await wait(REPLY_WAIT_SECONDS)


async def live(world: World) -> Ending:
    """Work the job off: a worker that dies is replaced, and its job brought back by the reaper."""
    for number in count(1):
        try:
            with as_worker(f"worker-{number}"):
                await work()
            break
        except Crash:
            await wait(2 * PATIENCE_SECONDS)
            with as_worker("reaper"):
                await reap(patience_seconds=PATIENCE_SECONDS)
    with as_worker("test"):
        job, steps = await Job.get(id=1), await JobStep.order_by("id").all()
    names = [str(step.step_name) for step in steps]
    return Ending(str(job.status), str(job.current_step), tuple(names), tuple(world.mails))


def end_of(crashes: CrashAt, fault: Fault | None) -> Ending:
    """Return what comes of a job whose first call to SendGrid meets the fault."""
    services = Services.calm()
    services.sendgrid.faults = lambda call: fault if call.number == 1 else None
    with new_world(ONE_JOB, crashes=crashes, services=services) as world:
        return world.run(live(world))


@pytest.mark.parametrize("fault", [None, *Fault], ids=str)
def test_a_crash_anywhere_leaves_nothing_undone_or_done_twice(fault: Fault | None) -> None:
    """Whenever a worker dies, the job is completed, each finding kept once, one mail delivered."""
    undisturbed = CrashAt()
    endings = {"undisturbed": end_of(undisturbed, fault)}
    for moment in range(1, undisturbed.passed + 1):
        crashes = CrashAt(moment)
        endings[f"crash at {moment}"] = end_of(crashes, fault)
        assert crashes.passed >= moment

    assert {when: ending for when, ending in endings.items() if ending != RIGHT} == {}
    # Three claims and one in vain, two transactions of four operations, six others.
    assert undisturbed.passed >= 2 * (4 + 2 * 4 + 6)


def test_two_crashes_do_no_more_than_one() -> None:
    """A worker that takes over and dies too, anywhere soon after, changes nothing."""
    undisturbed = CrashAt()
    end_of(undisturbed, None)

    endings = {
        (first, first + later): end_of(CrashAt(first, first + later), None)
        for first in range(1, undisturbed.passed + 1)
        for later in range(1, 9)
    }

    assert {when: ending for when, ending in endings.items() if ending != RIGHT} == {}


@pytest.mark.parametrize(("moment", "created"), [(1, 0), (2, 3)])
def test_a_crash_while_creating_leaves_all_or_none(moment: int, created: int) -> None:
    """Before the one statement there is no job, after it there are all."""

    async def create() -> int:
        with pytest.raises(Crash), as_worker("worker-1"):
            await reference.create_campaign_jobs(1, ["a@b.example", "c@d.example", "e@f.example"])
        with as_worker("test"):
            return await Job.count()

    with new_world(crashes=CrashAt(moment)) as world:
        assert world.run(create()) == created


@in_a_world(ONE_JOB)
async def test_a_job_whose_worker_died_is_sent_with_the_same_key(world: World) -> None:
    """The next worker's call is absorbed: SendGrid knows the key."""
    with as_worker("worker-1"):
        job = await reference.claim_next_job()
        assert job
        await reference.send_email_step(job)
    await wait(2 * PATIENCE_SECONDS)
    reaped = await reap(patience_seconds=PATIENCE_SECONDS)

    ending = await live(world)

    calls = world.services.sendgrid.ledger.calls
    assert (reaped, ending) == (1, RIGHT)
    assert [call.outcome for call in calls] == [Outcome.DELIVERED, Outcome.ABSORBED]
