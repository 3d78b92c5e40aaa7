# The exact types of models.py, for editors and type checkers. Python itself never reads this.
# Written from the models, by a command: not to be edited.
#
# mypy: disable-error-code="override"
# A model's methods take its own fields, where those of Model take any.
#
# ruff: noqa: A002
# A row's id is its id.

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Required, Self, TypeAlias, TypedDict, Unpack, overload

from infra.orm import Model, QuerySet

_Texts: TypeAlias = list[str] | tuple[str, ...] | AbstractSet[str]

class CampaignStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"

class JobStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"

class JobStepName(StrEnum):
    SEND_EMAIL = "send_email"
    ANALYZE = "analyze"
    TAKE_ACTION = "take_action"
    DONE = "done"

class JobStepStatus(StrEnum):
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"

_AnyCampaignStatus: TypeAlias = (
    CampaignStatus | Literal["draft", "active", "paused", "completed", "archived"]
)
_AnyJobStatus: TypeAlias = JobStatus | Literal["pending", "processing", "completed", "failed"]
_AnyJobStepName: TypeAlias = JobStepName | Literal["send_email", "analyze", "take_action", "done"]
_AnyJobStepStatus: TypeAlias = (
    JobStepStatus | Literal["pending", "in_progress", "completed", "failed"]
)

_CampaignOrder: TypeAlias = Literal[
    "id",
    "-id",
    "name",
    "-name",
    "user_id",
    "-user_id",
    "status",
    "-status",
    "created_at",
    "-created_at",
]

class _CampaignLookups(TypedDict, total=False):
    id: int
    id__ne: int
    id__lt: int
    id__lte: int
    id__gt: int
    id__gte: int
    id__in: Iterable[int]
    name: str
    name__ne: str
    name__lt: str
    name__lte: str
    name__gt: str
    name__gte: str
    name__in: Iterable[str]
    user_id: int
    user_id__ne: int
    user_id__lt: int
    user_id__lte: int
    user_id__gt: int
    user_id__gte: int
    user_id__in: Iterable[int]
    status: _AnyCampaignStatus
    status__ne: _AnyCampaignStatus
    status__in: Iterable[_AnyCampaignStatus] | _Texts
    created_at: datetime
    created_at__ne: datetime
    created_at__lt: datetime
    created_at__lte: datetime
    created_at__gt: datetime
    created_at__gte: datetime
    created_at__in: Iterable[datetime]

class _CampaignValues(TypedDict, total=False):
    id: int
    name: str
    user_id: int
    status: _AnyCampaignStatus
    created_at: datetime

class _CampaignNew(TypedDict, total=False):
    name: Required[str]
    user_id: Required[int]
    status: _AnyCampaignStatus
    created_at: datetime

class Campaign(Model):
    id: int
    name: str
    user_id: int
    @property
    def status(self) -> CampaignStatus: ...
    @status.setter
    def status(self, value: _AnyCampaignStatus) -> None: ...
    created_at: datetime
    def __init__(self, *, id: int, **values: Unpack[_CampaignNew]) -> None: ...
    @classmethod
    def filter(cls, **lookups: Unpack[_CampaignLookups]) -> _CampaignQuerySet: ...
    @classmethod
    def order_by(cls, *fields: _CampaignOrder) -> _CampaignQuerySet: ...
    @classmethod
    def limit(cls, count: int) -> _CampaignQuerySet: ...
    @classmethod
    async def get(cls, **lookups: Unpack[_CampaignLookups]) -> Self: ...
    @overload
    @classmethod
    async def create(cls, *, id: int = ..., **values: Unpack[_CampaignNew]) -> Self: ...
    @overload
    @classmethod
    async def create(cls, *, _of_a_dict: object, **values: object) -> Self: ...

class _CampaignQuerySet(QuerySet[Campaign]):
    def filter(self, **lookups: Unpack[_CampaignLookups]) -> Self: ...
    def order_by(self, *fields: _CampaignOrder) -> Self: ...
    def limit(self, count: int) -> Self: ...
    async def get(self, **lookups: Unpack[_CampaignLookups]) -> Campaign: ...
    @overload
    async def update(self, **changes: Unpack[_CampaignValues]) -> int: ...
    @overload
    async def update(self, *, _of_a_dict: object, **changes: object) -> int: ...

_JobOrder: TypeAlias = Literal[
    "id",
    "-id",
    "campaign_id",
    "-campaign_id",
    "customer_email",
    "-customer_email",
    "current_step",
    "-current_step",
    "status",
    "-status",
    "worker_id",
    "-worker_id",
    "retry_count",
    "-retry_count",
    "created_at",
    "-created_at",
    "started_at",
    "-started_at",
    "completed_at",
    "-completed_at",
    "error_message",
    "-error_message",
    "scheduled_for",
    "-scheduled_for",
    "last_heartbeat",
    "-last_heartbeat",
]

