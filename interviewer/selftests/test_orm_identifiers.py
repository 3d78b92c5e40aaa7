"""Names: the ORM's SQL has those of the tables and no other, whatever it is asked."""

from collections.abc import Callable
from typing import Any

import pytest

from infra import models
from infra.errors import FieldError
from infra.orm import Model
from interviewer.selftests.world import World, in_a_world

# Any, as most of what is asked here is wrong: a type checker would say so before it is tried.
Campaign: Any = models.Campaign
Job: Any = models.Job
JobStep: Any = models.JobStep

EVIL = [
    "id; DROP TABLE jobs",
    "id = 1 OR 1 = 1 --",
    "id) OR (1",
    'id" OR "1',
    "status = 'failed', id",
    "ID",
    "rowid",
    "jobs.id",
    "*",
    "",
    " id",
    "id ",
    "id\0",
    "__class__",
    "table",
]
UNKNOWN_NAMES: list[Callable[[str], object]] = [
    lambda name: Job.filter(**{name: 1}),
    lambda name: Job.filter(**{f"{name}__ne": 1}),
    lambda name: Job.filter(**{f"{name}__isnull": True}),
    lambda name: Job.filter(**{f"{name}__in": [1]}),
    Job.order_by,
    lambda name: Job.order_by(f"-{name}"),
    lambda name: Job.order_by("id", name),
]


@pytest.mark.parametrize("name", EVIL)
@in_a_world()
async def test_a_name_that_is_no_field_is_refused(world: World, name: str) -> None:
    """SQL in the place of a field's name is a FieldError, and never reaches the database."""
    for ask in UNKNOWN_NAMES:
        with pytest.raises(FieldError):
            ask(name)
    with pytest.raises(FieldError):
        await Job.get(**{name: 1})
    with pytest.raises(FieldError):
        await Job.filter(id=1).update(**{name: 1})
    with pytest.raises(FieldError):
        await Job.create(campaign_id=1, customer_email="ada@example.com", **{name: 1})

    assert world.overseer.count == 0


@pytest.mark.parametrize("lookup", ["id__like", "id__lt__gt", "id__in(1)--", "id__IN"])
@in_a_world()
async def test_a_lookup_that_is_none_is_refused(world: World, lookup: str) -> None:
    """SQL in the place of a lookup is a FieldError too."""
    with pytest.raises(FieldError, match="there is no lookup"):
        Job.filter(**{lookup: 1})

    assert world.overseer.count == 0


@pytest.mark.parametrize("limit", ["1; DROP TABLE jobs", "1 OFFSET 1"])
def test_a_limit_is_a_number(limit: int) -> None:
    """SQL in the place of a limit is a FieldError too."""
    with pytest.raises(FieldError, match="limit takes a whole number"):
        Job.limit(limit)


@in_a_world("INSERT INTO jobs (campaign_id, customer_email) VALUES (1, 'ada@example.com');")
async def test_values_are_never_part_of_the_statement(world: World) -> None:
    """A value that reads like SQL is a value, to find, to set and to create."""
    evil = "x', status = 'failed' WHERE '1' = '1'; DROP TABLE jobs; --"

    found = await Job.filter(customer_email=evil).count()
    found_in = await Job.filter(customer_email__in=[evil] * 501).count()
    await Job.filter(id=1).update(error_message=evil)
    created = await Job.create(campaign_id=1, customer_email=evil)

    assert (found, found_in, created.customer_email) == (0, 0, evil)
    assert [(job.error_message, job.status) for job in await Job.order_by("id").all()] == [
        (evil, "pending"),
        (None, "pending"),
    ]
    assert not [operation for operation in world.overseer.operations if "DROP" in operation.call]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: Job.filter(statsu=1), "Job has no field 'statsu': did you mean 'status'?"),
        (
            lambda: Job.order_by("-creatd_at"),
            "Job has no field 'creatd_at': did you mean 'created_at'?",
        ),
        (
            lambda: Campaign.filter(zzz=1),
            "Campaign has no field 'zzz': there are id, name, user_id, status, created_at",
        ),
        (
            lambda: Job.filter(status__contains="x"),
            "there is no lookup 'status__contains': did you mean 'status__in'?",
        ),
        (
            lambda: Job.filter(id__gtt=1),
            "there is no lookup 'id__gtt': did you mean 'id__gt'?",
        ),
        (
            lambda: JobStep.filter(step_name="analyse"),
            "JobStep.step_name cannot be 'analyse': did you mean 'analyze'?",
        ),
        (lambda: Job.filter(status__in="pending"), "status__in takes a list, not 'pending'"),
        (lambda: Job.filter(id__in=7), "id__in takes a list, not 7"),
        (lambda: Job.filter(id__isnull=1), "id__isnull takes True or False, not 1"),
        (lambda: Job.filter(id__isnull=None), "id__isnull takes True or False, not None"),
    ],
)
def test_what_is_asked_wrong_is_told(ask: Callable[[], object], message: str) -> None:
    """An error names what was wrong and what is nearest to it."""
    with pytest.raises(FieldError) as caught:
        ask()

    assert str(caught.value) == message


@pytest.mark.parametrize("model", [Campaign, Job, JobStep])
def test_every_field_can_be_asked_for(model: type[Model]) -> None:
    """No field's name, in any lookup or order, is taken for something else."""
    for name in model.model_fields:
        query = model.filter(**{name: None, f"{name}__isnull": False}).order_by(name, f"-{name}")

        assert query.conditions == (f"{name} IS NULL", f"{name} IS NOT NULL")
        assert query.ordering == (name, f"{name} DESC")
