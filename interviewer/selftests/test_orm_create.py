"""`create`: one row, with what the table fills in; what does not fit is refused beforehand."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.errors import FieldError
from infra.models import Campaign, Job, JobStatus, JobStep, JobStepName, JobStepStatus
from interviewer.selftests.world import World, in_a_world

NINE = datetime(2030, 1, 1, 9, tzinfo=UTC)


@in_a_world()
async def test_create_returns_what_the_table_filled_in(world: World) -> None:
    """A job needs a campaign and an address; all else the table fills in, and `create` returns."""
    job = await Job.create(campaign_id=1, customer_email="ada@example.com")

    # To the millisecond, which is what SQLite's clock tells.
    assert abs(job.created_at - NINE) < timedelta(milliseconds=1)
    assert job.model_dump(exclude={"created_at"}) == {
        "id": 1,
        "campaign_id": 1,
        "customer_email": "ada@example.com",
        "current_step": JobStepName.SEND_EMAIL,
        "status": JobStatus.PENDING,
        "worker_id": None,
        "retry_count": 0,
        "started_at": None,
        "completed_at": None,
        "error_message": None,
        "scheduled_for": None,
        "last_heartbeat": None,
    }
    assert job == await Job.get(id=1)


@in_a_world()
async def test_create_is_one_statement(world: World) -> None:
    """A row costs one round trip, which writes and reads it."""
    await Job.create(campaign_id=1, customer_email="o'neill@example.com")

    (insert,) = world.operations
    assert insert == (
        "INSERT INTO jobs (campaign_id, customer_email) "
        "VALUES (1, 'o''neill@example.com') RETURNING *"
    )


@in_a_world()
async def test_what_is_given_is_kept(world: World) -> None:
    """Every column can be given, the id too."""
    given = {
        "id": 7,
        "campaign_id": 1,
        "customer_email": "zoë@example.com",
        "current_step": "analyze",
        "status": "failed",
        "worker_id": "worker-1",
        "retry_count": 3,
        "created_at": NINE,
        "started_at": NINE,
        "completed_at": NINE,
        "error_message": 'It\'s "broken"',
        "scheduled_for": NINE,
        "last_heartbeat": NINE,
    }

    created = await Job.create(**given)

    assert created.model_dump() == given
    assert (await Job.get(id=7)).model_dump() == given


@in_a_world()
async def test_a_json_object_comes_back_as_it_was(world: World) -> None:
    """`output_data` takes a dict of any depth, or its text, and returns the dict."""
    job = await Job.create(campaign_id=1, customer_email="ada@example.com")
    text: Any = '{"a": 1}'
    output: dict[str, object] = {"a": [1, 2.5, None, True], "ü": {"quote": "it's"}}

    step = await JobStep.create(job_id=job.id, step_name="analyze", output_data=output)
    from_text = await JobStep.create(job_id=job.id, step_name="done", output_data=text)
    empty = await JobStep.create(job_id=job.id, step_name="send_email")

    assert [step.output_data, from_text.output_data, empty.output_data] == [output, {"a": 1}, None]
    assert await JobStep.order_by("id").all() == [step, from_text, empty]
    assert (step.step_name, step.status) == (JobStepName.ANALYZE, JobStepStatus.PENDING)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Job.create() needs campaign_id and customer_email"),
        ({"campaign_id": 1}, "Job.create() needs customer_email"),
        ({"campain_id": 1}, "Job has no field 'campain_id': did you mean 'campaign_id'?"),
        ({"campaign_id": "1"}, "Job.campaign_id takes a value of type int, not '1'"),
        ({"campaign_id": True}, "Job.campaign_id takes a value of type int, not True"),
        ({"campaign_id": 1.0}, "Job.campaign_id takes a value of type int, not 1.0"),
        ({"campaign_id": None}, "Job.campaign_id cannot be None"),
        ({"customer_email": b"a"}, "Job.customer_email takes a value of type str, not b'a'"),
        ({"status": "pendign"}, "Job.status cannot be 'pendign': did you mean 'pending'?"),
        (
            {"status": 7},
            "Job.status cannot be 7: there are pending, processing, completed, failed",
        ),
        ({"status": JobStepStatus.IN_PROGRESS}, "Job.status cannot be "),
        ({"status": None}, "Job.status cannot be None"),
        ({"started_at": "soon"}, "Job.started_at takes a value of type datetime, not 'soon'"),
        ({"started_at": 1.5}, "Job.started_at takes a value of type datetime, not 1.5"),
    ],
)
@in_a_world()
async def test_what_does_not_fit_is_refused_before_any_sql_runs(
    world: World, values: dict[str, object], message: str
) -> None:
    """A missing, unknown or wrong value is a FieldError that names it, and nothing is asked."""
    with pytest.raises(FieldError) as caught:
        await Job.create(**values)

    assert str(caught.value).startswith(message)
    assert world.overseer.count == 0


@pytest.mark.parametrize("output", [[1], 7, "{", "[1]", "text"])
@in_a_world()
async def test_output_data_must_be_an_object(world: World, output: Any) -> None:
    """What is no dict, nor the text of one, is refused before any SQL runs."""
    with pytest.raises(FieldError) as caught:
        await JobStep.create(job_id=1, step_name="analyze", output_data=output)

    assert str(caught.value) == f"JobStep.output_data takes a value of type dict, not {output!r}"
    assert world.overseer.count == 0


@in_a_world()
async def test_a_wrong_value_is_refused_in_every_question(world: World) -> None:
    """Filters, updates and assignments check as `create` does, and ask nothing either."""
    campaign = Campaign(id=1, name="Winter news", user_id=1)
    message = "Campaign.user_id takes a value of type int, not 'x'"
    wrong: Any = "x"

    with pytest.raises(FieldError, match=message):
        Campaign.filter(user_id=wrong)
    with pytest.raises(FieldError, match=message):
        Campaign.filter(user_id__in=[1, wrong])
    with pytest.raises(FieldError, match=message):
        await Campaign.get(user_id__lt=wrong)
    with pytest.raises(FieldError, match=message):
        await Campaign.filter(id=1).update(user_id=wrong)
    with pytest.raises(FieldError, match=message):
        campaign.user_id = wrong

    assert (campaign.user_id, world.overseer.count) == (1, 0)


@in_a_world()
async def test_the_tables_own_rules_hold(world: World) -> None:
    """A job of no campaign and a step that is there already are SQLite's own errors, explained."""
    job = await Job.create(campaign_id=1, customer_email="ada@example.com")
    await JobStep.create(job_id=job.id, step_name="analyze")

    with pytest.raises(sqlite3.IntegrityError, match="refers to a row that is not there"):
        await Job.create(campaign_id=9, customer_email="ada@example.com")
    with pytest.raises(sqlite3.IntegrityError, match=r"UNIQUE.*job_steps\.job_id"):
        await JobStep.create(job_id=job.id, step_name="analyze")

    assert (await Job.count(), await JobStep.count()) == (1, 1)
