"""The driver for simulated time: the same SQLite, stepped inside the event loop.

Nothing runs beside the event loop, so the same program does the same thing every time. All
connections are one connection to a database in memory, which is fast, and can be put back to an
earlier state in no time. What they see of each other is what they see in real life: while a
transaction is open, it is set aside whenever another connection reads. SQL's `now` is the
simulated clock's.
"""

import re
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from random import Random
from types import FrameType

from infra.clock import now
from infra.database import file
from infra.database.driver import Result, Value, execute

ROUND_TRIP_SECONDS = 0.0012

_INSTRUCTIONS_COUNTED = 100
_CALLS_TO_SPARE = 50

_BEGIN, _ROLLBACK = "BEGIN IMMEDIATE", "ROLLBACK"
_MARKED = {
    _BEGIN: ("SAVEPOINT marked",),
    "COMMIT": ("RELEASE marked",),
    _ROLLBACK: ("ROLLBACK TO marked", "RELEASE marked"),
}
"""What the words of a transaction are inside a larger one."""
# It would undo everything since the mark, not only the transaction.
_OR_ROLLBACK = re.compile(r"\b(INSERT|UPDATE)\s+OR\s+ROLLBACK\b", re.IGNORECASE)

_FORGET_LAST_ROWID = "INSERT INTO temp.last VALUES (0)"

_MOMENT_FUNCTIONS = ("date", "time", "datetime", "julianday", "unixepoch", "strftime")
_CURRENT_FUNCTIONS = {
    "current_timestamp": "datetime",
    "current_date": "date",
    "current_time": "time",
}


@dataclass(slots=True)
class Step:
    """One statement, and what it took from outside of the database: the time and its luck."""

    sql: str
    values: Sequence[Value]
    number: int
    moment: datetime | None = None
    told: dict[object, Value] = field(default_factory=dict)
    """What its questions for moments were answered: a row of many thousands asks the same."""
    luck: Random | None = None


@dataclass(slots=True)
class Work:
    """How much SQLite did, to the nearest hundred instructions of each statement."""

    instructions: int = 0

    def note(self) -> None:
        """Count the next hundred."""
        self.instructions += _INSTRUCTIONS_COUNTED


