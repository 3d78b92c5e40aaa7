"""`Solution.load`: a file becomes four functions, or one line that says why not."""

import inspect
import sys
from pathlib import Path

import pytest

from infra.errors import SolutionError
from infra.models import Job
from infra.solution import Solution, SolutionFile
from interviewer.selftests.world import World, in_a_world

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "candidate" / "solution.py"
REFERENCE = ROOT / "interviewer" / "solutions" / "reference.py"

NAMES = ["claim_next_job", "create_campaign_jobs", "send_email_step", "process_job"]
FUNCTIONS = """
async def claim_next_job(): return None
async def create_campaign_jobs(campaign_id, customer_emails): return 0
async def send_email_step(job): return True
async def process_job(job): pass
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "solution.py"


def load(path: Path, text: str) -> Solution:
    path.write_text(text, encoding="utf-8")
    return Solution.load(path)


@pytest.mark.parametrize("solution", [STARTER, REFERENCE], ids=["starter", "reference"])
def test_the_kits_own_files_load(solution: Path) -> None:
    """The starter and the reference have the four functions, and take what the contract says."""
    loaded = Solution.load(solution)

    assert {name: list(inspect.signature(getattr(loaded, name)).parameters) for name in NAMES} == {
        "claim_next_job": [],
        "create_campaign_jobs": ["campaign_id", "customer_emails"],
        "send_email_step": ["job"],
        "process_job": ["job"],
    }


@in_a_world()
async def test_the_starter_is_not_written_yet(world: World) -> None:
    """Each body of the starter raises NotImplementedError, and does nothing else."""
    starter = Solution.load(STARTER)
    job = Job(id=1, campaign_id=1, customer_email="ada@example.com")

    for call in (
        starter.claim_next_job(),
        starter.create_campaign_jobs(1, []),
        starter.send_email_step(job),
        starter.process_job(job),
    ):
        with pytest.raises(NotImplementedError):
            await call

    assert world.overseer.count == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\ndef f(:\n", "{path}:2: syntax error: invalid syntax"),
        (
            "def f():\nreturn\n",
            "{path}:2: syntax error: expected an indented block after function definition on line",
        ),
        ("x = 1\n\nx.y\n", "{path}:3: AttributeError: 'int' object has no attribute 'y'"),
        ("def f():\n    1 / 0\n\nf()\n", "{path}:2: ZeroDivisionError: division by zero"),
        ("import nothing_like_this\n", "{path}:1: ModuleNotFoundError: No module named 'nothing_"),
        ("from infra import claim\n", "{path}:1: ImportError: there is no claim in infra"),
        ("import sys\nsys.exit('bye')\n", "{path}:2: SystemExit: bye"),
        ("raise SystemExit\n", "{path}:1: SystemExit"),
        ("def f(): f()\nf()\n", "{path}:1: RecursionError: maximum recursion depth exceeded"),
        ("import asyncio\nraise asyncio.CancelledError\n", "{path}:2: CancelledError"),
        ("raise ValueError('two\\n  lines')\n", "{path}:1: ValueError: two lines"),
        (
            "import json\njson.loads('{')\n",
            "{path}:2: JSONDecodeError: Expecting property name enclosed in double quotes: ",
        ),
        ("", "{path}: there is no function claim_next_job: keep the starter's names"),
        (
            FUNCTIONS.replace("process_job", "proces_job"),
            "{path}: there is no function process_job, line 5 has proces_job: keep the starter's",
        ),
        (f"{FUNCTIONS}process_job = 7\n", "{path}: process_job must be an async function"),
        (
            FUNCTIONS.replace("async def claim_next_job", "def claim_next_job"),
            "{path}:2: claim_next_job must be an async function",
        ),
    ],
)
def test_a_mistake_is_one_line_with_its_place(path: Path, text: str, message: str) -> None:
    """What keeps a file from being used is told in one line, with the file and the line."""
    with pytest.raises(SolutionError) as caught:
        load(path, text)

    assert str(caught.value).startswith(message.format(path=path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"x = 1\0\n", bytes(range(256)), b"\x7fELF\x02\x01", "x = 1".encode("utf-16"), b"x = '\xe9'"],
)
def test_what_is_no_text_is_told_in_one_line(path: Path, content: bytes) -> None:
    """Null bytes, a program, or another encoding are a mistake like any other."""
    path.write_bytes(content)

    with pytest.raises(SolutionError) as caught:
        Solution.load(path)

    assert str(caught.value).startswith(f"{path}:1: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(path: Path) -> None:
    """A missing file and a folder are named, with the reason."""
    messages = []
    for other in (path, path.parent):
        with pytest.raises(SolutionError) as caught:
            Solution.load(other)
        messages.append(str(caught.value))

    assert messages == [
        f"{path} cannot be read: No such file or directory",
        f"{path.parent} cannot be read: Is a directory",
    ]


def test_a_mistake_of_an_imported_file_is_told_where_it_was_imported(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is the last one of the solution itself that led to the error."""
    (path.parent / "broken_part.py").write_text("x = (\n")
    monkeypatch.syspath_prepend(str(path.parent))

    with pytest.raises(SolutionError) as caught:
        load(path, "x = 1\nimport broken_part\n")

    assert str(caught.value).startswith(f"{path}:2: SyntaxError: '(' was never closed")


