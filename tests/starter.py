"""Your solution: four functions of a job queue that runs email campaigns.

This is the only file you edit. `candidate/GUIDE.md` has the whole story, `candidate/examples.py`
shows every call at work, `candidate/helpers.py` has small things that you need not write.

Twenty workers run these functions at once, each in a process of its own: they share the database
and the external services, but no memory. Any of them can die at any moment; a reaper then makes
its job `pending` again for another worker.
"""

from infra import Job


async def claim_next_job() -> Job | None:
    """Task A: claim one available job for this worker.

    - A job is available when it is `pending` and due: `scheduled_for` is null or not in the future.
    - The claimed job is `processing`, with this worker's id (`current_worker_id()`) and
      `started_at`, both in the database and in the `Job` that you return.
    - Each job goes to exactly one worker, however many ask at once.
    - `None` only when no job is available: losing a race is no reason to go home.
    - The queue can hold 50,000 jobs; a claim should not read them all.
    """
    raise NotImplementedError


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Task B: create a job for each address and return how many were created.

    - Each job is `pending`, at the step `send_email`. Addresses are stored just as given.
    - All of them or none, also when something fails half-way.
    - 50,000 addresses take at most 5 s. A round trip to the database takes 1.2 ms, so one insert
      at a time takes 60 s.
    - A repeated address may become one job or several, as long as the number returned is true.
    """
    raise NotImplementedError


async def send_email_step(job: Job) -> bool:
    """Task C: send this job's email. `True` when SendGrid has it, now or from an earlier try.

    - `RateLimitError` and `TimeoutError` are transient: try again, here or by making the job
      `pending` for a later claim with `retry_count` raised. After a timeout the mail may or may
      not have gone out. One such error does not fail the job, nor leave it `processing`.
    - `InvalidEmailError` is permanent: the job is `failed`, with an `error_message`, and its
      address is never tried again.
    - The customer gets exactly one email, however often this is called, wherever a worker dies.
    - No external call inside `transaction()`. Wait between tries, without blocking others.
    - When SendGrid is down for good, this still returns. Giving a job up for good (`failed`, with
      a message) is all right after five failed tries or more.
    - An API error never escapes: whatever was not sent returns `False`.
    """
    raise NotImplementedError


async def process_job(job: Job) -> None:
    """Task D: run the job's current step, then advance it.

    - The steps are `send_email` → `analyze` → `take_action` → `done`: send with your Task C, then
      fetch the reply and its sentiment, then act on it.
    - After a step the job is `pending` at the next one, for any worker to claim; you may schedule
      it for later. After the last one it is `completed`, at `done`.
    - Safe to call again, with the same or an out-of-date `Job`, by two workers at once, and after
      a crash anywhere: the job only moves forward, one step at a time, none skipped, and nothing
      happens twice. One delivered email; at most one `job_steps` row for each step, if you keep
      them. Asking for a reply or a sentiment again harms nothing.
    - A `completed` or `failed` job is left alone. A step that could not be done does not advance.
    - No external call inside `transaction()`. An error of the reply or sentiment service may
      escape: the worker notes it, and the reaper brings the job back.
    """
    raise NotImplementedError
