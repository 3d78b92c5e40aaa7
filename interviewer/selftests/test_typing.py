"""Types: an editor that checks them knows right from wrong before anything runs."""

import os
import subprocess
import sys
import textwrap
from datetime import datetime

import pytest

from infra import now
from infra.models import Campaign, Job, JobStep
from infra.orm import Model
from infra.orm.columns import Column
from interviewer import stub
from interviewer.selftests.test_docs import ROOT, blocks

# What is wrong is told by default too, and what is right is right for the strictest.
MYPY_INI = """
[mypy]
explicit_package_bases = true
allow_redefinition = true
local_partial_types = true
[mypy-right,guide,candidate.examples]
strict = true
"""
OBJECT = "dict[str, Any] | None"
IMPORTS = """
from datetime import timedelta
from candidate.helpers import *
from candidate.solution import *
from infra import *
"""

# As somebody may write it who keeps to the guide.
RIGHT = """\
job = await Job.get(id=1)
print(job.status.name, job.status == "pending", job.current_step in ("analyze", "done"))
job.status = "completed"
job.status = JobStatus.COMPLETED
job.started_at, job.worker_id = now(), current_worker_id()
job.started_at = None
await job.save()
later = job.created_at + timedelta(hours=48)
await Job.filter(id=job.id, status=job.status).update(status="pending", scheduled_for=later)
status: JobStatus = job.status
text: str = job.current_step
await Job.filter(id=1).update(current_step=get_next_step(job.current_step))
await Job.filter(id=1).update(status="failed" if job.retry_count >= 5 else "pending")
await Job.filter(worker_id=None, worker_id__ne="w", status__ne="failed").delete()
states = ["pending", "failed"]
await Job.filter(status__in=states, id__in=range(9), worker_id__in={None, "w"}).exists()
await Job.filter(created_at__lt=now(), scheduled_for__isnull=True, retry_count__gte=1).count()
changes: dict[str, object] = {"status": "pending", "worker_id": None}
await Job.filter(id=1).update(**changes)
await Job.filter(id=1).update(current_step="analyze", **changes)
newest: Job | None = await Job.order_by("-created_at", "id").first()
due: Job | None = await Job.filter(status="pending").order_by("id").limit(1).first()
rows: list[Job] = await Job.limit(5).filter(id__gt=1).all()
those: list[Job] = await Job.filter(id__lte=9)
number: int = await Job.filter(id=7).count()
campaign = await Campaign.create(id=7, name="A", user_id=1, status="draft")
campaign.status = "active"
data = {"message_id": await send_email("a@b.example", "Hello!", "key")}
step = await JobStep.create(job_id=1, step_name=job.current_step, output_data=data)
if step.output_data:
    print(step.output_data["message_id"].upper())
one = Job(id=1, campaign_id=1, customer_email="a@b.example", status="pending")
for row in await execute_sql("SELECT count(*) AS n FROM jobs"):
    print(row["n"] + 1)
(found,) = await execute_sql("SELECT * FROM jobs WHERE id = ?", [1], Job)
found.status = "failed"
result = await execute_sql("INSERT INTO campaigns (name, user_id) VALUES ('A', 1)")
await Job.create(campaign_id=result.lastrowid, customer_email="a@b.example")
match job.current_step:
    case "send_email":
        print("one")
    case JobStepName.ANALYZE:
        print("two")
try:
    await Job.get(customer_email="a@b.example")
except Job.DoesNotExist:
    print(route(await analyze_sentiment(await fetch_reply("a@b.example") or "")))
"""

