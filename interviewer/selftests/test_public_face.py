"""`from infra import …`: the names of the contract, and nothing that happens by importing them."""

import builtins
import json
import os
import subprocess
import sys
from datetime import UTC, timedelta
from pathlib import Path

import infra
from infra.context import as_worker
from infra.errors import ExternalApiError

ROOT = Path(__file__).resolve().parents[2]

CONTRACT = """
    Campaign Job JobStep CampaignModel JobModel JobStepModel
    CampaignStatus JobStatus JobStepName JobStepStatus
    execute_sql transaction
    send_email fetch_reply analyze_sentiment fetch_salesforce_data
    ExternalApiError SendGridError RateLimitError TimeoutError InvalidEmailError
    SalesforceError SentimentAPIError
    current_worker_id now
""".split()

LOOK_WHAT_AN_IMPORT_DOES = """
import json, sys, threading
events = []
sys.addaudithook(lambda event, args: events.append(event) if event == "sqlite3.connect" else None)
import infra
print(json.dumps({
    "databases opened": len(events),
    "threads": threading.active_count(),
    "simulation": [name for name in ("infra.simulation", "time_machine") if name in sys.modules],
}))
"""


def test_the_names_are_those_of_the_contract() -> None:
    """`infra.__all__` has exactly the names of the contract's first section."""
    assert sorted(infra.__all__) == sorted(CONTRACT)


def test_there_are_no_other_public_names() -> None:
    """Of the kit's own functions and classes `infra` has those that `__all__` lists, no more."""
    own = {
        name
        for name, value in vars(infra).items()
        if getattr(value, "__module__", "").startswith("infra")
    }

    assert own == set(CONTRACT)


def test_the_names_of_the_guide_are_the_same_classes() -> None:
    """`JobModel` and its siblings are other names for the rows, not other classes."""
    assert (infra.CampaignModel, infra.JobModel, infra.JobStepModel) == (
        infra.Campaign,
        infra.Job,
        infra.JobStep,
    )


def test_the_errors_are_one_tree() -> None:
    """All of SendGrid's errors are SendGridErrors, and every service's are ExternalApiErrors."""
    sendgrid = {infra.RateLimitError, infra.TimeoutError, infra.InvalidEmailError}
    services = {infra.SendGridError, infra.SalesforceError, infra.SentimentAPIError}

    assert {error for error in sendgrid if issubclass(error, infra.SendGridError)} == sendgrid
    assert {error for error in services if issubclass(error, ExternalApiError)} == services


def test_a_timeout_is_a_builtin_timeout_too() -> None:
    """`except TimeoutError` catches SendGrid's, with or without the import from `infra`."""
    assert issubclass(infra.TimeoutError, builtins.TimeoutError)
    assert infra.TimeoutError is not builtins.TimeoutError


def test_a_rate_limit_tells_how_long_to_wait() -> None:
    """`retry_after` is the wait in seconds that SendGrid asks for."""
    assert infra.RateLimitError(retry_after=2.5).retry_after == 2.5


def test_only_what_can_never_succeed_is_permanent() -> None:
    """An invalid address and an unreadable query are permanent, every other error is transient."""
    errors: list[ExternalApiError] = [
        infra.RateLimitError(),
        infra.TimeoutError(),
        infra.InvalidEmailError(),
        infra.SalesforceError("no answer"),
        infra.SalesforceError("cannot read it", transient=False),
        infra.SentimentAPIError(),
    ]

    assert [error.transient for error in errors] == [True, True, False, True, False, True]


def test_the_worker_is_the_one_that_calls() -> None:
    """`current_worker_id` tells the worker inside of one, elsewhere the process."""
    with as_worker("worker-7"):
        inside = infra.current_worker_id()
    outside = infra.current_worker_id()

    assert (inside, outside) == ("worker-7", f"worker-{os.getpid()}")


def test_now_is_aware_and_in_utc() -> None:
    """`now()` can be compared with every moment that a row holds."""
    moment = infra.now()

    assert moment.tzinfo is UTC
    assert timedelta() <= infra.now() - moment < timedelta(minutes=1)


def test_importing_infra_does_nothing_else() -> None:
    """The import opens no database, starts no thread and loads no simulation."""
    command = [sys.executable, "-c", LOOK_WHAT_AN_IMPORT_DOES]

    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert json.loads(printed) == {"databases opened": 0, "threads": 1, "simulation": []}
