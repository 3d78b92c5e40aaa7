"""Everything that a solution needs, in one flat import: `from infra import Job, send_email`."""

import sys
from importlib.util import find_spec

if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one must be told, not traced
    raise SystemExit(
        "Python 3.11 or newer is needed, this is %d.%d: %s"  # noqa: UP031 - for older ones too
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
for _name in ("aiosqlite", "pydantic"):
    if find_spec(_name) is None:
        raise SystemExit(
            f"{_name} is not there for {sys.executable}: run `make setup`, use .venv/bin/python"
        )

from infra.clock import now
from infra.context import current_worker_id
from infra.database import execute_sql, transaction
from infra.errors import (
    ExternalApiError,
    InvalidEmailError,
    RateLimitError,
    SalesforceError,
    SendGridError,
    SentimentAPIError,
    TimeoutError,
)
from infra.models import (
    Campaign,
    CampaignModel,
    CampaignStatus,
    Job,
    JobModel,
    JobStatus,
    JobStep,
    JobStepModel,
    JobStepName,
    JobStepStatus,
)
from infra.services import analyze_sentiment, fetch_reply, fetch_salesforce_data, send_email

__all__ = [
    "Campaign",
    "CampaignModel",
    "CampaignStatus",
    "ExternalApiError",
    "InvalidEmailError",
    "Job",
    "JobModel",
    "JobStatus",
    "JobStep",
    "JobStepModel",
    "JobStepName",
    "JobStepStatus",
    "RateLimitError",
    "SalesforceError",
    "SendGridError",
    "SentimentAPIError",
    "TimeoutError",
    "analyze_sentiment",
    "current_worker_id",
    "execute_sql",
    "fetch_reply",
    "fetch_salesforce_data",
    "now",
    "send_email",
    "transaction",
]
