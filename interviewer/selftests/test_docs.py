"""The documents: what they tell to type works, and what they name is there."""

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType

import pytest

import infra
from candidate import helpers, solution
from infra import Campaign, Job, JobStep
from infra.services import Services
from infra.solution import Solution
from interviewer.selftests.processes import TIMEOUT_SECONDS
from interviewer.selftests.world import new_world

ROOT = Path(__file__).resolve().parents[2]
README = "README.md"
GUIDE = "candidate/GUIDE.md"
OUR_GUIDE = "interviewer/GUIDE.md"
DOCUMENTS = (README, GUIDE, OUR_GUIDE)
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS}

COMMANDS_AS_THEY_ARE = (
    "make setup",
    "make reset",
    ".venv/bin/python setup_db.py",
    ".venv/bin/python scratch.py",
    ".venv/bin/python -m tests.doctor",
    ".venv/bin/python -m candidate.examples",
    ".venv/bin/python -m tests",
    "make test",
    "make test SOLUTION=interviewer/solutions/reference.py",
    "make kit DIR=../for-ada ZIP=1",
    "make scenario N=1",
    "make scenario N=2",
    "make scenario N=3",
    "make scenario N=1 KNOBS=--slow-claim",
    "make scenario N=2 KNOBS=--incident",
    "make scenario N=3 KNOBS=--incident",
    "make scenario N=2 KNOBS=--reveal",
    ".venv/bin/python -m scenarios 1",
    "make test SOLUTION=interviewer/solutions/wrong/a4_select_then_save.py || true",
)
COMMANDS_MADE_QUICK = {
    "make demo": "make demo CUSTOMERS=20",
    "make demo CUSTOMERS=2000 SEED=7": "make demo CUSTOMERS=20 SEED=7",
    "make demo CUSTOMERS=2000 REAL=1": "make demo CUSTOMERS=20 REAL=1",
    "make demo SOLUTION=candidate/solution.py CUSTOMERS=200": (
        "make demo SOLUTION=candidate/solution.py CUSTOMERS=20"
    ),
    ".venv/bin/python -m scenarios.demo --solution candidate/solution.py --customers 200": (
        ".venv/bin/python -m scenarios.demo --solution candidate/solution.py --customers 20"
    ),
    # These are asked what they would do: the first of them is what runs this test. `make dev` is
    # at work in test_watch_terminal.py.
    "make check": "make --dry-run check",
    "make dev": "make --dry-run dev",
    ".venv/bin/python -m tests --watch": ".venv/bin/python -m tests --help",
    "make bench": "make --dry-run bench",
    ".venv/bin/python -m interviewer grade ../returned/ada.zip --html reports/ada.html": (
        ".venv/bin/python -m interviewer grade candidate/solution.py --budget 1"
    ),
    "python3 -m venv .venv": ".venv/bin/python -m venv --without-pip .venv-new",
    ".venv/bin/python -m pip install -r requirements.txt": (
        ".venv/bin/python -m pip install --dry-run --no-index --quiet -r requirements.txt"
    ),
}
COMMANDS = COMMANDS_MADE_QUICK | {command: command for command in COMMANDS_AS_THEY_ARE}

MAKE_VARIABLES = {
    *("PYTHON", "SOLUTION", "T", "REPLAY", "REAL", "CUSTOMERS", "WORKERS", "SEED", "PYTEST_ARGS"),
    *("HINTS", "SESSION", "TASK", "DIR", "ZIP", "N", "KNOBS"),
}
MADE_LATER = {
    "../candidate-kit",
    "interview.db",
    "scratch.py",
    ".venv/bin/python",
    ".git/",
    ".interview/",
    ".interview/session.jsonl",
}
MESSAGES_OF_OTHERS = {
    "No module named 'infra'",
    "database is locked",
    "FOREIGN KEY constraint failed",
}

JOBS = """
    INSERT INTO jobs (campaign_id, customer_email)
    SELECT 1, 'customer' || value || '@site.example'
    FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8]');
"""