# What somebody may mistype, and what is said of that line.
WRONG = {
    'Job.filter(emial="a")': 'Unexpected keyword argument "emial" for "filter" of "Job"',
    'Job.filter(custmer_email="a")': 'argument "custmer_email" for "filter" of "Job"; did you mean',
    'Job.filter(id=1).filter(statsu="failed")': 'did you mean "status"?',
    "await Job.get(jobid=1)": 'Unexpected keyword argument "jobid"',
    "Job.filter(id__greater=3)": 'Unexpected keyword argument "id__greater"',
    "Job.filter(created_at__before=now())": 'Unexpected keyword argument "created_at__before"',
    'Job.filter(status__lt="pending")': 'Unexpected keyword argument "status__lt"',
    'Job.order_by("created")': 'Argument 1 to "order_by" of "Job" has incompatible type',
    'Job.filter(id=1).order_by("-creatd_at")': "has incompatible type \"Literal['-creatd_at']\"",
    'Job.filter(status="pendign")': "has incompatible type \"Literal['pendign']\"",
    'Job.filter(status__ne="done")': "has incompatible type \"Literal['done']\"",
    "Job.filter(status=JobStepStatus.PENDING)": 'has incompatible type "Literal[JobStepStatus',
    'JobStep.filter(step_name="analyse")': "has incompatible type \"Literal['analyse']\"",
    'Job.filter(status__in="pending")': 'has incompatible type "str"',
    'Job.filter(id="1")': 'has incompatible type "str"; expected "int"',
    "Job.filter(id__in=7)": 'has incompatible type "int"; expected "Iterable[int]"',
    "Job.filter(worker_id__isnull=None)": 'has incompatible type "None"; expected "bool"',
    "Job.filter(retry_count=None)": 'has incompatible type "None"; expected "int"',
    'Job.limit("3")': 'has incompatible type "str"; expected "int"',
    'await Job.filter(id=1).update(statsu="failed")': 'No overload variant of "update"',
    'await Job.filter(id=1).update(status="done")': 'No overload variant of "update"',
    "await Job.filter(id=1).update(retry_count__gt=1)": 'No overload variant of "update"',
    "await Job.filter(id=1).update(started_at=1.5)": 'No overload variant of "update"',
    "await Job.create(campaign_id=1)": 'No overload variant of "create"',
    'await Job.create(campaign_id=1, email="a")': 'No overload variant of "create"',
    'await Job.create(campaign_id="1", customer_email="a")': 'No overload variant of "create"',
    'Job(id=1, campaign_id=1, customer_email="a", status="done")': "incompatible type",
    "job.statsu": '"Job" has no attribute "statsu"; maybe "status"?',
    'job.statsu = "failed"': '"Job" has no attribute "statsu"',
    'job.status = "done"': "expression has type \"Literal['done']\"",
    "job.retry_count = None": 'expression has type "None"',
    "Job.get(id=1).status": 'has no attribute "status"',
    "for row in Job.filter(id=1).all(): ...": 'has no attribute "__iter__"',
    "for row in Job.filter(id=1): ...": 'has no attribute "__iter__"',
    "len(Job.filter(id=1))": 'Argument 1 to "len" has incompatible type',
    "Job.filter(id=1)[0]": 'Value of type "_JobQuerySet" is not indexable',
    "Job.filter(id=1).count() > 0": "Unsupported operand types",
    "job.save()": "must be used",
    'send_email("a", "b", "c")': "must be used",
    'Job.filter(id=1).update(status="failed")': "must be used",
    'Job.create(campaign_id=1, customer_email="a")': "must be used",
    'route(analyze_sentiment("fine"))': 'Argument 1 to "route" has incompatible type',
    'route(await fetch_reply("a"))': 'Argument 1 to "route" has incompatible type',
    "(await Job.filter(id=1).first()).id": 'of "Job | None" has no attribute "id"',
    'await process_job(await Job.order_by("id").first())': '"Job | None"; expected "Job"',
    'await send_email("a", "b")': 'Missing positional argument "idempotency_key"',
    'await send_email("a", "b", 7)': 'has incompatible type "int"; expected "str"',
    'await send_email(to="a", text="b", idempotency_key="c")': 'keyword argument "text"',
    "async def create_campaign_jobs(n: int, emails: list[str]) -> int: return emails": (
        'Incompatible return value type (got "list[str]", expected "int")'
    ),
    "async with transaction: ...": 'has no attribute "__aenter__"',
    'await execute_sql("SELECT ?", 7)': "No overload variant",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What mypy says of right uses, of wrong ones, of the guide's and of the examples.

    All in one run, as it takes a while.
    """
    folder = tmp_path_factory.mktemp("types")
    guide = [block.text for block in blocks("python") if not block.is_signature]
    pieces = {"right": [RIGHT], "guide": guide, "wrong": list(WRONG)}
    for name, texts in pieces.items():
        text = "".join(map(function, range(len(texts)), texts))
        (folder / f"{name}.py").write_text(IMPORTS + text, encoding="utf-8")
    (folder / "mypy.ini").write_text(MYPY_INI, encoding="utf-8")
    files = [*(f"{name}.py" for name in pieces), str(ROOT / "candidate/examples.py")]

    run = subprocess.run(
        [sys.executable, "-m", "mypy", *files],
        env=os.environ | {"MYPYPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1, run.stdout + run.stderr
    return [line for line in run.stdout.splitlines() if ": error: " in line]


def function(number: int, body: str) -> str:
    """Return an async function, of a job, that does this."""
    return f"async def use_{number}(job: Job) -> None:\n{textwrap.indent(body, '    ')}\n"


def test_what_is_right_is_left_alone(told: list[str]) -> None:
    """No right use gets an error: not of the guide's, nor of the examples', nor in strict mode."""
    assert [line for line in told if not line.startswith("wrong.py")] == []


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_is_told(line: str, told: list[str]) -> None:
    """A typing mistake is an error on its own line, that says what is wrong."""
    text = IMPORTS + "".join(map(function, range(len(WRONG)), WRONG))
    place = f"wrong.py:{text.splitlines().index(f'    {line}') + 1}: error: "

    errors = [said.removeprefix(place) for said in told if said.startswith(place)]

    assert [error for error in errors if WRONG[line] in error], errors


def test_the_types_are_those_of_the_models() -> None:
    """The stub is what the models come to."""
    kept = stub.PATH.read_text(encoding="utf-8")

    assert kept == stub.stub(), f"{stub.PATH.name} is out of date: run `python -m interviewer.stub`"


@pytest.mark.parametrize(
    ("column", "known"),
    [
        (
            Job.column("retry_count"),
            "int; __ne int; __lt int; __lte int; __gt int; __gte int; __in Iterable[int]",
        ),
        (
            Job.column("status"),
            "_AnyJobStatus; __ne _AnyJobStatus; __in Iterable[_AnyJobStatus] | _Texts",
        ),
        (
            JobStep.column("output_data"),
            f"{OBJECT}; __ne {OBJECT}; __in Iterable[{OBJECT}]; __isnull bool",
        ),
    ],
    ids=lambda value: getattr(value, "words", ""),
)
def test_a_column_has_the_lookups_that_make_sense(column: Column, known: str) -> None:
    """What has an order can be compared, and what may be None can be asked for it."""
    assert "; ".join(f"{name} {kind}".strip() for name, kind in stub.lookups(column)) == known


@pytest.mark.parametrize("model", [Campaign, Job, JobStep])
def test_what_the_types_offer_there_is(model: type[Model]) -> None:
    """Every lookup and every order that the stub has is one that the model takes."""
    samples = {int: 1, str: "a", dict: {}, datetime: now()}
    for name, column in model.columns().items():
        value = next(iter(column.members), None) or samples[column.kind]
        for lookup, kind in stub.lookups(column):
            given = {"__in": [value], "__isnull": True}.get(lookup, value)
            model.filter(**{f"{name}{lookup}": given})
            if kind.endswith("| None"):
                model.filter(**{f"{name}{lookup}": None})
        model.order_by(name, f"-{name}")
