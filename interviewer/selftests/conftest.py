"""Fixtures that several files use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from interviewer.selftests.browser import EXECUTABLE, Browser, a_browser
from interviewer.selftests.drivers import RealStage, SimulatedStage, Stage


@pytest.fixture(params=["aiosqlite", "simulated"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """A place to run coroutines with a database in use: each test runs on both drivers."""
    if request.param == "aiosqlite":
        return RealStage(tmp_path / "interview.db")
    return SimulatedStage()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless Chromium, one for all tests. Each opens its own page in it."""
    if not EXECUTABLE:
        pytest.skip("chromium is not there")
    with a_browser(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser
