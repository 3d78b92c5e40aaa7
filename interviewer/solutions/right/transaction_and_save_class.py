"""A class whose bound methods are the four functions; select, then save, inside transaction().

A transaction is the only writer from its start, so what was read is still true when it is saved.
The first five tries to send happen in one call; when all of them fail the job is failed for good.
"""

import random
from asyncio import sleep
from dataclasses import dataclass, field
from datetime import timedelta

from candidate.helpers import is_permanent_error, route
from infra import (
    ExternalApiError,
    Job,
    JobModel,
    JobStatus,
    JobStep,
    JobStepName,
    JobStepStatus,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

COUNT = "SELECT count(*) AS n FROM jobs WHERE campaign_id = ?"


@dataclass
class CampaignQueue:
    max_tries: int = 5
    chunk_size: int = 1_000
    wait_for_reply: timedelta = timedelta(hours=48)
    steps: tuple[JobStepName, ...] = field(default=tuple(JobStepName))

    async def claim(self) -> Job | None:
        async with transaction():
            pending = JobModel.filter(status=JobStatus.PENDING)
            job = await pending.filter(scheduled_for__isnull=True).order_by("id").first()
            if job is None:
                due = pending.filter(scheduled_for__lte=now())
                job = await due.order_by("scheduled_for").first()
            if job is None:
                return None
            job.status = JobStatus.PROCESSING
            job.worker_id = current_worker_id()
            job.started_at = now()
            await job.save()
        return job

    async def create(self, campaign_id: int, customer_emails: list[str]) -> int:
        async with transaction():
            before = (await execute_sql(COUNT, [campaign_id]))[0]["n"]
            for i in range(0, len(customer_emails), self.chunk_size):
                chunk = customer_emails[i : i + self.chunk_size]
                values = ", ".join("(?, ?)" for _ in chunk)
                params = [value for email in chunk for value in (campaign_id, email)]
                await execute_sql(
                    f"INSERT INTO jobs (campaign_id, customer_email) VALUES {values}", params
                )
            after = (await execute_sql(COUNT, [campaign_id]))[0]["n"]
        return after - before

    async def send(self, job: Job) -> bool:
        row = await JobModel.get(id=job.id)
        if self.steps.index(row.current_step) > 0:
            return True
        if row.status == JobStatus.FAILED:
            return False

        problem = "never tried"
        for n in range(1, self.max_tries + 1):
            try:
                await send_email(row.customer_email, "Hi there!", self._key(row))
                return True
            except ExternalApiError as error:
                problem = f"{type(error).__name__}: {error}"
                if is_permanent_error(error):
                    break
                if n < self.max_tries:
                    await sleep(max(getattr(error, "retry_after", 0), n * random.random(), 0.1))
        await self._fail(row, problem)
        return False

    async def process(self, job: Job) -> None:
        row = await JobModel.get(id=job.id)
        if row.status != JobStatus.PROCESSING or row.current_step != job.current_step:
            return
        output = await self._run(row)
        if output is None:
            return
        async with transaction():
            fresh = await JobModel.get(id=row.id)
            if fresh.status != JobStatus.PROCESSING or fresh.current_step != row.current_step:
                return
            await JobStep.create(
                job_id=row.id,
                step_name=row.current_step,
                status=JobStepStatus.COMPLETED,
                output_data=output,
                completed_at=now(),
            )
            fresh.current_step = self.steps[self.steps.index(row.current_step) + 1]
            fresh.status = JobStatus.PENDING
            fresh.worker_id = None
            if fresh.current_step == JobStepName.ANALYZE:
                fresh.scheduled_for = now() + self.wait_for_reply
            if fresh.current_step == JobStepName.DONE:
                fresh.status = JobStatus.COMPLETED
                fresh.completed_at = now()
            await fresh.save()

    async def _run(self, job: Job) -> dict[str, object] | None:
        if job.current_step == JobStepName.SEND_EMAIL:
            return {"key": self._key(job)} if await self.send(job) else None
        reply = await fetch_reply(job.customer_email)
        sentiment = await analyze_sentiment(reply) if reply else None
        if job.current_step == JobStepName.ANALYZE:
            return {"sentiment": sentiment}
        return {"sentiment": sentiment, "action": route(sentiment)}

    async def _fail(self, job: Job, message: str) -> None:
        async with transaction():
            fresh = await JobModel.get(id=job.id)
            is_open = fresh.status in (JobStatus.PENDING, JobStatus.PROCESSING)
            if is_open and fresh.current_step == JobStepName.SEND_EMAIL:
                fresh.status = JobStatus.FAILED
                fresh.error_message = message
                await fresh.save()

    @staticmethod
    def _key(job: Job) -> str:
        return f"{job.campaign_id}-{job.id}-welcome"


queue = CampaignQueue()
claim_next_job = queue.claim
create_campaign_jobs = queue.create
send_email_step = queue.send
process_job = queue.process