@dataclass(frozen=True)
class Block:
    """One fenced block of a document."""

    document: str
    line: int
    text: str

    @property
    def is_script(self) -> bool:
        """Whether it is a file of its own, rather than a piece of one."""
        return "asyncio.run(" in self.text

    @property
    def is_signature(self) -> bool:
        """Whether it shows how a function is called, and no body."""
        return self.text.endswith(": ...\n")

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(language: str) -> list[Block]:
    """Return the documents' blocks in that language."""
    return [
        Block(name, text.count("\n", 0, fence.start()) + 2, fence[1])
        for name, text in TEXTS.items()
        for fence in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def commands() -> list[str]:
    """Return each line that the documents tell to type."""
    lines = (line for block in blocks("bash") for line in block.text.splitlines())
    return list(dict.fromkeys(lines))


def code_spans() -> set[str]:
    """Return what stands between single backquotes in the documents."""
    prose = re.sub(r"^```.*?^```$", "", "\n".join(TEXTS.values()), flags=re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", prose))


@pytest.fixture(scope="module")
def set_up_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the kit that is set up, with a solution that is written, and the scratch file."""
    copy = tmp_path_factory.mktemp("documents") / "kit"
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "interview.db*", "reports")
    shutil.copytree(ROOT, copy, ignore=unwanted)
    shutil.copy(copy / "interviewer/solutions/reference.py", copy / "candidate/solution.py")
    (script,) = [block for block in blocks("python") if block.is_script]
    (copy / "scratch.py").write_text(script.text, encoding="utf-8")

    # Not a link to the .venv in use: make empties one that it finds out of date.
    python = copy / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (copy / ".venv/.runtime").touch()
    (copy / ".venv/.check").touch()

    type_in(copy, ".venv/bin/python setup_db.py")
    return copy


@pytest.fixture
def kit(set_up_once: Path, tmp_path: Path) -> Path:
    """A copy of that copy, to be changed at will."""
    return shutil.copytree(set_up_once, tmp_path / "kit")


def type_in(folder: Path, command: str) -> str:
    """Run a command as at a prompt in that folder, and return what it prints."""
    # What make hands down to what it runs, and what makes output look otherwise.
    unwanted = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "FORCE_COLOR", "COLUMNS"}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k not in unwanted | MAKE_VARIABLES},
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_every_command_is_tried() -> None:
    """The next test knows how to try each command of the documents, and no other."""
    assert set(commands()) == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(set(COMMANDS.values())))
def test_a_command_works(command: str, kit: Path) -> None:
    """A command of the documents ends well in a kit that is set up."""
    type_in(kit, command)


def test_the_judge_prints_what_the_readme_shows(kit: Path) -> None:
    """The README shows a failure as the judge tells it; long lines are cut where it says so."""
    (shown,) = [block for block in blocks("text") if "How it happened" in block.text]
    wrong = "interviewer/solutions/wrong/a4_select_then_save.py"

    printed = type_in(kit, f".venv/bin/python -m tests --only A4 --solution {wrong} || true")

    printed = printed.replace(f" SOLUTION={wrong}", "").replace(wrong, "candidate/solution.py")
    words = " ".join(printed.split())
    for line in shown.text.splitlines():
        for part in re.split(r"…| {2,}", line):
            assert " ".join(part.split()) in words


def test_the_windows_lines_are_the_others() -> None:
    """The lines for Windows are those for Linux and macOS, in the words of Windows."""
    (windows,) = blocks("bat")
    posix = [block.text for block in blocks("bash") if block.document == README]

    translated = [
        text.replace("python3 ", "py ").replace(".venv/bin/python", r".venv\Scripts\python")
        for text in posix
    ]

    assert windows.text in translated


def test_the_demo_prints_what_the_readme_shows(kit: Path) -> None:
    """The README shows the demo's output line by line; only the numbers may differ."""
    (shown,) = [block for block in blocks("text") if "customers" in block.text]

    printed = type_in(kit, "make demo CUSTOMERS=200")

    assert without_numbers(printed) == without_numbers(shown.text)


def without_numbers(output: str) -> list[str]:
    """Return the words of each line."""
    return [re.sub(r"\d[\d,.]*", "0", " ".join(line.split())) for line in output.splitlines()]


@pytest.mark.parametrize(
    "snippet", [block for block in blocks("python") if not block.is_script], ids=str
)
def test_a_snippet_runs(snippet: Block) -> None:
    """A piece of Python runs as it stands, where everything of `infra` has been imported."""
    names = {name: getattr(infra, name) for name in infra.__all__}
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    run = FunctionType(compile(snippet.text, str(snippet), "exec", flags=flags), names)

    async def main() -> None:
        answer = run()
        if inspect.isawaitable(answer):
            await answer

    with new_world(JOBS, services=Services.calm(customers=500)) as world:
        world.run(main())


def test_the_signatures_are_those_of_the_starter() -> None:
    """The guide shows the four functions, in their order, as the starter has them."""
    shown = [block.text for block in blocks("python") if block.is_signature]

    starter = [
        f"async def {name}{inspect.signature(getattr(solution, name))}: ...\n"
        for name in Solution.__annotations__
    ]

    assert shown == [line.replace("infra.models.", "") for line in starter]


def test_the_guide_names_everything_there_is() -> None:
    """Every name of `infra` and of the helpers, and every column, is in the guide."""
    columns = {name for model in (Campaign, Job, JobStep) for name in model.columns()}
    names = {*infra.__all__, *helpers.__all__, *columns} - {"Action"}

    assert names - set(re.findall(r"\w+", TEXTS[GUIDE])) == set()


def test_the_readme_names_every_room() -> None:
    """The README's layout has every floor of the house and every room of `infra`."""
    floors = {package.parent for package in ROOT.glob("*/__init__.py")}
    rooms = {room for room in (ROOT / "infra").iterdir() if not room.name.startswith("__")}
    names = {f"{path.relative_to(ROOT).as_posix()}{'/' * path.is_dir()}" for path in floors | rooms}

    assert names - set(re.findall(r"^\| `(.*?)` \|", TEXTS[README], re.MULTILINE)) == set()


@pytest.mark.parametrize("document", TEXTS)
def test_every_link_leads_somewhere(document: str) -> None:
    """A link leads to a file that is there, and to a heading that is in it."""
    for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", TEXTS[document]):
        file = (ROOT / document).parent / target if target else ROOT / document
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8"))


def anchors(text: str) -> list[str]:
    """Return the headings as links name them: in small letters, with hyphens for spaces."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return [re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles]


def test_every_file_that_is_named_is_there() -> None:
    """A path between backquotes is one from the project's folder or from `candidate/`."""
    path = re.compile(r"[\w.-]+/[\w./-]*|[\w-]+\.(db|md|py|toml|txt)")
    named = {span for span in code_spans() if path.fullmatch(span)} - MADE_LATER

    folders = (ROOT, ROOT / "candidate")

    assert {name for name in named if not any((f / name).exists() for f in folders)} == set()


def test_every_module_that_is_named_can_be_run() -> None:
    """What stands after `python -m` is there."""
    modules = {name for text in TEXTS.values() for name in re.findall(r"-m ([\w.]+)", text)}

    assert {name for name in modules if not find_spec(name)} == set()


def test_make_knows_what_is_named() -> None:
    """Every target and variable of make between backquotes is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {name for span in code_spans() for name in re.findall(r"^make ([a-z]+)", span)}
    variables = {name for span in code_spans() for name in re.findall(r"\b([A-Z_]+)=", span)}

    assert {name for name in targets if f"\n{name}: " not in makefile} == set()
    assert {name for name in variables if f"$({name})" not in makefile} == set()
    assert variables == MAKE_VARIABLES


def test_the_messages_are_those_of_the_kit() -> None:
    """Each message that the guide's last table explains is one that the kit has."""
    table = TEXTS[GUIDE].partition("| Message |")[2]
    messages = set(re.findall(r"^\| `(.*?)`", table, re.MULTILINE)) - MESSAGES_OF_OTHERS
    sources = [*ROOT.glob("infra/**/*.py"), *ROOT.glob("scenarios/*.py")]
    kit = "".join(source.read_text(encoding="utf-8") for source in sources).replace("`", "")

    pieces = {piece.strip() for message in messages for piece in message.split("…")}

    assert {piece for piece in pieces if piece not in kit} == set()
