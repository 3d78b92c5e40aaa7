"""Salesforce: its customers, the queries it understands, and how it refuses the others."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.errors import SalesforceError
from infra.services import Outage, Record, Salesforce, SalesforceConfig, customer
from infra.services.salesforce import select
from infra.services.sendgrid import is_address

CALM = SalesforceConfig(latency_seconds=0, error_rate=0)
CUSTOMERS = 200


def numbers(where: str) -> list[int]:
    """The numbers of the customers that a query selects, read from their ids."""
    records = select(f"SELECT Id FROM Contact {where}", customers=CUSTOMERS)
    return [int(record["Id"][5:15]) for record in records]


def those(**wanted: str) -> list[int]:
    """The numbers of the customers whose field has exactly that value."""
    ((field, value),) = wanted.items()
    return [n for n in range(1, CUSTOMERS + 1) if customer(n)[field] == value]  # type: ignore[literal-required]


def refusal(query: str) -> str:
    """The one line that a query is refused with, and never for a passing reason."""
    with pytest.raises(SalesforceError) as caught:
        select(query, customers=CUSTOMERS)
    assert not caught.value.transient
    return str(caught.value)


def test_a_customer_follows_from_its_number_alone() -> None:
    """Customer 1 is the same person in every run."""
    assert customer(1) == Record(
        Id="003Hs0000000001IAA",
        Email="zoe.o'brien.1@blueharborlogistics.example",
        Name="Zoë O'Brien",
        Company="Blue Harbor Logistics",
    )


def test_customers_are_all_different_and_can_be_mailed() -> None:
    """50,000 customers have as many ids and addresses, lower-case, plain and valid."""
    customers = [customer(number) for number in range(1, 50_001)]

    ids = [one["Id"] for one in customers]
    emails = [one["Email"] for one in customers]
    assert (len(set(ids)), len(set(emails)), ids) == (50_000, 50_000, sorted(ids))
    assert all(is_address(e) and e.isascii() and e == e.lower() for e in emails)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT Id, Email, Name, Company FROM Contact",
        "SELECT Email FROM Contact",
        "select * from contact;",
        "SELECT FIELDS(ALL)\n  FROM Contact\n  ;",
        "Select id , EMAIL From CONTACT Order By ID Asc Nulls First",
    ],
)
def test_records_have_all_fields_in_the_order_of_their_ids(query: str) -> None:
    """Whatever a query names, in whichever letter case, records come whole and in order."""
    assert select(query, customers=3) == [customer(1), customer(2), customer(3)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("WHERE Company = 'granite BANK'", those(Company="Granite Bank")),
        (r"WHERE Name = 'Zoë O\'Brien'", those(Name="Zoë O'Brien")),
        ("WHERE Name = 'Zoë O''Brien'", those(Name="Zoë O'Brien")),
        ("WHERE Name LIKE 'zoë o%'", those(Name="Zoë O'Brien")),
        ("WHERE Email LIKE 'Z_e.%.1@%'", [1]),
        (r"WHERE Email LIKE 'z\_e%'", []),
        ("WHERE Id IN ('003Hs0000000007IAA', '003hs0000000003iaa')", [3, 7]),
        ("WHERE Id <= '003Hs0000000003IAA' AND Id <> '003Hs0000000002IAA'", [1, 3]),
        ("WHERE Id < '003Hs0000000003IAA' AND Id != '003Hs0000000001IAA'", [2]),
        ("WHERE Id > '003Hs0000000199IAA' OR Id = '003Hs0000000001IAA'", [1, 200]),
        ("WHERE Id >= '003Hs0000000198IAA' AND Id NOT IN ('003Hs0000000199IAA')", [198, 200]),
        ("WHERE NOT Id LIKE '%' OR (NOT (Id NOT LIKE '%0002IAA'))", [2]),
        ("WHERE Email = NULL OR Email IS NULL", []),
        ("WHERE Email != NULL AND Email IS NOT NULL LIMIT 2", [1, 2]),
        ("WHERE Name = ''", []),
        ("ORDER BY Id DESC LIMIT 2", [200, 199]),
        ("ORDER BY Id DESC NULLS LAST OFFSET 198", [2, 1]),
        ("LIMIT 2 OFFSET 100", [101, 102]),
        ("LIMIT 0", []),
        ("OFFSET 198", [199, 200]),
        ("OFFSET 200", []),
    ],
)
def test_a_query_selects_what_it_says(where: str, expected: list[int]) -> None:
    """Comparisons, patterns, lists, order and pages mean what they mean in SOQL."""
    assert numbers(where) == expected


def test_equals_keep_the_order_of_their_ids() -> None:
    """Records that ORDER BY leaves equal come by Id, so that pages never overlap."""
    by_company = numbers("ORDER BY Company")

    expected = sorted(range(1, CUSTOMERS + 1), key=lambda n: (customer(n)["Company"].lower(), n))
    assert by_company == expected


def test_pages_make_up_the_whole() -> None:
    """LIMIT and OFFSET walk through every customer once."""
    pages = [numbers(f"LIMIT 60 OFFSET {offset}") for offset in range(0, 240, 60)]

    assert [n for page in pages for n in page] == list(range(1, CUSTOMERS + 1))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "SELECT Emial FROM Contact",
            "INVALID_FIELD: No such column 'Emial' on entity 'Contact': did you mean 'Email'?",
        ),
        (
            "SELECT Id FROM Contact WHERE Phone = '1'",
            "No such column 'Phone' on entity 'Contact': there are Id, Email, Name, Company",
        ),
        (
            "SELECT Id FROM Contacts",
            "INVALID_TYPE: sObject type 'Contacts' is not supported: use Contact",
        ),
        (
            "SELECT name FROM sqlite_master",
            "INVALID_TYPE: sObject type 'sqlite_master' is not supported: use Contact",
        ),
        (
            "SELECT COUNT() FROM Contact",
            "MALFORMED_QUERY: COUNT() is not supported: select the records and compute in Python",
        ),
        ("", "MALFORMED_QUERY: expected SELECT, not the end"),
        ("DROP TABLE Contact", "MALFORMED_QUERY: expected SELECT, not 'DROP'"),
        ("SELECT Id Email FROM Contact", "after 'Id': expected a comma or FROM, not 'Email'"),
        ("SELECT Id, FROM Contact", "after ',': expected a field, not 'FROM'"),
        (
            "SELECT Id FROM Contact c",
            "expected WHERE, ORDER BY, LIMIT, OFFSET (in this order) or the end, not 'c'",
        ),
        ("SELECT Id FROM Contact; DELETE", "after ';': expected the end, not 'DELETE'"),
        (
            "SELECT Id FROM Contact WHERE Name = Ada",
            "after '=': expected text in single quotes, not 'Ada'",
        ),
        (
            "SELECT Id FROM Contact WHERE Name > NULL",
            "after '>': expected text in single quotes, not 'NULL'",
        ),
        ("SELECT Id FROM Contact WHERE Name NOT 'x'", "after 'NOT': expected LIKE or IN"),
        ("SELECT Id FROM Contact WHERE Name IN ('a' 'b')", "expected a comma or ), not \"'b'\""),
        ("SELECT Id FROM Contact WHERE Name 'x'", "expected =, !=, <, >, LIKE or IN"),
        ('SELECT Id FROM Contact WHERE Name = "Ada"', 'text goes in single quotes, not in "'),
        ("SELECT Id FROM Contact WHERE Name = 'Ada", 'a single quote is never closed: "\'Ada"'),
        ("SELECT Id FROM Contact LIMIT ?", "unexpected character: '?'"),
        ("SELECT Id FROM Contact LIMIT", "after 'LIMIT': expected a whole number, not the end"),
        ("SELECT Id FROM Contact ORDER BY Id NULLS", "expected FIRST or LAST, not the end"),
        (f"SELECT Id FROM Contact WHERE {'(' * 9_999}", "QUERY_TOO_COMPLICATED: "),
        ("SELECT Id FROM Contact WHERE Id = '1'" + " OR Id = '1'" * 3_000, "use IN (...) in place"),
        ("SELECT " + "Id, " * 30_000, "the query has 120007 characters, 100000 at most"),
    ],
)
def test_a_query_that_is_not_understood_is_refused_in_one_line(query: str, message: str) -> None:
    """The error is permanent, and says which word was not understood and what was expected."""
    told = refusal(query)

    assert message in told
    assert "\n" not in told


async def test_the_service_answers_a_query() -> None:
    """A good call returns the records, of as many customers as the service was given."""
    salesforce = Salesforce(CALM, customers=3)

    records = await salesforce.query("SELECT Id FROM Contact OFFSET 1")

    assert records == [customer(2), customer(3)]


async def test_records_are_the_callers_own() -> None:
    """What a caller does to its records changes nothing for the next one."""
    salesforce = Salesforce(CALM, customers=1)

    (record,) = await salesforce.query("SELECT Id FROM Contact")
    record["Email"] = "changed@example.com"

    assert await salesforce.query("SELECT Id FROM Contact") == [customer(1)]


@pytest.mark.parametrize(
    "config",
    [
        replace(CALM, error_rate=1),
        replace(CALM, outages=(Outage(datetime(2020, 1, 1, tzinfo=UTC)),)),
    ],
)
async def test_a_failing_service_raises_a_transient_error(config: SalesforceConfig) -> None:
    """By chance or in an outage the error is transient; a query in error is told so even then."""
    salesforce = Salesforce(config, customers=1)

    with pytest.raises(SalesforceError) as of_good_query:
        await salesforce.query("SELECT Id FROM Contact")
    with pytest.raises(SalesforceError) as of_bad_query:
        await salesforce.query("SELECT Phone FROM Contact")

    assert (of_good_query.value.transient, of_bad_query.value.transient) == (True, False)
