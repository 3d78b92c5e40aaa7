"""A mock Salesforce: the contacts of one org, asked in SOQL."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache

from infra.clock import wait
from infra.errors import SalesforceError
from infra.services.customers import CUSTOMERS, Record, customer
from infra.services.service import Service, ServiceConfig
from infra.services.soql import to_sql

# NOCASE: SOQL compares and sorts text without regard to letter case (here: of ASCII letters).
_CREATE = """
    CREATE TABLE Contact (
        Id TEXT COLLATE NOCASE PRIMARY KEY,
        Email TEXT COLLATE NOCASE NOT NULL,
        Name TEXT COLLATE NOCASE NOT NULL,
        Company TEXT COLLATE NOCASE NOT NULL
    ) WITHOUT ROWID
"""
_INSERT = "INSERT INTO Contact VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, kw_only=True)
class SalesforceConfig(ServiceConfig):
    """Salesforce as in production."""

    latency_seconds: float = 0.5
    error_rate: float = 0.02


class Salesforce(Service[SalesforceConfig]):
    """The service, with so many customers numbered from 1."""

    name = "salesforce"

    def __init__(
        self, config: SalesforceConfig, *, seed: int = 0, customers: int = CUSTOMERS
    ) -> None:
        super().__init__(config, seed=seed)
        if customers < 0:
            raise ValueError(f"customers is 0 or more, not {customers}")
        self.customers = customers

    async def query(self, soql: str) -> list[Record]:
        """Return the records that a query selects, or raise SalesforceError.

        A query that cannot be read is told so every time, in an outage too.
        """
        answer = self._answer(soql)
        await wait(self.config.latency_seconds)
        if isinstance(answer, SalesforceError):
            raise answer
        return answer

    def _answer(self, soql: str) -> list[Record] | SalesforceError:
        is_failing = self._is_failing()
        try:
            records = select(soql, customers=self.customers)
        except SalesforceError as error:
            return error
        if is_failing:
            return SalesforceError("SERVER_UNAVAILABLE: Salesforce did not answer, try again")
        return records


def select(soql: str, *, customers: int) -> list[Record]:
    """Return the records that a query selects, in its order, else in that of their numbers.

    Each has all its fields, whichever the query named. Raises SalesforceError, not transient.
    """
    try:
        statement = to_sql(soql)
        with closing(_contacts(customers).execute(statement.sql, statement.values)) as rows:
            return [Record(Id=row[0], Email=row[1], Name=row[2], Company=row[3]) for row in rows]
    except (RecursionError, sqlite3.OperationalError) as error:
        # Hundreds of nested parentheses, or a thousand conditions in a row.
        message = "QUERY_TOO_COMPLICATED: use IN (...) in place of many conditions"
        raise SalesforceError(message, transient=False) from error


@cache
def _contacts(customers: int) -> sqlite3.Connection:
    # Kept for the whole process: it never changes, and a judge makes hundreds of Salesforces,
    # from whichever thread it runs in.
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute(_CREATE)
    with connection:
        connection.executemany(
            _INSERT, (tuple(customer(n).values()) for n in range(1, customers + 1))
        )
    connection.execute("PRAGMA query_only = ON")
    return connection
