"""The judge survives its candidate: whatever a solution does, it ends in one clear line."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from interviewer.selftests.hostile import (
    ROOT,
    claiming,
    forged_result,
    judge,
    judge_by_command,
    right,
    sending,
    words,
)
from interviewer.selftests.processes import TIMEOUT_SECONDS, eventually, heed_ctrl_c, is_alive
from tests.__main__ import main

UNLOADABLE = {
    "syntax error": ("x = 1\ndef f(:\n", ":2: syntax error: invalid syntax"),
    "not UTF-8": ("x = '\xff'\n", "syntax error: (unicode error)"),
    "missing module": ("import nothing_here\n", ":1: ModuleNotFoundError: No module named"),
    "error": ("x = 1\n\n1 / 0\n", ":3: ZeroDivisionError: division by zero"),
    "sys.exit": ("import sys\nsys.exit(0)\n", ":2: SystemExit: 0"),
    "os._exit": ("import os\nos._exit(0)\n", ":2: the solution ends the process (os._exit)"),
    "posix._exit": ("import posix\nposix._exit(0)\n", "while it is loaded, the process ended"),
    "KeyboardInterrupt": ("x = 1\nraise KeyboardInterrupt\n", ":2: KeyboardInterrupt"),
    "pytest.skip": (
        "import pytest\npytest.skip('no', allow_module_level=True)\n",
        ":2: Skipped: no",
    ),
    "the judge's own": (
        "from infra.simulation.scheduler import Endless\nraise Endless\n",
        ":2: Endless",
    ),
    "loop": ("x = 1\nwhile True:\n    x += 1\n", "while it is loaded, it loops without end"),
    "loop that catches": (
        (
            "while True:\n    try:\n        while True:\n            x = 1\n"
            "    except BaseException:\n        pass\n"
        ),
        "and catches what stops it",
    ),
    "loop inside a call": (
        "import itertools\nsum(itertools.count())\n",
        "while it is loaded, it is inside a call that does not end, at line 2",
    ),
    "asyncio.run": (
        right() + "\nimport asyncio\nasyncio.run(claim_next_job())\n",
        "The file is loaded here, not run: put calls of your own under if __name__",
    ),
    "replaced": (
        right() + "\nimport infra\ninfra.send_email = print\n",
        "infra.send_email was replaced: only the solution's file is its own",
    ),
}
ENDLESS = {
    "a loop": ("x = 1\nwhile True:\n    x += 1", "it loops without end"),
    "a loop of one line": ("while True: pass", "it loops without end"),
    "a loop that prints": ("while True: print('x' * 1000)", "it loops without end"),
    "a loop that catches": (
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "it loops without end",
    ),
    "a loop that writes everywhere": (
        (
            "while True:\n  for n in range(1, 10):\n    try: os.write(n, b'x' * 60000)\n"
            "    except OSError: pass"
        ),
        "it loops without end",
    ),
    "a regular expression": ("re.match(r'(a+)+$', 'a' * 50 + 'b')", "it computes without end"),
    "waiting for a thread": ("threading.Event().wait()", "it waits in a call that does not come"),
}
FAILING = {
    "wrong parameters": ("raise TypeError('x')", "claim_next_job raised TypeError"),
    "wrong type": ("return 5", "returned 5 (int)"),
    "recursion": ("return await claim_next_job()", "raised RecursionError"),
    "deep recursion": (
        "sys.setrecursionlimit(10**9)\nreturn await claim_next_job()",
        "raised RecursionError",
    ),
    "sys.exit": ("sys.exit(0)", "claim_next_job raised SystemExit: 0"),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", "claim_next_job raised KeyboardInterrupt"),
    "GeneratorExit": ("raise GeneratorExit", "claim_next_job raised GeneratorExit"),
    "sys.exit in a child": (
        "async def f(): sys.exit(1)\nawait asyncio.gather(f(), f())",
        "it ended the event loop: SystemExit: 1",
    ),
    "sleep": ("time.sleep(10**6)", "returned None"),
    "input": ("input()", "raised EOFError"),
    "deadlock on a lock": (
        "lock = asyncio.Lock()\nawait lock.acquire()\nawait lock.acquire()",
        "claim_next_job waits for ever: nothing will wake it",
    ),
    "deadlock on a future": (
        "await asyncio.get_running_loop().create_future()",
        "claim_next_job waits for ever: nothing will wake it",
    ),
    "children write in a transaction": (
        ("async with transaction():\n  await asyncio.gather(execute_sql('DELETE FROM jobs'))"),
        "raised DatabaseBusyError: could not write within 30.0 s",
    ),
    "prints a megabyte": ("print('x' * 10**6)", "returned None"),
    "writes garbage": (
        "for n in range(1, 40):\n  try: os.write(n, b'{garbage' * 1000)\n  except OSError: pass",
        "returned None",
    ),
    "asyncio.run": ("asyncio.run(asyncio.sleep(1))", "asyncio.run() cannot be called from a run"),
    "loop.stop": ("asyncio.get_running_loop().stop()\nawait asyncio.sleep(1)", "ended the event l"),
    "loop.close": ("asyncio.get_running_loop().close()", "Cannot close a running event loop"),
    "cancels everything": (
        "for task in asyncio.all_tasks(): task.cancel()\nawait asyncio.sleep(1)",
        "claim_next_job raised CancelledError",
    ),
    "pytest.skip": ("import pytest\npytest.skip('no')", "claim_next_job raised Skipped: no"),
    "pytest.xfail": ("import pytest\npytest.xfail('no')", "claim_next_job raised XFailed: no"),
    "Crash": (
        "from infra.simulation import Crash\nraise Crash('worker-1')",
        "claim_next_job raised Crash: worker-1",
    ),
    "Broken": (
        "from tests.judge.broken import Broken\nraise Broken('a', 'b')",
        "claim_next_job raised Broken",
    ),
    "Stuck": (
        "from tests.judge.watchdog import Stuck\nraise Stuck('x')",
        "claim_next_job raised Stuck: x",
    ),
    "Endless": (
        "from infra.simulation.scheduler import Endless\nraise Endless",
        "claim_next_job raised Endless",
    ),
    "forges a result": (
        (
            f"line = {forged_result()!r}\nfor n in range(3, 40):\n"
            "  try: os.write(n, b'\\n' + line.encode() + b'\\n')\n  except OSError: pass"
        ),
        "returned None",
    ),
}
REFUSED = {
    "os._exit": ("os._exit(0)", "ends the process (os._exit)"),
    "os.abort": ("os.abort()", "ends the process (os.abort)"),
    "os.kill": ("os.kill(os.getpid(), 9)", "sends a signal (os.kill)"),
    "fork bomb": ("while True: os.fork()", "starts a process (os.fork)"),
    "subprocess": (
        "import subprocess\nsubprocess.Popen(['sleep', '1000'])",
        "starts a process (subprocess.Popen)",
    ),
    "a process, unannounced": (
        "import _posixsubprocess\n_posixsubprocess.fork_exec()",
        "starts a process (fork_exec)",
    ),
    "below Python": (
        "import ctypes\nctypes.CDLL(None).fork()",
        "calls what is below Python, unseen (ctypes.dlopen)",
    ),
    "writes from a folder on": (
        (
            "import infra\nfolder = os.open(os.path.dirname(infra.__file__), os.O_RDONLY)\n"
            "os.open('clock.py', os.O_WRONLY, dir_fd=folder)"
        ),
        "opens a file from a folder's descriptor on (os.open)",
    ),
    "thread": (
        "threading.Thread(target=print).start()",
        "starts a thread, which no event loop orders",
    ),
    "SIGALRM": (
        "signal.signal(signal.SIGALRM, signal.SIG_IGN)",
        "undoes what keeps a run from hanging (signal.signal)",
    ),
    "alarm": ("signal.alarm(0)", "undoes what keeps a run from hanging (signal.alarm)"),
    "deletes a file": (
        "import infra\nos.remove(os.path.dirname(infra.__file__) + '/../interview.db')",
        "changes a file (os.remove",
    ),
    "deletes a folder": (
        "import infra, shutil\nshutil.rmtree(os.path.dirname(infra.__file__), ignore_errors=True)",
        "changes a file (shutil.rmtree",
    ),
    "writes a file": ("import infra\nopen(infra.__file__, 'a')", "changes a file (open"),
    "sqlite3": (
        "import sqlite3\nsqlite3.connect('interview.db')",
        "opens a database of its own: use infra's execute_sql",
    ),
    "closes all": ("os.closerange(0, 1000)", "closes what the judge has open (os.closerange)"),
}
REPLACED = {
    "infra.models.Job.save": "async def save(self): pass\nJob.save = save",
    "infra.database.execute_sql": "import infra.database\ninfra.database.execute_sql = None",
    "tests.judge.judge.Judge.explore": (
        "from tests.judge.judge import Judge\nJudge.explore = lambda self, *worlds: []"
    ),
    "tests.judge.stage.Stage.no_error": (
        "from tests.judge.stage import Stage\n"
        "Stage.no_error.__code__ = (lambda self, call, expected: None).__code__"
    ),
    "asyncio.sleep": "asyncio.sleep = None",
    "random.random": "import random\nrandom.random = lambda: 4",
    "builtins.len": "import builtins\nbuiltins.len = None",
    "builtins.isinstance": "import builtins\nbuiltins.isinstance = lambda *a: True",
    "json.dumps": "import json\njson.dumps = lambda *a: '{}'",
}
HARMLESS = {
    "another thread's work": "await asyncio.to_thread(time.sleep, 1)",
    "an executor": "await asyncio.get_running_loop().run_in_executor(None, time.sleep, 1)",
    "a low recursion limit": "sys.setrecursionlimit(30)",
    "another folder": "os.chdir('/')",
    "a log of its own": "open('debug.log', 'a').write('x')",
    "gc, warnings, logging": (
        "import gc, warnings, logging\ngc.enable()\nwarnings.simplefilter('error')\n"
        "logging.disable(0)\nlogging.basicConfig(level=0)\nlogging.error('x')"
    ),
    "reading the judge": "import tests.judge.judge as j\nopen(j.__file__).read()",
    "entropy": "if os.getrandom(1)[0] % 2: await Job.filter(id=1).first()",
}


@pytest.mark.parametrize("case", UNLOADABLE)
def test_a_file_that_cannot_be_loaded(case: str, tmp_path: Path) -> None:
    """It says so in one line with file and reason, and ends with status 2."""
    text, message = UNLOADABLE[case]
    path = tmp_path / "solution.py"
    path.write_text(text, encoding="latin-1")

    result = CliRunner().invoke(main, ["--solution", str(path), "--only", "A1"])

    first, second = result.output.splitlines()
    assert result.exit_code == 2
    assert message in first
    assert second == "  The file could not be loaded, so nothing was judged."


def test_what_is_no_file(tmp_path: Path) -> None:
    """A path at which there is nothing, or a folder, is said to be just that."""
    missing = judge_by_command(tmp_path / "nothing.py")
    folder = judge_by_command(tmp_path)

    assert missing[0] == folder[0] == 2
    assert "nothing.py cannot be read: No such file or directory" in missing[1]
    assert "cannot be read: Is a directory" in folder[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("del claim_next_job", ": there is no function claim_next_job: keep the starter's names"),
        ("def claim_next_job(): pass", ":{line}: claim_next_job must be an async function"),
        ("claim_next_job = 5", ": claim_next_job must be an async function"),
    ],
)
def test_a_function_that_is_none(text: str, message: str, tmp_path: Path) -> None:
    """Its checks are errors that say what is wrong; those of other tasks are judged."""
    solution = f"{right()}\n{text}\n"
    line = len(solution.splitlines())

    report = judge(tmp_path, solution, "A", "B1")

    errors = [f"A{n} error: solution.py{message.format(line=line)}" for n in range(1, 8)]
    assert words(report) == [*errors, "B1 passed: "]
    assert report.exit_status(strict=False) == 1


@pytest.mark.parametrize("case", ENDLESS)
def test_code_that_does_not_end(case: str, tmp_path: Path) -> None:
    """The check fails, at its line; no other check of that task is tried."""
    body, message = ENDLESS[case]

    report = judge(tmp_path, claiming(body), "A1", "A2")

    a1, a2 = report.results
    assert (a1.status, a2.status) == ("failed", "not_run")
    assert a1.failure
    assert message in a1.failure.got
    assert a1.failure.where.startswith("solution.py:")
    assert a2.message.startswith("not judged")
    assert report.exit_status(strict=False) == 1


def test_an_endless_call(tmp_path: Path) -> None:
    """Code that never comes back to Python is ended from outside, and its line is told."""
    text = claiming("sum(itertools.count())")
    line = text.splitlines().index("    sum(itertools.count())") + 1

    report = judge(tmp_path, text, "A1", "A2")

    why = f"it is inside a call that does not end, at line {line}"
    assert words(report) == [
        f"A1 error: while this was judged, {why}",
        f"A2 not_run: not judged after A1: {why}",
    ]


def test_a_loop_that_awaits_and_catches(tmp_path: Path) -> None:
    """It is ended by the number of its operations, in each check."""
    body = (
        "while True:\n  try:\n    while True: await asyncio.sleep(0)\n  except BaseException: pass"
    )

    report = judge(tmp_path, claiming(body), "A1", "A2")

    assert words(report) == [
        f"{check} failed: claim_next_job is not done after 3,000 operations"
        for check in ("A1", "A2")
    ]


@pytest.mark.parametrize(
    "body", ["bytearray(10 * 1024**3)", "x = []\nwhile True: x.append(' ' * 10**8)"]
)
def test_too_much_memory(body: str, tmp_path: Path) -> None:
    """The check fails by a MemoryError; no other check of that task is tried."""
    report = judge(tmp_path, claiming(body), "A1", "A2")

    assert words(report) == [
        "A1 failed: claim_next_job raised MemoryError",
        "A2 not_run: not judged: claim_next_job ran out of memory in A1",
    ]


@pytest.mark.parametrize("case", FAILING)
def test_code_that_fails(case: str, tmp_path: Path) -> None:
    """The check fails, and says what the function did."""
    body, message = FAILING[case]

    report = judge(tmp_path, claiming(body), "A1")

    (a1,) = report.results
    assert a1.failure
    assert message in a1.failure.got
    assert report.exit_status(strict=False) == 1


@pytest.mark.parametrize("case", REFUSED)
def test_harm_is_refused(case: str, tmp_path: Path) -> None:
    """It does not happen, even if nobody sees the error; the check is an error, with the line."""
    body, message = REFUSED[case]
    before = sorted(path.stat().st_mtime_ns for path in (ROOT / "infra").rglob("*.py"))

    report = judge(tmp_path, claiming(body), "A1")

    (a1,) = report.results
    assert a1.status == "error"
    assert a1.message.startswith("solution.py:")
    assert message in a1.message
    assert a1.message.endswith(": not allowed here")
    assert sorted(path.stat().st_mtime_ns for path in (ROOT / "infra").rglob("*.py")) == before


@pytest.mark.parametrize("case", REPLACED)
def test_nothing_of_the_kit_is_replaced(case: str, tmp_path: Path) -> None:
    """What was replaced is named and put back, whatever the check came to."""
    report = judge(tmp_path, claiming(REPLACED[case]), "A2", "B1")

    message = f"{case} was replaced: only the solution's file is its own"
    assert words(report) == [f"A2 error: {message}", "B1 passed: "]


@pytest.mark.parametrize("case", HARMLESS)
def test_what_does_not_matter(case: str, tmp_path: Path) -> None:
    """What breaks no rule fails no check."""
    report = judge(tmp_path, claiming(f"{HARMLESS[case]}\nreturn None"), "A2")

    assert words(report) == ["A2 passed: "]
    assert report.exit_status(strict=False) == 0


@pytest.mark.parametrize("ending", ["posix._exit(0)", "posix.closerange(0, 1000)"])
def test_a_process_that_is_gone(ending: str, tmp_path: Path) -> None:
    """Where it was is an error, and what was not judged passes nothing."""
    report = judge(tmp_path, claiming(f"import posix\n{ending}"), "A1", "A2")

    why = "the process ended: a crash, or too much memory"
    assert words(report) == [
        f"A1 error: while this was judged, {why}",
        f"A2 not_run: not judged after A1: {why}",
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            (
                "await current_services().sendgrid.send(job.customer_email, 'x', f'{job.id}')\n"
                "return True"
            ),
            "SendGrid was called past send_email",
        ),
        (
            (
                "with use_services(Services.calm()):\n"
                "  await send_email(job.customer_email, 'x', f'{job.id}')\nreturn True"
            ),
            "no mail",
        ),
    ],
)
def test_mail_that_goes_another_way(body: str, message: str, tmp_path: Path) -> None:
    """A mail counts that was sent by send_email, to the services that are there."""
    report = judge(tmp_path, sending(body), "C1")

    assert words(report) == [f"C1 failed: {message}"]


def test_two_judgements_at_once(tmp_path: Path) -> None:
    """They do not know of each other."""
    path = tmp_path / "solution.py"
    path.write_text(right(), encoding="utf-8")
    command = [sys.executable, "-m", "tests", "--solution", str(path), "--only", "A"]

    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(2)]

    assert [process.wait(timeout=TIMEOUT_SECONDS) for process in both] == [0, 0]


@pytest.mark.parametrize("depth", [1, 2], ids=["while it starts", "in an endless loop"])
def test_interrupted(depth: int, tmp_path: Path) -> None:
    """Ctrl-C ends it quietly with status 130, and leaves no process behind."""
    path = tmp_path / "solution.py"
    path.write_text(claiming("x = 1\nwhile True: x += 1"), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests", "--solution", str(path), "--only", "A1"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=heed_ctrl_c,  # noqa: PLW1509
    )
    # The process that imports is its child, and those that judge are children of that one.
    while not (those := descendants_of(process.pid, depth)):
        time.sleep(0.01)

    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=TIMEOUT_SECONDS)

    assert (process.returncode, printed) == (130, b"")
    assert eventually(lambda: not any(map(is_alive, those)))


def test_a_relative_path_and_a_closed_input(tmp_path: Path) -> None:
    """The file is looked for from where the command is called; nothing is read from there."""
    (tmp_path / "mine.py").write_text(right(), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "80"}

    status, printed = judge_by_command(
        "mine.py", "--only", "A1", cwd=tmp_path, env=environment, stdin=None
    )

    assert status == 0
    assert "\x1b" not in printed
    assert printed.splitlines()[-1].startswith("mine.py: 1 passed")


def descendants_of(pid: int, depth: int) -> list[int]:
    """Return its children, theirs, and so on; nothing as long as there are not so many of them."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found, generation = [], [pid]
    for _ in range(depth):
        generation = [child for child, parent in parents.items() if parent in generation]
        if not generation:
            return []
        found += generation
    return found