class _JobLookups(TypedDict, total=False):
    id: int
    id__ne: int
    id__lt: int
    id__lte: int
    id__gt: int
    id__gte: int
    id__in: Iterable[int]
    campaign_id: int
    campaign_id__ne: int
    campaign_id__lt: int
    campaign_id__lte: int
    campaign_id__gt: int
    campaign_id__gte: int
    campaign_id__in: Iterable[int]
    customer_email: str
    customer_email__ne: str
    customer_email__lt: str
    customer_email__lte: str
    customer_email__gt: str
    customer_email__gte: str
    customer_email__in: Iterable[str]
    current_step: _AnyJobStepName
    current_step__ne: _AnyJobStepName
    current_step__in: Iterable[_AnyJobStepName] | _Texts
    status: _AnyJobStatus
    status__ne: _AnyJobStatus
    status__in: Iterable[_AnyJobStatus] | _Texts
    worker_id: str | None
    worker_id__ne: str | None
    worker_id__lt: str
    worker_id__lte: str
    worker_id__gt: str
    worker_id__gte: str
    worker_id__in: Iterable[str | None]
    worker_id__isnull: bool
    retry_count: int
    retry_count__ne: int
    retry_count__lt: int
    retry_count__lte: int
    retry_count__gt: int
    retry_count__gte: int
    retry_count__in: Iterable[int]
    created_at: datetime
    created_at__ne: datetime
    created_at__lt: datetime
    created_at__lte: datetime
    created_at__gt: datetime
    created_at__gte: datetime
    created_at__in: Iterable[datetime]
    started_at: datetime | None
    started_at__ne: datetime | None
    started_at__lt: datetime
    started_at__lte: datetime
    started_at__gt: datetime
    started_at__gte: datetime
    started_at__in: Iterable[datetime | None]
    started_at__isnull: bool
    completed_at: datetime | None
    completed_at__ne: datetime | None
    completed_at__lt: datetime
    completed_at__lte: datetime
    completed_at__gt: datetime
    completed_at__gte: datetime
    completed_at__in: Iterable[datetime | None]
    completed_at__isnull: bool
    error_message: str | None
    error_message__ne: str | None
    error_message__lt: str
    error_message__lte: str
    error_message__gt: str
    error_message__gte: str
    error_message__in: Iterable[str | None]
    error_message__isnull: bool
    scheduled_for: datetime | None
    scheduled_for__ne: datetime | None
    scheduled_for__lt: datetime
    scheduled_for__lte: datetime
    scheduled_for__gt: datetime
    scheduled_for__gte: datetime
    scheduled_for__in: Iterable[datetime | None]
    scheduled_for__isnull: bool
    last_heartbeat: datetime | None
    last_heartbeat__ne: datetime | None
    last_heartbeat__lt: datetime
    last_heartbeat__lte: datetime
    last_heartbeat__gt: datetime
    last_heartbeat__gte: datetime
    last_heartbeat__in: Iterable[datetime | None]
    last_heartbeat__isnull: bool

class _JobValues(TypedDict, total=False):
    id: int
    campaign_id: int
    customer_email: str
    current_step: _AnyJobStepName
    status: _AnyJobStatus
    worker_id: str | None
    retry_count: int
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    error_message: str | None
    scheduled_for: datetime | None
    last_heartbeat: datetime | None

class _JobNew(TypedDict, total=False):
    campaign_id: Required[int]
    customer_email: Required[str]
    current_step: _AnyJobStepName
    status: _AnyJobStatus
    worker_id: str | None
    retry_count: int
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    error_message: str | None
    scheduled_for: datetime | None
    last_heartbeat: datetime | None

class Job(Model):
    id: int
    campaign_id: int
    customer_email: str
    @property
    def current_step(self) -> JobStepName: ...
    @current_step.setter
    def current_step(self, value: _AnyJobStepName) -> None: ...
    @property
    def status(self) -> JobStatus: ...
    @status.setter
    def status(self, value: _AnyJobStatus) -> None: ...
    worker_id: str | None
    retry_count: int
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    error_message: str | None
    scheduled_for: datetime | None
    last_heartbeat: datetime | None
    def __init__(self, *, id: int, **values: Unpack[_JobNew]) -> None: ...
    @classmethod
    def filter(cls, **lookups: Unpack[_JobLookups]) -> _JobQuerySet: ...
    @classmethod
    def order_by(cls, *fields: _JobOrder) -> _JobQuerySet: ...
    @classmethod
    def limit(cls, count: int) -> _JobQuerySet: ...
    @classmethod
    async def get(cls, **lookups: Unpack[_JobLookups]) -> Self: ...
    @overload
    @classmethod
    async def create(cls, *, id: int = ..., **values: Unpack[_JobNew]) -> Self: ...
    @overload
    @classmethod
    async def create(cls, *, _of_a_dict: object, **values: object) -> Self: ...

