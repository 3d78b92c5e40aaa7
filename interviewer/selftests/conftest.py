"""Fixtures that several files use."""

from pathlib import Path

import pytest

from interviewer.selftests.drivers import RealStage, SimulatedStage, Stage


@pytest.fixture(params=["aiosqlite", "simulated"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """A place to run coroutines with a database in use: each test runs on both drivers."""
    if request.param == "aiosqlite":
        return RealStage(tmp_path / "interview.db")
    return SimulatedStage()
