"""A world for one test: simulated time, a database, calm services, and all operations noted."""

import functools
import inspect
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from infra.database import Database, execute_sql, use_database
from infra.database.driver import Value
from infra.database.simulated_driver import SimulatedDriver
from infra.services import Services, use_services
from infra.simulation import Crashes, Overseer, Simulation

P = ParamSpec("P")
T = TypeVar("T")

CAMPAIGN = "INSERT INTO campaigns (name, user_id) VALUES ('Winter news', 1);"
"""Campaign 1, which every world has."""


class World:
    """Where a test runs. Its database is empty but for campaign 1 and what a test fills in."""

    def __init__(self, simulation: Simulation, overseer: Overseer, services: Services):
        self.run = simulation.run
        self.overseer = overseer
        self.services = services

    @property
    def operations(self) -> list[str]:
        """Every operation so far, in words."""
        return [operation.words for operation in self.overseer.operations]

    async def operations_of(self, act: Coroutine[object, object, object]) -> list[str]:
        """Do something, and return the operations that it took, in words."""
        before = len(self.overseer.operations)
        await act
        return self.operations[before:]

    @property
    def mails(self) -> list[str]:
        """The addresses of the mails delivered, in order."""
        return [delivery.to for delivery in self.services.sendgrid.ledger.deliveries]


@contextmanager
def new_world(
    fill: str = "", *, crashes: Crashes | None = None, services: Services | None = None
) -> Iterator[World]:
    """Make a world for the block, whose database begins with what the SQL of `fill` puts in it."""
    overseer = Overseer(crashes=crashes, record=True)
    services = services or Services.calm()
    with (
        Simulation(overseer) as simulation,
        use_database(Database(SimulatedDriver(CAMPAIGN + fill))),
        use_services(services),
    ):
        yield World(simulation, overseer, services)


def in_a_world(
    fill: str = "",
) -> Callable[
    [Callable[Concatenate[World, P], Coroutine[object, object, None]]], Callable[P, None]
]:
    """Make a coroutine function a test that runs in a world of its own, its first argument."""

    def decorate(
        test: Callable[Concatenate[World, P], Coroutine[object, object, None]],
    ) -> Callable[P, None]:
        @functools.wraps(test)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            with new_world(fill) as world:
                world.run(test(world, *args, **kwargs))

        given = inspect.signature(test)
        # pytest reads here which fixtures to pass: not the world.
        run.__signature__ = given.replace(  # type: ignore[attr-defined]
            parameters=list(given.parameters.values())[1:]
        )
        return run

    return decorate


async def value_of(sql: str, *params: object) -> Value:
    """Return the one value that a statement selects, as SQLite keeps it."""
    value: Value
    ((value,),) = [row.values() for row in await execute_sql(sql, params)]
    return value
