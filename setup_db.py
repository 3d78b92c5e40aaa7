"""Make `interview.db` afresh: one campaign and 100 pending jobs, or as many as asked for."""

import sys

from infra.database import file  # first, as infra tells too old a Python and missing packages
from infra.errors import DatabaseUnavailableError
from infra.services import customer

import click  # isort: skip

CAMPAIGN = "Winter news"
FILL = """
    INSERT INTO campaigns (name, user_id) VALUES ('{campaign}', 1);
    INSERT INTO jobs (campaign_id, customer_email) VALUES {jobs};
"""


@click.command()
@click.option(
    "--customers",
    type=click.IntRange(1, 1_000_000),
    default=100,
    show_default=True,
    help="How many pending jobs to make.",
)
def main(customers: int) -> None:
    """Make interview.db afresh. What was in it is gone; any other file is left alone."""
    emails = (customer(number)["Email"].replace("'", "''") for number in range(1, customers + 1))
    jobs = ", ".join(f"(1, '{email}')" for email in emails)
    path = file.DEFAULT_PATH
    try:
        file.create(path, FILL.format(campaign=CAMPAIGN, jobs=jobs))
    except DatabaseUnavailableError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    word = "job" if customers == 1 else "jobs"
    click.echo(f"{path.name}: 1 campaign, {customers:,} pending {word}")


if __name__ == "__main__":
    main()
