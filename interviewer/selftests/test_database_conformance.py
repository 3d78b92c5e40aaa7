"""Both drivers do the same: short random programs of several tasks leave the same behind."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import TracebackType
from typing import NamedTuple, Protocol

import pytest

from infra.database import execute_sql, transaction
from interviewer.selftests.drivers import RealStage, SimulatedStage

PLAYERS = 3
DEPTH_MAX = 3

STATEMENTS = [
    "INSERT INTO campaigns (name, user_id) VALUES ('{n}', {n})",
    "INSERT INTO campaigns (name, user_id) VALUES ('a', {n}), ('b', {n}) RETURNING id",
    "INSERT INTO campaigns (id, name, user_id) VALUES ({n}, 'by id', 1)",
    "INSERT INTO campaigns (name, user_id) VALUES ('fails', 1), (NULL, {n})",
    "INSERT OR IGNORE INTO campaigns (id, name, user_id) VALUES ({n}, 'ignored', 1)",
    "INSERT OR REPLACE INTO campaigns (id, name, user_id) VALUES ({n}, 'replaced', 1)",
    "UPDATE campaigns SET user_id = user_id + {n} WHERE id <= {n}",
    "UPDATE campaigns SET status = 'paused' WHERE id = {n} AND status = 'active'",
    "UPDATE campaigns SET user_id = user_id + 1 WHERE id >= {n} RETURNING id, user_id",
    """
    WITH least AS (SELECT min(user_id) AS n FROM campaigns)
    UPDATE campaigns SET name = 'least' WHERE user_id = (SELECT n FROM least)
    """,
    "DELETE FROM campaigns WHERE id = {n}",
    "DELETE FROM campaigns WHERE user_id > 20",
]
READS = [
    "SELECT id, name, user_id, status FROM campaigns ORDER BY id",
    "SELECT count(*) AS n, sum(user_id) AS total FROM campaigns FOR UPDATE",
    "SELECT nope FROM campaigns WHERE id = {n}",
]
FINAL = READS[0]


class Act(NamedTuple):
    """What one player does next: `begin`, `commit`, `undo`, `leave`, or a statement.

    `waits` says that it cannot end yet, as another's transaction is open; `wakes` names the
    player whose waiting act ends after this one.
    """

    player: int
    what: str
    waits: bool = False
    wakes: int | None = None


class Turns:
    """Knows who has a transaction open and who waits for it, so that it is known beforehand.

    At most one player waits at a time: it goes on when the transaction ends.
    """

    def __init__(self, chance: Random):
        self._chance = chance
        self._holder: int | None = None
        self._depth = 0
        self._waiting: int | None = None
        self._waiting_begins = False

    def next_act(self, player: int) -> Act | None:
        """Choose what a player does, or `None` when it can do nothing now."""
        n = self._chance.randint(1, 8)
        read = self._chance.choice(READS).format(n=n)
        write = self._chance.choice([*["begin"] * 5, *STATEMENTS]).format(n=n)
        if player == self._waiting:
            return None
        if player == self._holder and self._chance.random() < 0.3:
            return self._end(player, self._chance.choice(["commit", "undo", "undo", "leave"]))
        if self._chance.random() < 0.4:
            return Act(player, read)
        if self._holder not in (None, player):
            return self._wait(player, write)
        return self._begin(player) if write == "begin" else Act(player, write)

    def last_acts(self) -> Iterator[Act]:
        """End what is open."""
        while self._holder is not None:
            yield self._end(self._holder, "leave")

    def _begin(self, player: int) -> Act | None:
        if self._depth == DEPTH_MAX:
            return None
        self._holder = player
        self._depth += 1
        return Act(player, "begin")

    def _wait(self, player: int, what: str) -> Act | None:
        if self._waiting is not None:
            return None
        self._waiting, self._waiting_begins = player, what == "begin"
        return Act(player, what, waits=True)

    def _end(self, player: int, what: str) -> Act:
        self._depth = 0 if what == "leave" else self._depth - 1
        if self._depth:
            return Act(player, what)
        act = Act(player, what, wakes=self._waiting)
        self._holder, self._depth = (self._waiting, 1) if self._waiting_begins else (None, 0)
        self._waiting, self._waiting_begins = None, False
        return act


def program(seed: int) -> Iterator[Act]:
    """Make up what three players do, in which order."""
    chance = Random(seed)
    turns = Turns(chance)
    for _ in range(chance.randint(10, 30)):
        act = turns.next_act(chance.randrange(PLAYERS))
        if act:
            yield act
    yield from turns.last_acts()


class Leavable(Protocol):
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class Player:
    """Does one act after another, in a task of its own, and notes what came of each."""

    def __init__(self) -> None:
        self.notes: list[object] = []
        self.acts: asyncio.Queue[str] = asyncio.Queue()
        self._open: list[Leavable] = []

    async def play(self) -> None:
        while True:
            act = await self.acts.get()
            try:
                self.notes.append(await self._do(act))
            except (sqlite3.Error, RuntimeError) as error:
                self.notes.append((type(error), str(error)))
            self.acts.task_done()

    async def _do(self, act: str) -> object:
        match act:
            case "begin":
                opening = transaction()
                await opening.__aenter__()
                self._open.append(opening)
            case "commit":
                await self._open.pop().__aexit__(None, None, None)
            case "undo":
                await self._leave(ValueError())
            case "leave":
                while self._open:
                    await self._leave(asyncio.CancelledError())
            case sql:
                rows = await execute_sql(sql)
                # Else the id is of what this connection inserted last, and connections differ.
                inserted = sql.startswith("INSERT") and rows.rowcount > 0
                return (list(rows), rows.rowcount, rows.lastrowid if inserted else None)
        return act

    async def _leave(self, error: BaseException) -> None:
        await self._open.pop().__aexit__(type(error), error, None)


async def perform(seed: int) -> tuple[list[list[object]], object]:
    """Play a program; return what each player noted, and the table at the end."""
    players = [Player() for _ in range(PLAYERS)]
    tasks = [asyncio.create_task(player.play()) for player in players]
    for act in program(seed):
        players[act.player].acts.put_nowait(act.what)
        if act.waits:
            await asyncio.sleep(0)
        else:
            await players[act.player].acts.join()
        if act.wakes is not None:
            await players[act.wakes].acts.join()
    final = await execute_sql(FINAL)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return [player.notes for player in players], list(final)


def test_the_programs_have_everything_in_them() -> None:
    """The programs wait, nest, commit, undo and leave, often enough to mean something."""
    acts = [act for seed in range(200) for act in program(seed)]

    counts = [sum(act.what == what for act in acts) for what in ("commit", "undo", "leave")]
    assert (min(counts) >= 50, sum(act.waits for act in acts) >= 100) == (True, True)


@pytest.mark.parametrize("seed", range(200))
def test_both_drivers_do_the_same(tmp_path: Path, seed: int) -> None:
    """A program of several tasks finds and leaves the same rows on either driver."""
    real = RealStage(tmp_path / "interview.db").run(perform(seed))

    simulated = SimulatedStage().run(perform(seed))

    assert simulated == real
