"""Simulated time: hours pass in milliseconds, and the same program does the same every time."""

from infra.simulation.loop import Deadlock, SimulatedLoop
from infra.simulation.overseer import Crash, Crashes, Moment, Overseer, RandomCrashes
from infra.simulation.simulation import Simulation

__all__ = [
    "Crash",
    "Crashes",
    "Deadlock",
    "Moment",
    "Overseer",
    "RandomCrashes",
    "SimulatedLoop",
    "Simulation",
]