async def test_two_loads_share_no_memory(path: Path) -> None:
    """Each load runs the file anew: no global, class or default of one is seen by another."""
    counting = """
taken = []
async def create_campaign_jobs(campaign_id, customer_emails, seen=[]):
    seen.append(1)
    taken.append(1)
    return 10 * len(seen) + len(taken)
"""
    first = load(path, FUNCTIONS + counting)
    second = Solution.load(path)

    answers = [
        await solution.create_campaign_jobs(1, []) for solution in (first, first, second, first)
    ]

    assert answers == [11, 22, 11, 33]


@pytest.mark.parametrize(
    "text",
    [
        "from .helpers import route\nfrom candidate.helpers import sleep\n",
        "from candidate import helpers\nfrom infra import *\n",
        "if __name__ == '__main__':\n    raise ValueError\n",
        "from dataclasses import dataclass\n@dataclass(slots=True)\nclass Wait: seconds: int\n",
        "from enum import StrEnum\nclass Color(StrEnum): RED = 'red'\n",
        "from infra.orm import Model\nclass Note(Model): text: str\nNote(id=1, text='')\n",
        # What editors and habits add.
        "\ufeff",
        "# -*- coding: latin-1 -*-\n",
        FUNCTIONS.replace("\n", "\r\n"),
    ],
)
def test_what_people_write_in_a_module_works(path: Path, text: str) -> None:
    """Relative imports, classes of all kinds and foreign line ends are nothing special."""
    assert isinstance(load(path, text + FUNCTIONS), Solution)


def test_the_last_function_of_a_name_counts(path: Path) -> None:
    """One written below the starter's is written; one put back below one's own is not."""
    starter = "async def claim_next_job():\n    raise NotImplementedError\n"
    written = "async def claim_next_job():\n    return None\n"
    found = []
    for text in (starter + written, written + starter):
        path.write_text(text, encoding="utf-8")
        found.append(SolutionFile.read(path).unwritten)

    assert found == [frozenset(), frozenset({"claim_next_job"})]


async def test_a_function_may_be_wrapped(path: Path) -> None:
    """A decorator's wrapper is taken, be it async itself or not."""
    text = """
from functools import partial, wraps

def retried(function):
    @wraps(function)
    def call(*arguments):
        return function(*arguments)
    return call

claim_next_job = retried(claim_next_job)
create_campaign_jobs = partial(create_campaign_jobs)
"""

    solution = load(path, FUNCTIONS + text)

    assert await solution.claim_next_job() is None
    assert await solution.create_campaign_jobs(1, []) == 0


def test_annotations_can_be_text(path: Path) -> None:
    """With `from __future__ import annotations` dataclasses and models find their module."""
    text = """
from __future__ import annotations
from dataclasses import dataclass
from pydantic import BaseModel

@dataclass(frozen=True)
class Wait:
    seconds: int
    after: Wait | None = None

class Reply(BaseModel):
    wait: Wait | None = None

REPLY = Reply(wait=Wait(1, Wait(2)))
"""
    before = sys.modules.get("candidate.solution")

    solution = load(path, text + FUNCTIONS)

    assert isinstance(solution, Solution)
    assert sys.modules.get("candidate.solution") is before
