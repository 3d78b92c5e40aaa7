"""Every call of `infra`, at work on the sample database: `python -m candidate.examples`.

To be run from the project's folder after `make setup`, in about 2 s. Leaves nothing behind.
"""
# ruff: noqa: T201 - printing is what it is for

import asyncio
import sys
from collections.abc import Awaitable
from typing import Any

from candidate.helpers import (
    WORKFLOW_STEPS,
    generate_idempotency_key,
    get_next_step,
    is_transient_error,
    route,
    sleep,
)
from infra import (
    Campaign,
    CampaignModel,
    CampaignStatus,
    ExternalApiError,
    JobModel,
    JobStatus,
    JobStepModel,
    RateLimitError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    fetch_salesforce_data,
    now,
    send_email,
    transaction,
)
from infra.errors import DatabaseUnavailableError


class ChangedMyMindError(Exception):
    """Raised below to leave a transaction without keeping what was done in it."""


async def main() -> None:
    for show_some in (one_row, many_rows, raw_sql, transactions, services, helpers):
        await show_some()


async def one_row() -> None:
    campaign = await CampaignModel.create(name="Spring sale", user_id=7, status="draft")
    campaign.status = CampaignStatus.PAUSED
    await campaign.save()  # writes the one field that changed
    await CampaignModel.filter(id=campaign.id).update(name="Summer sale")
    await campaign.refresh()  # reads the row again
    show("create, save, update, refresh", f"{campaign.name}, {campaign.status}")

    await campaign.delete()
    try:
        await CampaignModel.get(id=campaign.id)
    except CampaignModel.DoesNotExist as error:
        show("get, of a row that is gone", error)


async def many_rows() -> None:
    newest = await CampaignModel.order_by("-created_at").first()
    show("first: a row, or None", newest and newest.name)
    jobs = await JobModel.filter(campaign_id=1).order_by("id").limit(2).all()
    show("all: a list", [job.customer_email for job in jobs])

    conditions: list[dict[str, Any]] = [
        {"campaign_id": 1, "current_step": "send_email"},
        {"status__in": ["pending", JobStatus.COMPLETED], "retry_count__ne": 3},
        {"id__gt": 10, "id__lte": 20},
        {"id__gte": 10, "id__lt": 20},
        {"created_at__lt": now(), "completed_at__isnull": True},
    ]
    for lookups in conditions:
        show(f"count: {', '.join(lookups)}", await JobModel.filter(**lookups).count())

    try:
        JobModel.filter(statuss="pending")  # type: ignore[call-arg]  # an editor tells it too
    except ValueError as error:
        show("a typing mistake", error)


async def raw_sql() -> None:
    sql = "SELECT name, created_at FROM campaigns WHERE created_at <= ? LIMIT 1"
    for row in await execute_sql(sql, [now()]):
        show("execute_sql: dicts, moments as text", row)
    for campaign in await execute_sql(sql, [now()], Campaign):
        show("execute_sql: instances of a model", campaign)
    result = await execute_sql("UPDATE campaigns SET status = 'paused' WHERE id < ?", [0])
    show("rowcount: rows changed", result.rowcount)


async def transactions() -> None:
    before = await CampaignModel.count()
    try:
        async with transaction():
            result = await execute_sql("INSERT INTO campaigns (name, user_id) VALUES ('Mine', 7)")
            await execute_sql("SELECT id FROM campaigns LIMIT 1 FOR UPDATE SKIP LOCKED")
            try:
                async with transaction():  # inside another one it is a savepoint
                    await CampaignModel.create(name="Inner", user_id=7)
                    raise ChangedMyMindError
            except ChangedMyMindError:
                show("new rows after the savepoint", await CampaignModel.count() - before)

            job = await JobModel.create(campaign_id=result.lastrowid, customer_email="a@b.example")
            step = await JobStepModel.create(job_id=job.id, step_name="done", output_data={"n": 1})
            show("a step's output_data is a dict", step.output_data)
            raise ChangedMyMindError
    except ChangedMyMindError:
        show("new rows after the transaction", await CampaignModel.count() - before)


async def services() -> None:
    query = "SELECT Email FROM Contact WHERE Company = 'Granite Bank' LIMIT 1 OFFSET 2"
    show("fetch_salesforce_data", await outcome(fetch_salesforce_data(query)))
    show("send_email", await outcome(send_email("ada@site.example", "Hello!", "example-1")))
    show("send_email, bad address", await outcome(send_email("nobody", "Hello!", "example-2")))
    show("fetch_reply: a text, or None", await outcome(fetch_reply("ada@site.example")))
    show("analyze_sentiment", await outcome(analyze_sentiment("Thanks, this looks great!")))


async def helpers() -> None:
    await sleep(0.1)  # other tasks go on meanwhile
    show("current_worker_id, now", f"{current_worker_id()}, {now():%Y-%m-%d %H:%M:%S} UTC")
    show("WORKFLOW_STEPS", " → ".join(WORKFLOW_STEPS))
    show("get_next_step", [get_next_step("analyze"), get_next_step("done")])
    show("generate_idempotency_key", generate_idempotency_key(7, "example"))
    show("route", [route("positive"), route("neutral"), route("negative"), route(None)])


async def outcome(call: Awaitable[object]) -> str:
    """Return what an external service answered: a few calls in a hundred fail by chance."""
    try:
        return repr(await call)
    except RateLimitError as error:
        return f"RateLimitError, to be asked again in {error.retry_after:.1f} s"
    except ExternalApiError as error:
        kind = "transient" if is_transient_error(error) else "permanent"
        return f"{type(error).__name__}, {kind}: {error}"


def show(what: str, value: object) -> None:
    print(f"{what:<40}  {value}")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except DatabaseUnavailableError as error:
        sys.exit(str(error))
