"""The three incidents: a system each, a question, and the knobs that change one thing about it."""

from dataclasses import dataclass

from infra.services import SendGridConfig
from infra.worker import Pace

PACE = Pace(heartbeat_seconds=10, idle_seconds_min=1, idle_seconds_max=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What runs: so many jobs and workers, on services and a database of this kind."""

    jobs: int
    workers: int
    seconds: float
    """It is looked at for so long, or until there is nothing left to do."""
    slice_seconds: float
    """What changes over time is told for slices of this length.

    Whole calls fit best: of those that take 4 s, slices of 10 s would have 2 and 3 in turn.
    """
    pool: int = 10
    latency_seconds: float
    """SendGrid's. The other services answer in a tenth of a second."""
    rate_limit_per_second: int | None = None
    error_rate: float = 0.0
    """SendGrid's: a third each of rate limits, timeouts before and after the delivery."""
    claim_seconds: float = 0.0
    """What the statement that looks for a job takes beyond its round trip."""
    crash_rate: float = 0.0
    """The share of calls to SendGrid after whose answer the worker dies, before it hears of it."""
    patience_seconds: float = 60.0
    """The reaper's: for how long a worker may show no sign of life."""
    reap_seconds: float = 30.0
    restart_seconds: float = 5.0
    pace: Pace = PACE

    @property
    def sendgrid(self) -> SendGridConfig:
        """SendGrid's configuration."""
        return SendGridConfig(
            latency_seconds=self.latency_seconds,
            timeout_seconds=max(10.0, 2 * self.latency_seconds),
            rate_limit_per_second=self.rate_limit_per_second,
            error_rate=self.error_rate,
        )

    def settings(self) -> dict[str, str]:
        """Return what it is like, in words with units."""
        words = {
            "workers": f"{self.workers}",
            "jobs": f"{self.jobs:,}",
            "pool": f"{self.pool} connections",
            "SendGrid answers in": f"{self.latency_seconds:g} s",
            "reaper's patience": f"{self.patience_seconds:g} s",
            "heartbeat every": f"{self.pace.heartbeat_seconds:g} s",
        }
        if self.rate_limit_per_second:
            words["SendGrid takes"] = f"{self.rate_limit_per_second:,} calls a second"
        if self.error_rate:
            words["SendGrid fails"] = f"{self.error_rate:.0%} of calls"
        if self.crash_rate:
            words["workers die after"] = f"{self.crash_rate:.1%} of calls to SendGrid"
        if self.claim_seconds:
            words["looking for a job takes"] = f"{self.claim_seconds:g} s"
        return words


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A system in trouble. `flawed` is the name of the kit's own solution with something to find.

    Not every system has one. Its code is not in a candidate's copy.
    """

    number: int
    title: str
    question: str
    system: System
    flawed: str | None = None


SLOW_CLAIM_SECONDS = 0.2
SLOW_CLAIM_LATENCY_SECONDS = 0.2

INCIDENTS = (
    Incident(
        number=1,
        title="slow throughput",
        question=(
            "5,000 jobs are queued, 20 workers are active, and only about 300 jobs a minute "
            "are processed. Why?"
        ),
        system=System(jobs=5_000, workers=20, seconds=300, slice_seconds=12, latency_seconds=4.0),
    ),
    Incident(
        number=2,
        title="duplicate emails",
        question=(
            "Customers say that they got the same email twice. "
            "Did they? Who, how, and what would end it?"
        ),
        system=System(
            jobs=1_000,
            workers=20,
            seconds=600,
            slice_seconds=5,
            latency_seconds=1.0,
            error_rate=0.06,
            crash_rate=0.02,
            patience_seconds=5,
            reap_seconds=5,
        ),
        flawed="duplicate_emails.py",
    ),
    Incident(
        number=3,
        title="connection pool stress",
        question=(
            "50 workers share a pool of 10 connections. Is that enough? "
            "Who holds connections, for how long, and who waits?"
        ),
        system=System(jobs=5_000, workers=50, seconds=120, slice_seconds=4, latency_seconds=4.0),
        flawed="pool_stress.py",
    ),
)
