"""Mistakes of the first minutes, and what has to be told of each: the words, and the line.

The line is the one that ends in `# here`; without one it is not of interest.
"""

from dataclasses import dataclass
from textwrap import indent

from interviewer.selftests.hostile import right

MARK = "# here"

_IMPORTS = """

import asyncio
from datetime import datetime

from infra import *

"""
_HEADS = {
    "A": "async def claim_next_job():",
    "B": "async def create_campaign_jobs(campaign_id, customer_emails):",
    "C": "async def send_email_step(job):",
    "D": "async def process_job(job):",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A body for a check's function, or a whole file, and the words that have to be told."""

    body: str
    says: str
    check: str = "A1"
    is_file: bool = False

    @property
    def text(self) -> str:
        """The solution: right, but for this."""
        if self.is_file:
            return f"{self.body}\n"
        return f"{right()}{_IMPORTS}{_HEADS[self.check[0]]}\n{indent(self.body, '    ')}\n"

    @property
    def line(self) -> int | None:
        """The line that is marked."""
        lines = self.text.splitlines()
        return next((n for n, line in enumerate(lines, 1) if line.endswith(MARK)), None)


def _claim(rest: str) -> str:
    return f"job = await Job.filter(status='pending').first()\n{rest}\nreturn job"


def _sql(arguments: str) -> str:
    return f"rows = await execute_sql({arguments})  # here\nreturn rows[0] if rows else None"


_SEND = "await send_email(job.customer_email, 'Hello', f'job-{job.id}')"
_NOT_AWAITED = "was not awaited, so it did not run: write `await` before it"

NAMES = {
    "field": Mistake(
        "return await Job.filter(statuss='pending').first()  # here",
        "FieldError: Job has no field 'statuss': did you mean 'status'?",
    ),
    "lookup": Mistake(
        "return await Job.filter(id__gtt=3).first()  # here",
        "FieldError: there is no lookup 'id__gtt': did you mean 'id__gt'?",
    ),
    "status": Mistake(
        "return await Job.filter(status='pendng').first()  # here",
        "FieldError: Job.status cannot be 'pendng': did you mean 'pending'?",
    ),
    "order": Mistake(
        "return await Job.filter(status='pending').order_by('created').first()  # here",
        "FieldError: Job has no field 'created': did you mean 'created_at'?",
    ),
    "attribute that is set": Mistake(
        _claim("job.worker = current_worker_id()  # here"),
        "FieldError: Job has no field 'worker': did you mean 'worker_id'?",
    ),
    "attribute that is read": Mistake(
        _claim("print(job.current_stepp)  # here"),
        "AttributeError: Job has no attribute 'current_stepp': did you mean 'current_step'?",
    ),
    "status that is set": Mistake(
        _claim("job.status = 'procesing'  # here"),
        "FieldError: Job.status cannot be 'procesing': did you mean 'processing'?",
    ),
    "member": Mistake(
        "return await Job.filter(status=JobStatus.PENDIN).first()  # here",
        "did you mean 'PENDING'?",
    ),
    "method": Mistake(
        "return await Job.filter(status='pending').frist()  # here",
        "AttributeError: a query set has no attribute 'frist': did you mean 'first'?",
    ),
    "method of the class": Mistake(
        "return await Job.fliter(status='pending').first()  # here",
        "AttributeError: Job has no attribute 'fliter': did you mean 'filter'?",
    ),
    "name": Mistake(
        "return await Jbo.filter(status='pending').first()  # here",
        "NameError: name 'Jbo' is not defined: did you mean 'Job'?",
    ),
    "error's name": Mistake(
        f"try:\n    {_SEND}\nexcept RateLimit:  # here\n    return False\nreturn True",
        "NameError: name 'RateLimit' is not defined: did you mean 'RateLimitError'?",
        "C3",
    ),
    "step": Mistake(
        "job.current_step = 'analyse'  # here\nawait job.save()",
        "FieldError: Job.current_step cannot be 'analyse': did you mean 'analyze'?",
        "D1",
    ),
    "step, for a helper": Mistake(
        "from candidate.helpers import get_next_step\nget_next_step('send_emial')  # here",
        "ValueError: 'send_emial' is not a valid JobStepName: did you mean 'send_email'?",
        "D1",
    ),
    "import": Mistake(
        "from infra import Jobs, transaction  # here",
        "ImportError: there is no Jobs in infra: did you mean 'Job'?",
        is_file=True,
    ),
    "import in a function": Mistake(
        "from infra import send_mail  # here",
        "ImportError: there is no send_mail in infra: did you mean 'send_email'?",
    ),
    "import of a helper": Mistake(
        "from candidate.helpers import idempotency_key  # here",
        "ImportError: there is no idempotency_key in candidate.helpers: "
        "did you mean 'generate_idempotency_key'?",
        "C1",
    ),
    "module": Mistake(
        "from infra.db import transaction  # here",
        "No module named 'infra.db': all there is to import is in `infra` and `candidate.helpers`",
        is_file=True,
    ),
    "name that is not imported": Mistake(
        "import infra\nfrom infra import Job\n\n"
        "async def claim_next_job():\n    async with transaction():  # here\n        return None\n",
        "NameError: name 'transaction' is not defined: write `from infra import transaction`",
        is_file=True,
    ),
    "function": Mistake(
        "async def claim_nextjob():\n    return None",
        "there is no function claim_next_job, line 1 has claim_nextjob: keep the starter's names",
        is_file=True,
    ),
    "function that is not async": Mistake(
        "\ndef claim_next_job():\n    return None",
        "solution.py:2: claim_next_job must be an async function",
        is_file=True,
    ),
}

HABITS = {
    "objects": Mistake(
        "return await Job.objects.filter(status='pending').first()  # here",
        "AttributeError: Job has no attribute 'objects': write Job.filter(…), without it",
    ),
    "a dict for a filter": Mistake(
        "return await Job.filter({'status': 'pending'}).first()  # here",
        "takes 1 positional argument but 2 were given: write field=value",
    ),
    "a dict for an update": Mistake(
        "await Job.filter(id=1).update({'status': 'processing'})  # here",
        "takes 1 positional argument but 2 were given: write field=value",
    ),
    "update of a row": Mistake(
        _claim("await job.update(status='processing')  # here"),
        "Job has no attribute 'update': write `await Job.filter(id=job.id).update(…)`, "
        "or set fields and `await job.save()`",
    ),
    "save of a query": Mistake(
        "await Job.filter(status='pending').save()  # here",
        "a query set has no attribute 'save': it holds no row: write .update(field=value), "
        "or take a row by `await ….first()`",
    ),
    "select_for_update": Mistake(
        "return await Job.filter(status='pending').select_for_update().first()  # here",
        "a query set has no attribute 'select_for_update': "
        "there is none here; execute_sql takes FOR UPDATE",
    ),
    "bulk_create": Mistake(
        "await Job.bulk_create([])  # here",
        "Job has no attribute 'bulk_create': there is no bulk insert in the ORM: that is Task B",
        "B1",
    ),
    "a row by its class": Mistake(
        "job = Job(campaign_id=campaign_id, customer_email='a')  # here\nawait job.save()",
        "FieldError: Job(…) needs id: is it to be `await Job.create(…)`?",
        "B1",
    ),
    "field of create": Mistake(
        "await Job.create(campaign_id=campaign_id, email='a')  # here",
        "FieldError: Job has no field 'email': did you mean 'customer_email'?",
        "B1",
    ),
    "field left out of create": Mistake(
        "await Job.create(customer_email='a')  # here",
        "FieldError: Job.create() needs campaign_id",
        "B1",
    ),
    "a row for its id": Mistake(
        "campaign = await Campaign.get(id=campaign_id)\n"
        "await Job.create(campaign_id=campaign, customer_email='a')  # here",
        "FieldError: Job.campaign_id takes a value of type int, not Campaign(id=1, ",
        "B1",
    ),
    "limit and update": Mistake(
        "await Job.filter(status='pending').limit(1).update(status='processing')  # here",
        "FieldError: limit() does not go with update(): filter by id, or use execute_sql",
    ),
    "save of a row that is gone": Mistake(
        _claim(
            "await execute_sql('DELETE FROM jobs')\njob.status = 'processing'\n"
            "await job.save()  # here"
        ),
        "DoesNotExist: Job 1 is gone: save() changed no row",
    ),
    "a dict for a row": Mistake(
        "(row,) = await execute_sql('SELECT * FROM jobs LIMIT 1')\n"
        "await Job.filter(id=row.id).update(status='processing')  # here",
        "AttributeError: 'dict' object has no attribute 'id': write ['id'], "
        "or take rows from execute_sql(sql, params, Job)",
    ),
    "a row for a dict": Mistake(
        _claim("print(job['id'])  # here"),
        "TypeError: Job is no dict: write .id in place of ['id']",
    ),
    "a list for a row": Mistake(
        "jobs = await Job.filter(status='pending').all()\nreturn jobs.id  # here",
        "AttributeError: 'list' object has no attribute 'id': [0] is the first of its items",
    ),
    "a column that was not selected": Mistake(
        "(job,) = await execute_sql('SELECT id FROM jobs LIMIT 1', [], Job)\n"
        "return job.customer_email  # here",
        "AttributeError: Job.customer_email was not selected: SELECT * …",
    ),
    "a key that is not there": Mistake(
        "(row,) = await execute_sql('SELECT id FROM jobs LIMIT 1')\nreturn row['status']  # here",
        "KeyError: there is no key 'status'",
    ),
    "None for a row": Mistake(
        "job = await Job.filter(status='failed').first()\njob.status = 'processing'  # here",
        "AttributeError: 'NoneType' object has no attribute 'status': "
        "what stands before .status is None",
    ),
}

AWAITS = {
    "query that is read": Mistake(
        "job = Job.filter(status='pending').first()\nprint(job.id)  # here",
        f"Job…first() {_NOT_AWAITED} (line",
    ),
    "query that is set": Mistake(
        "job = Job.filter(status='pending').first()\njob.status = 'processing'  # here",
        f"job is no result yet: Job…first() {_NOT_AWAITED} (line",
    ),
    "query that is returned": Mistake(
        "return Job.filter(status='pending').first()",
        f"returned what is no result yet: Job…first() {_NOT_AWAITED} (line",
    ),
    "save": Mistake(
        _claim("job.status = 'processing'\njob.save()  # here"),
        f"Job…save() {_NOT_AWAITED}.",
    ),
    "update": Mistake(
        _claim("Job.filter(id=job.id).update(status='processing')  # here"),
        f"Job…update() {_NOT_AWAITED}.",
    ),
    "create": Mistake(
        "for email in customer_emails:\n"
        "    Job.create(campaign_id=campaign_id, customer_email=email)  # here\n"
        "return len(customer_emails)",
        f"Job…create() {_NOT_AWAITED}.",
        "B1",
    ),
    "SQL that is read": Mistake(
        "rows = execute_sql('SELECT * FROM jobs LIMIT 1', [], Job)\nreturn rows[0]  # here",
        f"rows is no result yet: execute_sql(…) {_NOT_AWAITED}",
    ),
    "SQL": Mistake(
        _claim("execute_sql('UPDATE jobs SET status = ?', ['processing'])  # here"),
        f"execute_sql(…) {_NOT_AWAITED}.",
    ),
    "email": Mistake(
        "send_email(job.customer_email, 'Hello', f'job-{job.id}')  # here\nreturn True",
        f"send_email(…) {_NOT_AWAITED}.",
        "C1",
    ),
    "email that is kept": Mistake(
        "message_id = send_email(job.customer_email, 'Hello', 'key')  # here\n"
        "return bool(message_id)",
        f"send_email(…) {_NOT_AWAITED}.",
        "C1",
    ),
    "reply": Mistake(
        "reply = fetch_reply(job.customer_email)\nawait analyze_sentiment(reply)  # here",
        "TypeError: text must be a str, not a call without its `await`: analyze_sentiment(text)",
        "D1",
    ),
    "task C": Mistake(
        "sent = send_email_step(job)  # here\nif sent:\n"
        "    await Job.filter(id=job.id).update(current_step='analyze', status='pending')",
        f"send_email_step(…) {_NOT_AWAITED}.",
        "D1",
    ),
    "sleep": Mistake(
        f"for _ in range(9):\n    try:\n        {_SEND}\n        return True\n"
        "    except SendGridError:\n        asyncio.sleep(1)  # here\nreturn False",
        f"sleep(…) {_NOT_AWAITED}.",
        "C7",
    ),
    "first without a call": Mistake(
        "return await Job.filter(status='pending').first  # here",
        "() is missing after its name",
    ),
    "first without a call, set": Mistake(
        "job = Job.filter(status='pending').first\njob.status = 'processing'  # here",
        "() is missing after its name, before .status",
    ),
    "a loop over a query": Mistake(
        "for job in Job.filter(status='pending'):  # here\n    return job",
        "a query set of Job holds no rows yet: write `await ….all()`, `.first()` or `.count()`",
    ),
    "an async loop over a query": Mistake(
        "async for job in Job.filter(status='pending'):  # here\n    return job",
        "a query set of Job holds no rows yet: write `await ….all()`, `.first()` or `.count()`",
    ),
    "an item of a query": Mistake(
        "return Job.filter(status='pending')[0]  # here",
        "a query set of Job holds no rows yet: write `await ….all()`, `.first()` or `.count()`",
    ),
    "with": Mistake(
        "with transaction():  # here\n    return None",
        "TypeError: write `async with transaction():`",
    ),
    "transaction that is awaited": Mistake(
        "await transaction()  # here",
        "TypeError: write `async with transaction():`",
    ),
    "transaction without a call": Mistake(
        "async with transaction:  # here\n    return None",
        "() is missing after its name",
    ),
    "a row that is awaited": Mistake(
        _claim("await job  # here"),
        "a Job needs no `await`",
    ),
    "asyncio.run": Mistake(
        "return asyncio.run(Job.filter(status='pending').first())  # here",
        "the event loop runs already, so write `await`",
    ),
    "now without a call": Mistake(
        _claim("job.started_at = now  # here"),
        "FieldError: Job.started_at takes a value of type datetime, "
        "not the function now: write now() to call it",
    ),
    "worker id without a call": Mistake(
        "await execute_sql('UPDATE jobs SET worker_id = ?', [current_worker_id])  # here",
        "parameter 1 is the function current_worker_id: write current_worker_id() to call it",
    ),
}

SQL = {
    "a value too few": Mistake(
        _sql("'SELECT * FROM jobs WHERE status = ? AND id > ?', ['pending'], Job"),
        "values in params: 1, and ? in the statement: 2, in: SELECT * FROM jobs",
    ),
    "no values": Mistake(
        _sql("'SELECT * FROM jobs WHERE status = ?', model=Job"),
        "values in params: 0, and ? in the statement: 1, in: SELECT * FROM jobs",
    ),
    "text for values": Mistake(
        _sql("'SELECT * FROM jobs WHERE status = ?', ('pending'), Job"),
        "params must be a list or tuple with one value for each ?, not 'pending'",
    ),
    "a dict for values": Mistake(
        _sql("'SELECT * FROM jobs WHERE status = :status', {'status': 'pending'}"),
        "params must be a list or tuple with one value for each ?, not {'status': 'pending'}",
    ),
    "the model for values": Mistake(
        _sql("'SELECT * FROM jobs', Job"),
        "params must be a list or tuple with one value for each ?, not the class Job: "
        "execute_sql(sql, params, model)",
    ),
    "%s": Mistake(
        _sql("'SELECT * FROM jobs WHERE status = %s', ['pending'], Job"),
        "syntax error (write ? for a value, not %s), in: SELECT * FROM jobs WHERE status = %s",
    ),
    "word": Mistake(
        _sql("'SELECT * FROM jobs WERE status = ?', ['pending'], Job"),
        'near "status": syntax error, in: SELECT * FROM jobs WERE status = ?',
    ),
    "column": Mistake(
        _sql("'SELECT * FROM jobs WHERE state = ?', ['pending'], Job"),
        "no such column: state (did you mean 'status'?)",
    ),
    "table": Mistake(
        _sql("'SELECT * FROM job'"),
        "no such table: job (did you mean 'jobs'?)",
    ),
    "a value without quotes": Mistake(
        _sql("f'SELECT * FROM jobs WHERE status = {JobStatus.PENDING}', [], Job"),
        "no such column: pending (is it a value? Write ? for it, give it in params;",
    ),
    "a quote in a value": Mistake(
        "await execute_sql(f\"UPDATE jobs SET error_message = 'it's'\")  # here",
        "(does a value with a quote in it end the text? Write ? for each, give them in params)",
    ),
    "VALUES of nothing": Mistake(
        "await execute_sql('INSERT INTO jobs (campaign_id, customer_email) VALUES ')  # here",
        "incomplete input (it ends too early: was a list empty that should be in it?)",
        "B1",
    ),
    "two statements": Mistake(
        _sql("'UPDATE jobs SET retry_count = 0; SELECT 1'"),
        "one statement at a time (call execute_sql for each)",
    ),
    "BEGIN": Mistake(
        _sql("'BEGIN'"),
        "BEGIN is not for execute_sql: write `async with transaction():` around it all",
    ),
    "a list in values": Mistake(
        _sql("'SELECT * FROM jobs WHERE status IN (?)', [['pending']], Job"),
        "parameter 1 is a list, which SQLite cannot keep; give each of its values a ? of its own",
    ),
    "a campaign that is not there": Mistake(
        "await Job.create(campaign_id=999, customer_email='a')  # here",
        "FOREIGN KEY constraint failed (it refers to a row that is not there)",
        "B1",
    ),
    "a row twice": Mistake(
        "for _ in range(2):\n    await JobStep.create(job_id=job.id, step_name='analyze')  # here",
        "(there is such a row already)",
        "D1",
    ),
}

CALLS = {
    "email's order": Mistake(
        "await send_email(f'job-{job.id}', job.customer_email, 'Hello')  # here\nreturn True",
        "'job-1' is not an email address, but body is: were the arguments swapped? "
        "send_email(to, body, idempotency_key)",
        "C1",
    ),
    "a job for its address": Mistake(
        "await send_email(job, 'Hello', 'key')  # here\nreturn True",
        "to must be a str, not Job: send_email(to, body, idempotency_key)",
        "C1",
    ),
    "email without a key": Mistake(
        "await send_email(job.customer_email, 'Hello')  # here\nreturn True",
        "'idempotency_key': it is send_email(to, body, idempotency_key)",
        "C1",
    ),
    "email's keyword": Mistake(
        "await send_email(to=job.customer_email, subject='Hello', key='x')  # here\nreturn True",
        "it is send_email(to, body, idempotency_key)",
        "C1",
    ),
    "a helper's arguments": Mistake(
        "from candidate.helpers import generate_idempotency_key\n"
        "key = generate_idempotency_key(job)  # here\nreturn True",
        "it is generate_idempotency_key(job_id, step)",
        "C1",
    ),
    "retry_after with a call": Mistake(
        f"try:\n    {_SEND}\nexcept RateLimitError as error:\n"
        "    await asyncio.sleep(error.retry_after())  # here\nreturn True",
        "TypeError: 'float' object is not callable",
        "C3",
    ),
    "seconds for a moment": Mistake(
        f"import time\ntry:\n    {_SEND}\nexcept RateLimitError:\n"
        "    await execute_sql(  # here\n"
        "        \"UPDATE jobs SET status = 'pending', scheduled_for = ? WHERE id = ?\",\n"
        "        [time.time() + 60, job.id])\n    return False\nreturn True",
        "job 1 has scheduled_for '1893488460.0'",
        "C3",
    ),
    "an error for its text": Mistake(
        f"try:\n    {_SEND}\nexcept InvalidEmailError as error:\n"
        "    await Job.filter(id=job.id).update(error_message=error)  # here\nreturn True",
        "Job.error_message takes a value of type str, "
        "not an error: write str() around InvalidEmailError",
        "C2",
    ),
    "the jobs of others": Mistake(
        f"{_SEND}\nmine = Job.filter(customer_email=job.customer_email)\n"
        "await mine.update(status='completed')  # here\nreturn True",
        "job 3 was changed: status from 'pending' to 'completed'",
        "C1",
    ),
    "parameters of the function": Mistake(
        "async def claim_next_job():\n    return None\n\n"
        "async def create_campaign_jobs(emails):  # here\n    return 0\n",
        "create_campaign_jobs() takes 1 positional argument but 2 were given",
        "B1",
        is_file=True,
    ),
    "naive moment": Mistake(
        _claim("print(job.created_at < datetime.now())  # here"),
        "can't compare offset-naive and offset-aware datetimes: "
        "write now(), which is aware and in UTC",
    ),
    "an id for a job": Mistake(_claim("") + ".id", "returned 1 (int)"),
    "returns nothing": Mistake(
        f"try:\n    {_SEND}  # here\nexcept SendGridError:\n    pass",
        "returned None (NoneType)",
        "C1",
    ),
    "error in a helper of one's own": Mistake(
        "def first(rows):\n    return rows[0].id  # here\n"
        "return first(await execute_sql('SELECT * FROM jobs'))",
        "'dict' object has no attribute 'id': write ['id']",
    ),
    "raise from": Mistake(
        "try:\n    await execute_sql('SELECT state FROM jobs')\nexcept Exception as error:\n"
        "    raise RuntimeError('cannot claim') from error  # here",
        "RuntimeError: cannot claim (after line",
    ),
    "error in a task group": Mistake(
        "async def one():\n    return await Job.filter(statuss='pending').first()  # here\n"
        "async with asyncio.TaskGroup() as group:\n    group.create_task(one())",
        "FieldError: Job has no field 'statuss': did you mean 'status'?",
    ),
    "a service's error in a task group": Mistake(
        "async with asyncio.TaskGroup() as group:  # here\n"
        f"    group.create_task({_SEND.removeprefix('await ')})\nreturn True",
        "InvalidEmailError: SendGrid: 'no-address' is not an email address "
        "(in an ExceptionGroup, which `except InvalidEmailError` does not catch)",
        "C2",
    ),
    "a lock that is taken already": Mistake(
        "lock = asyncio.Lock()\nawait lock.acquire()\nawait lock.acquire()  # here",
        "claim_next_job waits for ever: nothing will wake it",
    ),
    "error in gather": Mistake(
        "async def one():\n    return await Job.filter(status='pending').frist()  # here\n"
        "return (await asyncio.gather(one()))[0]",
        "a query set has no attribute 'frist': did you mean 'first'?",
    ),
    "recursion": Mistake(
        "return await claim_next_job()  # here",
        "RecursionError: maximum recursion depth exceeded",
    ),
    "assertion": Mistake(
        _claim("assert job.worker_id, 'nobody has it'  # here"),
        "AssertionError: nobody has it",
    ),
    "process_job's own error, later": Mistake(
        "print(job.current_stp)  # here",
        "raised AttributeError: Job has no attribute 'current_stp': did you mean 'current_step'?",
        "D2",
    ),
}

FILES = {
    "colon": Mistake(
        "async def f()  # here\n    return 1", "syntax error: expected ':'", is_file=True
    ),
    "indent": Mistake(
        "async def f():\nreturn 1  # here", "syntax error: expected an indented block", is_file=True
    ),
    "bracket": Mistake("x = (1,  # here", "syntax error: '(' was never closed", is_file=True),
    "await in a def": Mistake(
        "def f():\n    return await g()  # here",
        "syntax error: 'await' outside async function",
        is_file=True,
    ),
    "name while it is loaded": Mistake(
        "from infra import Job\n\nLIMIT = Jb  # here",
        "NameError: name 'Jb' is not defined: did you mean 'Job'?",
        is_file=True,
    ),
}

MISTAKES = {
    f"{group}: {name}": mistake
    for group, mistakes in {
        "name": NAMES,
        "habit": HABITS,
        "await": AWAITS,
        "SQL": SQL,
        "call": CALLS,
        "file": FILES,
    }.items()
    for name, mistake in mistakes.items()
}
