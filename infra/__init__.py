"""Everything that a solution needs, in one flat import: `from infra import Job, send_email`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one must be told, not traced
    raise SystemExit(
        "Python 3.11 or newer is needed, this is %d.%d: %s" % (*sys.version_info[:2], sys.executable)
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
