"""What is recorded of a run: each operation, wait and hold, and what workers spend time on."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress

import pytest

from infra import Job, TimeoutError, execute_sql, send_email, transaction
from infra.clock import sleep
from infra.context import as_worker, processing
from infra.database import Database, use_database
from infra.database.simulated_driver import SimulatedDriver
from infra.errors import DatabaseBusyError
from infra.metrics import Metrics, Spent, recording
from infra.operations import Operation
from infra.services import Fault, SendGrid, SendGridConfig, Services, use_services
from infra.simulation import Crash, Moment, Overseer, Simulation
from infra.simulation.recorder import Recorder
from interviewer.selftests.world import CAMPAIGN

HERE = __file__


class DiesAt:
    """Lets a worker die once an operation with that call has been done."""

    def __init__(self, call: str):
        self._call = call

    def strikes(self, operation: Operation, moment: Moment) -> bool:
        return operation.call == self._call and moment == "after"


def record(
    *workers: Callable[[], Coroutine[object, object, object]],
    pool_size: int = 10,
    dies_at: str = "",
    fault: Fault | None = None,
) -> Metrics:
    """Run each as a worker in a place of its own, all at once, and return what was recorded."""
    metrics = Metrics({HERE})
    services = Services.calm()
    config = SendGridConfig(latency_seconds=2, error_rate=0, timeout_seconds=10)
    sendgrid = SendGrid(config, faults=lambda call: fault)
    services = Services(
        sendgrid=sendgrid,
        salesforce=services.salesforce,
        replies=services.replies,
        sentiment=services.sentiment,
    )

    async def work(place: int) -> None:
        with as_worker(f"worker-{place + 1}"):
            metrics.starts(f"worker-{place + 1}", place)
            with suppress(Crash):
                await workers[place]()

    async def all_work() -> None:
        await asyncio.gather(*(work(place) for place in range(len(workers))))

    overseer = Overseer(crashes=DiesAt(dies_at))
    database = Database(SimulatedDriver(CAMPAIGN), pool_size=pool_size)
    with (
        Simulation(Recorder(metrics, overseer)) as simulation,
        use_database(database),
        use_services(services),
        recording(metrics),
    ):
        simulation.run(all_work())
    return metrics


def spans(metrics: Metrics, what: str) -> list[tuple[str, float, float | None, str | None]]:
    """Return who did this, from when to when, and which error ended it."""
    return [
        (span.worker, round(span.start, 4), span.end and round(span.end, 4), span.error)
        for span in metrics.spans
        if span.what == what
    ]


def spent(metrics: Metrics, place: int = 0) -> list[tuple[float, str]]:
    """Return what the worker in a place spent its time on, from when."""
    changes = [(round(at, 4), each.value) for at, of, each in metrics.spent if of == place]
    later = [at for at, _ in changes[1:]]
    return [change for change, end in zip(changes, [*later, None], strict=True) if change[0] != end]


async def one_statement() -> None:
    await execute_sql("SELECT 1")


async def one_mail() -> None:
    with processing(7):
        await send_email("ada@site.example", "Hello", "key")


def test_nothing_is_recorded_outside_of_the_block() -> None:
    """Afterwards a new recording may begin; inside one it may not."""
    with (
        recording(Metrics()),
        pytest.raises(RuntimeError, match="do not nest"),
        recording(Metrics()),
    ):
        pass

    with recording(Metrics()):
        pass


def test_an_operation_is_recorded_with_its_worker_job_and_function() -> None:
    """And with the name of the call, from when to when."""
    metrics = record(one_mail)

    (span,) = metrics.spans
    assert (span.what, span.name, span.worker, span.job) == ("service", "send_email", "worker-1", 7)
    assert (span.function, span.start, span.end, span.error) == ("one_mail", 0.0, 2.0, None)


def test_of_the_four_functions_the_nearest_is_named() -> None:
    """So a helper's work counts as that of the function that called it."""

    async def helper() -> None:
        await execute_sql("SELECT 1")

    async def claim_next_job() -> None:
        await helper()

    metrics = record(claim_next_job, helper)

    functions = {(span.worker, span.function) for span in metrics.spans}
    assert functions == {("worker-1", "claim_next_job"), ("worker-2", "helper")}


