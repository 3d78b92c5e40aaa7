"""The rows of the job queue: campaigns, their jobs, and the steps that a job has been through."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from infra.clock import now
from infra.orm import JsonObject, Model, Moment


class CampaignStatus(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class JobStatus(StrEnum):
    """Where a job stands. `pending` can be claimed once it is due, `processing` has a worker."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class JobStepName(StrEnum):
    """The steps of the workflow, in their order."""

    SEND_EMAIL = "send_email"
    ANALYZE = "analyze"
    TAKE_ACTION = "take_action"
    DONE = "done"


class JobStepStatus(StrEnum):
    """Where one step of one job stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


class Campaign(Model):
    """A workflow that a user has set up for many customers."""

    table: ClassVar[str] = "campaigns"

    id: int
    name: str
    user_id: int
    status: CampaignStatus = CampaignStatus.ACTIVE
    created_at: Moment = Field(default_factory=now)


class Job(Model):
    """One customer's way through a campaign."""

    table: ClassVar[str] = "jobs"

    id: int
    campaign_id: int
    customer_email: str
    current_step: JobStepName = JobStepName.SEND_EMAIL
    status: JobStatus = JobStatus.PENDING
    worker_id: str | None = None
    """Who claimed it last."""
    retry_count: int = 0
    created_at: Moment = Field(default_factory=now)
    started_at: Moment | None = None
    completed_at: Moment | None = None
    error_message: str | None = None
    scheduled_for: Moment | None = None
    """When it is due; `None` is at once."""
    last_heartbeat: Moment | None = None
    """When its worker last showed that it is alive."""


class JobStep(Model):
    """A record of one step of one job: there is at most one for each."""

    table: ClassVar[str] = "job_steps"

    id: int
    job_id: int
    step_name: JobStepName
    status: JobStepStatus = JobStepStatus.PENDING
    output_data: JsonObject | None = None
    started_at: Moment | None = None
    completed_at: Moment | None = None


# The names that the guide uses.
CampaignModel = Campaign
JobModel = Job
JobStepModel = JobStep
