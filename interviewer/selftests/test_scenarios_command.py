"""`python -m scenarios`: what it takes, what it refuses, and solutions that misbehave."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from interviewer.selftests.demos import SOLUTION
from interviewer.selftests.processes import heed_ctrl_c
from interviewer.selftests.runs import REFERENCE, ROOT
from scenarios import dashboard
from scenarios.__main__ import main
from scenarios.incidents import INCIDENTS
from scenarios.report import from_json
from scenarios.reveal import ANSWERS

SENDS = "    await send_email_step(job)\n"


def scenario(*arguments: object, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command as one does by hand, its output going to a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "scenarios", *map(str, arguments)],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def _environment() -> dict[str, str]:
    unwanted = {"FORCE_COLOR", "COLUMNS", "LINES"}
    return {name: value for name, value in os.environ.items() if name not in unwanted}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "solution.py"


@pytest.fixture(scope="module")
def candidates_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kit as a candidate gets it: without interviewer/."""
    copy = tmp_path_factory.mktemp("copy") / "kit"
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "interview.db*", "interviewer")
    return Path(shutil.copytree(ROOT, copy, ignore=unwanted))


def test_without_a_number_it_lists_what_there_is() -> None:
    """Each incident, with the line to type and its question."""
    done = scenario()

    assert (done.returncode, done.stderr) == (0, "")
    for incident in INCIDENTS:
        assert f"python -m scenarios {incident.number}    {incident.title}" in done.stdout
        assert incident.question in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["4"], "Error: Invalid value for 'NUMBER': 4 is not in the range 1<=x<=3."),
        (["one"], "Error: Invalid value for 'NUMBER': 'one' is not a valid integer range."),
        (["1", "2"], "Error: Got unexpected extra argument (2)"),
        (["1", "--workers", "0"], "'--workers': 0 is not in the range 1<=x<=200."),
        (["1", "--latency", "-1"], "'--latency': -1.0 is not in the range 0<=x<=60."),
        (["2", "--crash-rate", "51"], "'--crash-rate': 51.0 is not in the range 0<=x<=50."),
        (["2", "--patience", "0"], "'--patience': 0.0 is not in the range 1<=x<=3600."),
        (["3", "--pool", "none"], "'--pool': 'none' is not a valid integer range."),
        (["1", "--json", "/nowhere/x.json"], "'--json': '/nowhere/x.json': No such file"),
        (["1", "--solution", "nowhere.py"], "'--solution': File 'nowhere.py' does not exist."),
        (["1", "--fast"], "Error: No such option '--fast'."),
    ],
)
def test_what_it_cannot_do_is_told_in_a_line(arguments: list[str], words: str) -> None:
    """Before anything runs; the exit status is 2."""
    done = CliRunner().invoke(main, arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_incident_without_a_flawed_system_is_told_in_a_line() -> None:
    """There is nothing to run then; the exit status is 2."""
    done = scenario("1", "--incident")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "incident 1 has no flawed system: it shows with any solution\n"


@pytest.mark.parametrize("number", [2, 3])
def test_in_a_pipe_it_prints_plain_lines_of_80_columns(number: int) -> None:
    """Nothing is drawn or coloured, and the question comes last."""
    done = scenario(number, "--incident")

    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.replace("\n", "").isprintable()
    assert lines[-1] == INCIDENTS[number - 1].question
    assert max(map(len, lines[:-1])) <= 80


def test_the_json_is_what_is_drawn(tmp_path: Path) -> None:
    """The file has the whole report, and what was printed is made from it."""
    file = tmp_path / "report.json"

    done = scenario("2", "--solution", REFERENCE, "--json", file)

    assert done.stdout.startswith(dashboard.whole(from_json(file)).plain)


def test_the_json_may_go_to_the_output() -> None:
    """Then there is nothing else."""
    done = scenario("2", "--solution", REFERENCE, "--json", "-")

    assert json.loads(done.stdout)["incident"] == 2


def test_knobs_change_the_system() -> None:
    """Each shows among the settings."""
    done = scenario(
        *("1", "--workers", 7, "--pool", 3, "--latency", 0.5, "--rate-limit", 6),
        *("--crash-rate", 1.5, "--patience", 45, "--json", "-", "--solution", REFERENCE),
    )

    settings = json.loads(done.stdout)["settings"]
    assert settings["workers"] == "7"
    assert settings["pool"] == "3 connections"
    assert settings["SendGrid answers in"] == "0.5 s"
    assert settings["SendGrid takes"] == "6 calls a second"
    assert settings["workers die after"] == "1.5% of calls to SendGrid"
    assert settings["reaper's patience"] == "45 s"


def test_functions_that_are_not_started_are_the_references(path: Path) -> None:
    """It says so of each, and those that are written are the candidate's."""
    path.write_text(
        SOLUTION.replace(SENDS, "    raise NotImplementedError\n").partition(
            '    await Job.filter(id=job.id).update(status="completed"'
        )[0]
    )

    done = scenario("1", "--solution", path)

    notes = [line for line in done.stdout.splitlines() if line.startswith("note")]
    assert notes == ["note        process_job is not started: the reference's is used"]
    assert "mails sent" in done.stdout


def test_a_function_that_fails_at_its_first_job_is_the_references(path: Path) -> None:
    """With the error, and its line."""
    path.write_text(SOLUTION.replace(SENDS, "    raise KeyError(job.id)\n"))
    line = path.read_text()[: path.read_text().index("raise KeyError")].count("\n") + 1

    done = scenario("1", "--solution", path)

    text = " ".join(done.stdout.split())
    error = f"KeyError: there is no key 1, line {line}"
    assert f"process_job fails at its first job ({error}): the" in text
    assert done.returncode == 0


def test_a_file_that_cannot_be_loaded_is_told_in_a_line(path: Path) -> None:
    """With its line; there is nothing to run."""
    path.write_text("x = (\n")

    done = scenario("1", "--solution", path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{path}:1: syntax error: '(' was never closed\n"


MISBEHAVES = {
    "ends the process": ("raise SystemExit", 1, "the solution ended its process (SystemExit)"),
    "no Exception": ("raise BaseException('no')", 1, "ended its worker (BaseException: no)"),
    "no time passes": (
        "\n        while True: await __import__('asyncio').sleep(0)",
        1,
        "goes on and on without any time passing (sleep(0))",
    ),
    "waits for ever": ("await Event().wait()", 0, ""),
    "cannot be cancelled": (
        "\n        while True:\n            try: await Event().wait()\n            except: pass",
        0,
        "",
    ),
    "raises": ("raise KeyError(job.id)", 0, ""),
}


@pytest.mark.parametrize("what", MISBEHAVES)
def test_a_solution_that_misbehaves_ends_with_what_was_measured(what: str, path: Path) -> None:
    """From job 21 on it does that: there is a report all the same, and one line at most."""
    does, status, words = MISBEHAVES[what]
    path.write_text(SOLUTION.replace(SENDS, f"    if job.id > 20: {does}\n{SENDS}"))

    done = scenario("1", "--solution", path)

    assert done.returncode == status
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == (1 if status else 0)
    assert "mails sent" in done.stdout


def test_what_a_solution_prints_is_counted(path: Path) -> None:
    """It would tear the screen: how many lines there were is told."""
    path.write_text(SOLUTION.replace(SENDS, f"    print('hello')\n{SENDS}"))

    done = scenario("2", "--solution", path)

    assert "hello" not in done.stdout + done.stderr
    assert re.search(r"note +[\d,]+ lines that the solution printed are not shown", done.stdout)


@contextmanager
def started(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Start the command, and let Ctrl-C reach it."""
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "scenarios", *map(str, arguments)],
        cwd=ROOT,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,  # noqa: PLW1509
    ) as process:
        yield process


@pytest.mark.parametrize("does", ["pass", "await execute_sql('SELECT 1')"])
def test_ctrl_c_prints_what_was_measured_so_far(does: str, path: Path) -> None:
    """Also when a solution loops without an await, which lets nobody else run."""
    # Past what counts its prints, to tell the test that it is there.
    sign = "        if job.id == 21: __import__('os').write(1, b'there\\n')\n"
    loop = f"    if job.id > 20:\n{sign}        while True: {does}\n"
    path.write_text(SOLUTION.replace(SENDS, f"{loop}{SENDS}"))

    with started("1", "--solution", path) as process:
        assert process.stdout
        there = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate()

    assert (there, process.returncode, stderr) == ("there\n", 130, "")
    assert "ended: stopped by Ctrl-C" in stdout
    assert re.search(r"\b20 in all", stdout)


@pytest.mark.parametrize(("module", "arguments"), [("scenarios", ["1"]), ("scenarios.demo", [])])
def test_ctrl_c_while_it_starts_is_no_error(module: str, arguments: list[str]) -> None:
    """Whoever changes their mind at once is not told what Python was importing."""
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", module, *arguments],
        cwd=ROOT,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,  # noqa: PLW1509
    ) as process:
        assert process.stderr
        next(line for line in process.stderr if line.rstrip().endswith(" click"))
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate()

    assert process.returncode in {-signal.SIGINT, 130}
    assert "Traceback" not in stderr


def test_reveal_prints_an_incidents_section() -> None:
    """From its heading to the next one."""
    done = scenario("2", "--reveal")

    assert done.stdout.startswith("## 2 · duplicate emails\n")
    assert "## 3" not in done.stdout
    assert done.stdout.strip() in ANSWERS.read_text(encoding="utf-8")


def test_a_candidates_copy_reveals_nothing(candidates_copy: Path) -> None:
    """One line says that it is not there."""
    done = scenario("2", "--reveal", folder=candidates_copy)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "what there is to reveal is in interviewer/, which is not here\n"


@pytest.mark.parametrize(("arguments", "file"), [(["3"], "3"), (["3", "--incident"], "3-incident")])
def test_a_candidates_copy_shows_recorded_runs(
    candidates_copy: Path, arguments: list[str], file: str
) -> None:
    """Where functions are not started, and in place of a flawed system; marked as such."""
    done = scenario(*arguments, "--json", "-", folder=candidates_copy)
    drawn = scenario(*arguments, folder=candidates_copy)

    recorded = json.loads((ROOT / f"scenarios/recorded/{file}.json").read_text(encoding="utf-8"))
    shown = json.loads(done.stdout)
    assert shown["worker_time"] == recorded["worker_time"]
    assert shown["recorded"]
    assert "recorded earlier, comes with the kit" in drawn.stdout
    assert ("claim_next_job is not started" in drawn.stdout) == (file == "3")


def test_a_candidates_copy_runs_what_is_written(candidates_copy: Path, path: Path) -> None:
    """With all four functions there, nothing of interviewer/ is needed."""
    path.write_text(SOLUTION)

    done = scenario("2", "--solution", path, folder=candidates_copy)

    assert (done.returncode, done.stderr) == (0, "")
    assert "recorded" not in done.stdout


def test_the_answers_have_the_figures_of_the_recorded_runs() -> None:
    """What an interviewer reads is what the candidate sees."""
    text = " ".join(ANSWERS.read_text(encoding="utf-8").split())
    one, two, two_flawed, three, three_flawed = (
        from_json(ROOT / f"scenarios/recorded/{name}.json")
        for name in ("1", "2", "2-incident", "3", "3-incident")
    )

    assert one.littles_law
    assert f"{one.littles_law.calls_under_way} calls under way" in text
    mails = two_flawed.mails
    assert f"{mails.delivered:,} delivered to 1,000 customers, {mails.duplicates} again" in text
    assert f"none again, and {two.mails.absorbed} absorbed" in text
    deliveries = two_flawed.deliveries
    assert f"{deliveries.crashes} crashes, {deliveries.reaped} jobs reaped, " in text
    assert two_flawed.life
    assert f"life of job {two_flawed.life.job}*" in text
    assert f"{three_flawed.pool.timeouts} waited in vain" in text
    assert f"{three.throughput.a_minute['sent']:.0f} a minute, the longest hold 1.2 ms" in text
