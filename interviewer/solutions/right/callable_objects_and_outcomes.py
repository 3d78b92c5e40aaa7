"""Four dataclasses with `__call__`; a step returns an outcome, and one place stores it.

An outcome is a set of changes, and `apply` is a compare-and-set: it counts only while the row is
still in the state, at the step and with the retries that the step began with.
"""

import enum
import json
import uuid
from asyncio import sleep
from dataclasses import dataclass, field
from datetime import timedelta

from candidate.helpers import route
from infra import InvalidEmailError as BadAddress
from infra import (
    Job,
    JobModel,
    RateLimitError,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)


class Sent(enum.Enum):
    YES = enum.auto()
    NOT_YET = enum.auto()
    NEVER = enum.auto()


@dataclass(frozen=True)
class Outcome:
    changes: dict[str, object]
    note: dict[str, object] | None = None

    async def apply(self, job: Job) -> bool:
        async with transaction():
            row = JobModel.filter(id=job.id, status="processing", current_step=job.current_step)
            if not await row.filter(retry_count=job.retry_count).update(**self.changes):
                return False
            if self.note is not None:
                await execute_sql(
                    "INSERT OR IGNORE INTO job_steps "
                    "(job_id, step_name, status, output_data, completed_at) "
                    "VALUES (?, ?, 'completed', ?, ?)",
                    [job.id, job.current_step, json.dumps(self.note), now()],
                )
        return True


@dataclass
class Claim:
    order: str = "created_at"

    async def __call__(self) -> Job | None:
        rows = await execute_sql(
            f"""
            UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ?
            WHERE id = (
                SELECT id FROM jobs
                WHERE status = 'pending' AND ifnull(scheduled_for, '') <= ?
                ORDER BY {self.order} LIMIT 1
            )
            RETURNING *
            """,
            [current_worker_id(), now(), now()],
            Job,
        )
        return rows[0] if rows else None


@dataclass
class Create:
    size: int = 500

    async def __call__(self, campaign_id: int, customer_emails: list[str]) -> int:
        count = "SELECT count(*) AS n, ifnull(max(id), 0) AS last FROM jobs"
        async with transaction():
            [before] = await execute_sql(count)
            for i in range(0, len(customer_emails), self.size):
                chunk = customer_emails[i : i + self.size]
                sql = "INSERT INTO jobs (campaign_id, customer_email) VALUES " + ", ".join(
                    [f"({campaign_id:d}, ?)"] * len(chunk)
                )
                await execute_sql(sql, chunk)
            [after] = await execute_sql(f"{count} WHERE id > ?", [before["last"]])
        return after["n"]


@dataclass
class Send:
    pauses: tuple[float, ...] = (1, 2, 4, 8)

    async def __call__(self, job: Job) -> bool:
        row = await JobModel.get(id=job.id)
        if row.current_step != "send_email":
            return True
        if row.status == "failed":
            return False
        sent, words = await self.attempt(row)
        if sent is Sent.NEVER:
            unfinished = JobModel.filter(id=row.id, status__in=["processing", "pending"])
            await unfinished.filter(current_step="send_email").update(
                status="failed", error_message=words
            )
        elif sent is Sent.NOT_YET:
            later = now() + timedelta(minutes=2)
            changes = {"status": "pending", "scheduled_for": later, "error_message": words}
            await Outcome(changes | {"retry_count": row.retry_count + 1}).apply(row)
        return sent is Sent.YES

    async def attempt(self, job: Job) -> tuple[Sent, str]:
        key = uuid.uuid5(uuid.NAMESPACE_URL, f"jobs/{job.id}/mail").hex
        problem: Exception | None = None
        for pause in (0, *self.pauses):
            if problem is not None:
                asked = problem.retry_after if isinstance(problem, RateLimitError) else 0
                await sleep(max(pause, asked))
            try:
                return Sent.YES, await send_email(job.customer_email, "Hello from us", key)
            except SendGridError as error:
                if isinstance(error, BadAddress):
                    return Sent.NEVER, str(error) or "bad address"
                problem = error
        return Sent.NOT_YET, str(problem)


@dataclass
class Process:
    send: Send = field(default_factory=Send)

    async def __call__(self, job: Job) -> None:
        row = await JobModel.get(id=job.id)
        if (row.status, row.started_at) != ("processing", job.started_at):
            return
        step = getattr(self, f"on_{row.current_step}", None)
        outcome = await step(row) if step else None
        if outcome:
            await outcome.apply(row)

    async def on_send_email(self, job: Job) -> Outcome | None:
        if not await self.send(job):
            return None
        due = now() + timedelta(days=2)
        return Outcome({"status": "pending", "current_step": "analyze", "scheduled_for": due}, {})

    async def on_analyze(self, job: Job) -> Outcome:
        reply = await fetch_reply(job.customer_email)
        sentiment = await analyze_sentiment(reply) if reply else None
        note = {"reply": reply, "sentiment": sentiment}
        return Outcome({"status": "pending", "current_step": "take_action"}, note)

    async def on_take_action(self, job: Job) -> Outcome:
        [kept] = await execute_sql(
            "SELECT max(json_extract(output_data, '$.sentiment')) AS sentiment FROM job_steps "
            "WHERE job_id = ? AND step_name = 'analyze'",
            [job.id],
        )
        done = {"status": "completed", "current_step": "done", "completed_at": now()}
        return Outcome(done, {"action": route(kept["sentiment"])})


claim_next_job = Claim()
create_campaign_jobs = Create()
send_email_step = Send()
process_job = Process(send_email_step)
