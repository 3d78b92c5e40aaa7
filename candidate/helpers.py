"""What you would otherwise type yourself. All of it is optional."""

from typing import Any, Literal

from infra.clock import sleep
from infra.errors import ExternalApiError
from infra.models import JobStepName
from infra.services import Sentiment

__all__ = [
    "WORKFLOW_STEPS",
    "Action",
    "generate_idempotency_key",
    "get_next_step",
    "is_permanent_error",
    "is_transient_error",
    "route",
    "sleep",
]

Action = Literal["notify_sales", "follow_up", "unsubscribe"]

WORKFLOW_STEPS: tuple[JobStepName, ...] = tuple(JobStepName)
"""The steps in their order: `send_email`, `analyze`, `take_action`, `done`."""

_ACTIONS: dict[str | None, Action] = {
    "positive": "notify_sales",
    "neutral": "follow_up",
    None: "follow_up",
    "negative": "unsubscribe",
}


def generate_idempotency_key(job_id: int, step: JobStepName | str) -> str:
    """Return the same key whenever it is asked for the same job and step: `job-7-send_email`."""
    return f"job-{job_id}-{step}"


# Any is for the `None`, so that nobody has to check for it whose job is at an earlier step.
def get_next_step(step: JobStepName | str) -> JobStepName | Any:
    """Return the step that follows, or `None` after `done`. Raises ValueError for no step."""
    following = WORKFLOW_STEPS.index(JobStepName(step)) + 1
    return WORKFLOW_STEPS[following] if following < len(WORKFLOW_STEPS) else None


def is_transient_error(error: BaseException) -> bool:
    """Return whether the same call to the external service can succeed later."""
    return isinstance(error, ExternalApiError) and error.transient


def is_permanent_error(error: BaseException) -> bool:
    """Return whether the same call to the external service would fail every time."""
    return isinstance(error, ExternalApiError) and not error.transient


def route(sentiment: Sentiment | None) -> Action:
    """Return what to do about a customer's reply; `None` stands for no reply."""
    return _ACTIONS[sentiment]