def test_an_error_is_recorded_by_its_kind() -> None:
    """A call that SendGrid does not answer takes its timeout, and ends with that error."""

    async def one_try() -> None:
        with suppress(TimeoutError):
            await one_mail()

    metrics = record(one_try, fault=Fault.TIMEOUT_AFTER_DELIVERY)

    assert spans(metrics, "service") == [("worker-1", 0, 10, "TimeoutError")]


def test_an_operation_that_is_cut_short_ends_there() -> None:
    """What a cancelled task waited for is over when the task is told, not when the answer comes."""

    async def impatient() -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(one_mail(), timeout=0.5)
        await sleep(5)

    metrics = record(impatient)

    assert spans(metrics, "service") == [("worker-1", 0, 0.5, "cut")]
    assert spent(metrics)[:2] == [(0.0, "send_email"), (0.5, "sleeping")]


def test_a_death_ends_all_that_the_worker_had_under_way() -> None:
    """From then on its place is down, until another worker starts there."""

    async def two_at_once() -> None:
        await asyncio.gather(one_mail(), sleep(60))

    metrics = record(two_at_once, dies_at="send_email")

    assert metrics.deaths == {"worker-1": 2.0}
    assert spans(metrics, "service") == [("worker-1", 0, 2, "died")]
    assert spans(metrics, "sleep") == [("worker-1", 0, 2, "died")]
    assert spent(metrics)[-1] == (2.0, "down")


def test_of_two_operations_at_once_the_later_counts() -> None:
    """And the earlier again, when that is over: a worker spends each moment on one thing."""

    async def two_at_once() -> None:
        await asyncio.gather(one_mail(), sleep(0.5))

    metrics = record(two_at_once)

    assert spent(metrics) == [(0.0, "sleeping"), (0.5, "send_email"), (2.0, "other")]


def test_waiting_for_a_connection_is_recorded() -> None:
    """Who comes second to a pool of one waits for as long as the first holds its connection."""

    async def hold() -> None:
        async with transaction():
            await sleep(3)

    async def wait() -> None:
        await sleep(1)
        await one_statement()

    metrics = record(hold, wait, pool_size=1)

    assert spans(metrics, "waits for a connection") == [("worker-2", 1, 3.0024, None)]
    assert spans(metrics, "holds a connection") == [
        ("worker-1", 0, 3.0024, None),
        ("worker-2", 3.0024, 3.0036, None),
    ]
    assert spans(metrics, "holds the write lock")[0][:2] == ("worker-1", 0)
    assert (1.0, Spent.CONNECTION.value) in spent(metrics, 1)


def test_a_wait_in_vain_is_a_timeout() -> None:
    """After 5 s the pool gives up: the wait ends with that error, and holds nothing."""

    async def hold() -> None:
        async with transaction():
            await sleep(30)

    async def wait() -> None:
        with suppress(DatabaseBusyError):
            await one_statement()

    metrics = record(hold, wait, pool_size=1)

    assert spans(metrics, "waits for a connection") == [("worker-2", 0, 5, "TimeoutError")]
    assert [span.error for span in metrics.spans if span.worker == "worker-2"] == [
        "DatabaseBusyError",
        "TimeoutError",
    ]


def test_waiting_for_the_write_lock_is_recorded() -> None:
    """A transaction that is open keeps others from writing, with a connection in their hands."""

    async def hold() -> None:
        async with transaction():
            await sleep(3)

    async def write() -> None:
        await sleep(1)
        await Job.filter(id=1).update(status="failed")

    metrics = record(hold, write)

    assert spans(metrics, "waits for the write lock") == [("worker-2", 1, 3.0012, None)]
    assert (1.0, "waiting for the write lock") in spent(metrics, 1)
    assert spans(metrics, "holds the write lock") == [("worker-1", 0, 3.0012, None)]


def test_once_closed_it_stays_as_it_is() -> None:
    """What is under way stays so, whatever comes to clear up."""
    metrics = Metrics()
    with as_worker("worker-1"), recording(metrics):
        metrics.starts("worker-1", 0)
        span = metrics.begin("sleep")
        metrics.close()
        metrics.end(span)
        metrics.begin("sleep")
        metrics.dies("worker-1")

    assert ([each.end for each in metrics.spans], metrics.deaths) == ([None], {})