class SimulatedDriver:
    """Makes a database of its own, with what the SQL of `fill` puts in it, and opens connections.

    `seed` is what SQL's `random()` draws from.
    """

    def __init__(
        self, fill: str = "", *, seed: int = 0, round_trip_seconds: float = ROUND_TRIP_SECONDS
    ):
        self.round_trip_seconds = round_trip_seconds
        self._seed = seed
        self._step = Step("", (), 0)
        self._marked = False
        self._depth = 0
        self._transaction_of: SimulatedConnection | None = None
        self._steps: list[Step] = []
        """Of the open transaction."""
        self._sqlite = sqlite3.connect(":memory:", isolation_level=None, cached_statements=256)
        self._replace_functions()
        self._sqlite.executescript(f"{file.SCHEMA} {fill}; {file.SESSION_PRAGMAS}")

    async def connect(self) -> "SimulatedConnection":
        """Open a connection."""
        return SimulatedConnection(self)

    def has_transaction(self, connection: "SimulatedConnection") -> bool:
        """Return whether that connection's transaction is open."""
        return self._transaction_of is connection

    def run(self, connection: "SimulatedConnection", sql: str, values: Sequence[Value]) -> Result:
        """Run one statement for one of the connections. Raises sqlite3.Error."""
        self._step = Step(sql, values, self._step.number + 1)
        if self._transaction_of not in (None, connection):
            return self._look(self._step)
        try:
            return self._execute(sql, values)
        except sqlite3.OperationalError as error:
            if "user-defined function" in str(error) and _is_nested_deeply():
                # It was ours that had no room to be called; SQLite's own would need none.
                raise RecursionError("maximum recursion depth exceeded") from None
            raise
        finally:
            self._note_transaction(connection)

    def peek(self, sql: str, values: Sequence[Value] = ()) -> Result:
        """Run a statement past all connections: inside the open transaction, if there is one."""
        return execute(self._sqlite, sql, values)

    @property
    def in_transaction(self) -> bool:
        """Whether any connection has a transaction open."""
        return self._transaction_of is not None

    @contextmanager
    def counting_work(self) -> Iterator["Work"]:
        """Count what SQLite does inside the block, in instructions of its virtual machine."""
        work = Work()
        self._sqlite.set_progress_handler(work.note, _INSTRUCTIONS_COUNTED)
        try:
            yield work
        finally:
            self._sqlite.set_progress_handler(None, 0)

    def mark(self) -> None:
        """Let `rewind` come back to what the database is now, in no time, again and again.

        It is a transaction around all that follows, in which transactions are savepoints.
        """
        self._marked = True
        self._sqlite.execute("CREATE TEMP TABLE last (id INTEGER PRIMARY KEY)")
        self._begin_anew()

    def rewind(self) -> None:
        """Make the database what it was at the mark; whatever is open is gone."""
        self._transaction_of = None
        self._steps.clear()
        self._step = Step("", (), 0)
        self._depth = 0
        self._sqlite.rollback()
        self._begin_anew()

    def roll_back(self, connection: "SimulatedConnection") -> None:
        """Roll back what that connection has open."""
        if self._transaction_of is connection:
            self._undo_transaction()
            self._note_transaction(connection)

    def _begin_anew(self) -> None:
        self._sqlite.execute("BEGIN")
        self._sqlite.execute(_FORGET_LAST_ROWID)

    def _execute(self, sql: str, values: Sequence[Value]) -> Result:
        if not self._marked:
            return execute(self._sqlite, sql, values)
        if sql in _MARKED:
            self._depth = 1 if sql == _BEGIN else 0
            for statement in _MARKED[sql]:
                self._sqlite.execute(statement)
            return Result([], (), -1, None)
        mild = _without_or_rollback(sql)
        try:
            return execute(self._sqlite, mild, values)
        except sqlite3.IntegrityError:
            if mild != sql and self._depth:
                self._execute(_ROLLBACK, ())
            raise

    def _undo_transaction(self) -> None:
        if self._marked:
            self._execute(_ROLLBACK, ())
        else:
            self._sqlite.rollback()

    @property
    def _is_open(self) -> bool:
        return self._depth > 0 if self._marked else self._sqlite.in_transaction

    def _note_transaction(self, connection: "SimulatedConnection") -> None:
        if self._is_open:
            self._transaction_of = connection
            self._steps.append(self._step)
        elif self._transaction_of:
            self._transaction_of = None
            self._steps.clear()

    def _look(self, looking: Step) -> Result:
        """Run a statement that reads, with the open transaction set aside meanwhile.

        It is rolled back, and repeated afterwards: as nobody else writes in between, each of its
        statements finds what it found the first time, and does the same.
        """
        self._undo_transaction()
        try:
            return self._execute(looking.sql, looking.values)
        finally:
            for step in self._steps:
                self._step = step
                step.luck = None
                with suppress(sqlite3.Error):
                    self._execute(step.sql, step.values)
            self._step = looking

    # -- what SQL asks of the world outside

    def _replace_functions(self) -> None:
        """Make SQL's `now` that of `infra.clock`, and its chance seeded.

        The moments are declared deterministic, as SQLite treats its own `now`: the same
        throughout a statement, so that an index can be searched for it.
        """
        create = self._sqlite.create_function
        for name in _MOMENT_FUNCTIONS:
            create(name, -1, self._at_simulated_now(name), deterministic=True)
        for name, function in _CURRENT_FUNCTIONS.items():
            create(name, 0, self._at_simulated_now(function), deterministic=True)
        create("random", 0, lambda: self._chance().getrandbits(64) - 2**63)
        create("randomblob", 1, lambda size: self._chance().randbytes(max(1, size)))

    def _at_simulated_now(self, function: str) -> Callable[..., Value]:
        # strftime(format, moment, …) has its moment second, the others have it first.
        place = 1 if function == "strftime" else 0

        def at_simulated_now(*arguments: Value) -> Value:
            told = self._step.told
            key = (function, arguments)
            if key not in told:
                told[key] = compute(arguments)
            return told[key]

        def compute(arguments: tuple[Value, ...]) -> Value:
            if len(arguments) == place:
                arguments = (*arguments, "now")
            moment = arguments[place] if len(arguments) > place else None
            if isinstance(moment, str) and moment.lower() == "now":
                self._step.moment = self._step.moment or now()
                text = self._step.moment.replace(tzinfo=None).isoformat(" ", "milliseconds")
                arguments = (*arguments[:place], text, *arguments[place + 1 :])
            return _compute(function, arguments)

        return at_simulated_now

    def _chance(self) -> Random:
        self._step.luck = self._step.luck or Random(f"{self._seed}:{self._step.number}")
        return self._step.luck


class SimulatedConnection:
    """A connection whose statements take effect at once, without a wait."""

    def __init__(self, driver: SimulatedDriver):
        self._driver = driver

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._driver.has_transaction(self)

    async def run(self, sql: str, values: Sequence[Value] = ()) -> Result:
        """Run one statement. Raises sqlite3.Error."""
        return self._driver.run(self, sql, values)

    async def reset(self) -> None:
        """Roll back what is open."""
        self._driver.roll_back(self)

    async def close(self) -> None:
        """End the session; what is open is rolled back."""
        self._driver.roll_back(self)


def _is_nested_deeply() -> bool:
    """Return whether Python's calls are nested almost as deeply as it allows."""
    frame: FrameType | None = sys._getframe()
    depth = 0
    while frame:
        frame, depth = frame.f_back, depth + 1
    return depth > sys.getrecursionlimit() - _CALLS_TO_SPARE


@lru_cache(maxsize=1024)
def _without_or_rollback(sql: str) -> str:
    return _OR_ROLLBACK.sub(r"\1 OR ABORT", sql)


_calculator = sqlite3.connect(":memory:", check_same_thread=False)


@lru_cache(maxsize=1024)
def _compute(function: str, arguments: tuple[Value, ...]) -> Value:
    """Let SQLite itself compute, where its functions are its own."""
    places = ", ".join("?" * len(arguments))
    value: Value
    (value,) = _calculator.execute(f"SELECT {function}({places})", arguments).fetchone()
    return value
