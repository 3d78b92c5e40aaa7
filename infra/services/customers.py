"""The customers in Salesforce: each a pure function of its number, the same in every run."""

import unicodedata
from typing import TypedDict

CUSTOMERS = 50_000
"""How many customers production has."""


class Record(TypedDict):
    """One contact, as Salesforce returns it."""

    Id: str
    Email: str
    Name: str
    Company: str


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


# No two of the three lengths (40, 37, 21) share a divisor: names and companies mix freely.
_FIRST_NAMES = _names(
    """
    Ada, Zoë, Marcus, Priya, José, Hannah, Kwame, Ingrid, Tomás, Grace, Oliver, Chloé, Samuel, Yuki,
    Björn, Fatima, Liam, Renée, Diego, Nora, Arjun, Siobhán, Peter, Mei, Jürgen, Amara, Victor,
    Elena, Hugo, Leila, Daniel, Anaïs, Rafael, Sofia, Noah, Thandi, Emil, Clara, Omar, Ruth
    """
)
_LAST_NAMES = _names(
    """
    Lovelace, O'Brien, Okafor, García, Schmidt, Tanaka, Novak, Andersson, Müller, Patel, Rossi,
    Dubois, Kowalski, Nguyen, D'Angelo, Silva, Haddad, Kim, Fernández, Larsen, Mensah, Weber,
    Moreau, Santos, Ivanova, O'Neill, Chen, Jansen, Popescu, Nuñez, Costa, Walker, Singh,
    Håkansson, Bauer, Reyes, Adeyemi
    """
)
_COMPANIES = _names(
    """
    Acorn Analytics, Blue Harbor Logistics, Cedar Health, Delta Freight, Everline, Foxglove Media,
    Granite Bank, Highfield Foods, Ironwood Energy, Juniper Travel, Kestrel Robotics, Lumen Optics,
    Maple Insurance, Northlight Studios, Orchard Retail, Pinecrest Homes, Quarry Software,
    Riverbend Motors, Silverline Telecom, Tidewater, Upland Farms
    """
)


def customer(number: int) -> Record:
    """Return the customer with that number, 1 or more.

    Ids ascend with the number. The addresses are at domains that are reserved for examples;
    the number in each makes it the only one of its kind.
    """
    first = _FIRST_NAMES[number % len(_FIRST_NAMES)]
    last = _LAST_NAMES[number % len(_LAST_NAMES)]
    company = _COMPANIES[number % len(_COMPANIES)]
    return Record(
        # `IAA` is Salesforce's own checksum of the 15 characters before it.
        Id=f"003Hs{number:010d}IAA",
        Email=f"{_ASCII[first]}.{_ASCII[last]}.{number}@{_ASCII[company]}.example",
        Name=f"{first} {last}",
        Company=company,
    )


def _ascii(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower().replace(" ", ""))
    return letters.encode("ascii", "ignore").decode()


_ASCII = {name: _ascii(name) for name in (*_FIRST_NAMES, *_LAST_NAMES, *_COMPANIES)}