class _JobQuerySet(QuerySet[Job]):
    def filter(self, **lookups: Unpack[_JobLookups]) -> Self: ...
    def order_by(self, *fields: _JobOrder) -> Self: ...
    def limit(self, count: int) -> Self: ...
    async def get(self, **lookups: Unpack[_JobLookups]) -> Job: ...
    @overload
    async def update(self, **changes: Unpack[_JobValues]) -> int: ...
    @overload
    async def update(self, *, _of_a_dict: object, **changes: object) -> int: ...

_JobStepOrder: TypeAlias = Literal[
    "id",
    "-id",
    "job_id",
    "-job_id",
    "step_name",
    "-step_name",
    "status",
    "-status",
    "output_data",
    "-output_data",
    "started_at",
    "-started_at",
    "completed_at",
    "-completed_at",
]

class _JobStepLookups(TypedDict, total=False):
    id: int
    id__ne: int
    id__lt: int
    id__lte: int
    id__gt: int
    id__gte: int
    id__in: Iterable[int]
    job_id: int
    job_id__ne: int
    job_id__lt: int
    job_id__lte: int
    job_id__gt: int
    job_id__gte: int
    job_id__in: Iterable[int]
    step_name: _AnyJobStepName
    step_name__ne: _AnyJobStepName
    step_name__in: Iterable[_AnyJobStepName] | _Texts
    status: _AnyJobStepStatus
    status__ne: _AnyJobStepStatus
    status__in: Iterable[_AnyJobStepStatus] | _Texts
    output_data: dict[str, Any] | None
    output_data__ne: dict[str, Any] | None
    output_data__in: Iterable[dict[str, Any] | None]
    output_data__isnull: bool
    started_at: datetime | None
    started_at__ne: datetime | None
    started_at__lt: datetime
    started_at__lte: datetime
    started_at__gt: datetime
    started_at__gte: datetime
    started_at__in: Iterable[datetime | None]
    started_at__isnull: bool
    completed_at: datetime | None
    completed_at__ne: datetime | None
    completed_at__lt: datetime
    completed_at__lte: datetime
    completed_at__gt: datetime
    completed_at__gte: datetime
    completed_at__in: Iterable[datetime | None]
    completed_at__isnull: bool

class _JobStepValues(TypedDict, total=False):
    id: int
    job_id: int
    step_name: _AnyJobStepName
    status: _AnyJobStepStatus
    output_data: dict[str, Any] | None
    started_at: datetime | None
    completed_at: datetime | None

class _JobStepNew(TypedDict, total=False):
    job_id: Required[int]
    step_name: Required[_AnyJobStepName]
    status: _AnyJobStepStatus
    output_data: dict[str, Any] | None
    started_at: datetime | None
    completed_at: datetime | None

class JobStep(Model):
    id: int
    job_id: int
    @property
    def step_name(self) -> JobStepName: ...
    @step_name.setter
    def step_name(self, value: _AnyJobStepName) -> None: ...
    @property
    def status(self) -> JobStepStatus: ...
    @status.setter
    def status(self, value: _AnyJobStepStatus) -> None: ...
    output_data: dict[str, Any] | None
    started_at: datetime | None
    completed_at: datetime | None
    def __init__(self, *, id: int, **values: Unpack[_JobStepNew]) -> None: ...
    @classmethod
    def filter(cls, **lookups: Unpack[_JobStepLookups]) -> _JobStepQuerySet: ...
    @classmethod
    def order_by(cls, *fields: _JobStepOrder) -> _JobStepQuerySet: ...
    @classmethod
    def limit(cls, count: int) -> _JobStepQuerySet: ...
    @classmethod
    async def get(cls, **lookups: Unpack[_JobStepLookups]) -> Self: ...
    @overload
    @classmethod
    async def create(cls, *, id: int = ..., **values: Unpack[_JobStepNew]) -> Self: ...
    @overload
    @classmethod
    async def create(cls, *, _of_a_dict: object, **values: object) -> Self: ...

class _JobStepQuerySet(QuerySet[JobStep]):
    def filter(self, **lookups: Unpack[_JobStepLookups]) -> Self: ...
    def order_by(self, *fields: _JobStepOrder) -> Self: ...
    def limit(self, count: int) -> Self: ...
    async def get(self, **lookups: Unpack[_JobStepLookups]) -> JobStep: ...
    @overload
    async def update(self, **changes: Unpack[_JobStepValues]) -> int: ...
    @overload
    async def update(self, *, _of_a_dict: object, **changes: object) -> int: ...

CampaignModel = Campaign
JobModel = Job
JobStepModel = JobStep
