"""The report of a run: plain data, which is what the dashboard draws and what `--json` writes.

Seconds are simulated, and counted from when the workers start. What changes over time is a list
with one number for each slice of `slice_seconds`: the first for the time from 0 on.
"""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

Slices = tuple[float, ...]
SlicesWithGaps = tuple[float | None, ...]
"""`None` where there was nothing to measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """How `number` values are spread, in seconds; `None` when there are none."""

    number: int
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Jobs by state, as people know them, and for how long the oldest ready one has been so."""

    now: dict[str, int]
    """The states are ready, scheduled, running, completed, failed."""
    oldest_ready_seconds: float
    over_time: dict[str, Slices]
    """By state, at the end of each slice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """What got done: `sent` are mails that SendGrid delivered, `steps` calls that came back from
    process_job, `completed` jobs at their end."""

    total: dict[str, int]
    a_minute: dict[str, float]
    over_time: dict[str, Slices]
    """A minute, in each slice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerTime:
    """Worker-seconds by what they were spent on; together they are workers × seconds."""

    total: dict[str, float]
    over_time: dict[str, Slices]


@dataclass(frozen=True, slots=True, kw_only=True)
class LittlesLaw:
    """Calls under way = calls a second × how long each takes, here for send_email, all measured."""

    calls_under_way: float
    calls_a_second: float
    seconds_a_call: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """For how long a function held a part of the database."""

    function: str
    held: Percentiles
    total_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Longest:
    """The longest hold, which may last yet, and of which job."""

    function: str
    worker: str
    job: int | None
    start_seconds: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A part of the database of which there are `size`: the pool's connections, the write lock."""

    size: int
    used_now: int
    used_mean: float
    used_most: int
    waiting_now: int
    waiting_most: int
    timeouts: int
    waits: Percentiles
    """Of those who had to wait."""
    holders: tuple[Holder, ...]
    """Who held it for longest in all comes first."""
    longest: Longest | None
    used_over_time: Slices
    """The mean of each slice."""
    waiting_over_time: Slices


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationTimes:
    """One kind of operation: a service's call, the SQL of one function, or a function itself."""

    name: str
    kind: str
    """`service`, `database`, `sleep`, or `function`."""
    took: Percentiles
    errors: dict[str, int]
    p50_over_time: SlicesWithGaps
    p95_over_time: SlicesWithGaps
    p99_over_time: SlicesWithGaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Mails:
    """SendGrid's ledger: what became of each call, and who got how many mails."""

    calls: dict[str, int]
    """By outcome: delivered, absorbed, rate_limited, timed_out_before_delivery,
    timed_out_after_delivery, invalid."""
    delivered: int
    absorbed: int
    duplicates: int
    """Mails beyond the first to a customer."""
    customers_by_mails: dict[str, int]
    """How many customers got 0, 1, 2, … mails."""
    delivered_over_time: Slices
    absorbed_over_time: Slices
    duplicates_over_time: Slices


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """How jobs came to workers: `redelivered` are claims of a job for a step that it was claimed
    for before, `reaped_alive` jobs taken from a worker who was at work on them."""

    crashes: int
    restarts: int
    claims: int
    redelivered: int
    reaped: int
    reaped_alive: int
    crashes_over_time: Slices


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event in a job's life. `worker` did it; it may be `reaper` or `campaign`.

    `what` is `created`, `claimed`, `reaped`, `put back`, `advanced`, `completed`, `failed`,
    `changed`, `deleted`, `died`, or the name of a service's call, which took until `end_seconds`.
    """

    at_seconds: float
    end_seconds: float | None
    worker: str
    what: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The life of the job whose customer got most mails, or else had most calls to SendGrid."""

    job: int
    email: str
    mails: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that one run of an incident came to."""

    incident: int
    title: str
    question: str
    solution: str
    recorded: bool
    """Whether it is a run that was recorded earlier, and comes with the kit."""
    notes: tuple[str, ...]
    """What to know about the run, a sentence each."""
    settings: dict[str, str]
    """What the system is like, in words with units."""
    seed: int
    workers: int
    jobs: int
    seconds: float
    slice_seconds: float
    ended: str
    """Why it was over, in a few words."""
    queue: Queue
    throughput: Throughput
    worker_time: WorkerTime
    littles_law: LittlesLaw | None
    pool: Shared
    write_lock: Shared
    operations: tuple[OperationTimes, ...]
    mails: Mails
    deliveries: Deliveries
    life: Life | None
    escaped: dict[str, int]
    """Errors that escaped from the four functions, in words, and how often."""


_JSON = TypeAdapter(Report)


def to_json(report: Report) -> bytes:
    """Write a report as JSON, always the same for the same report."""
    return _JSON.dump_json(report, indent=1) + b"\n"


def from_json(path: Path) -> Report:
    """Read a report that `to_json` wrote."""
    return _JSON.validate_json(path.read_bytes())
