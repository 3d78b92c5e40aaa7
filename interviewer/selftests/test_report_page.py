"""The report of a submission, in a real browser, of solutions that were really judged."""

from dataclasses import replace
from pathlib import Path

import pytest

from interviewer.grading.grading import Grading, SessionLine
from interviewer.report import page, table
from interviewer.report.questions import question_about
from interviewer.selftests.browser import Browser, page_count
from interviewer.selftests.graded import AN_HOUR, SOLUTIONS, graded, graded_file
from interviewer.selftests.pages import assert_good_page
from tests.watch.reset import STARTER

RIGHT = "reference"
RACY = "wrong/a4_select_then_save"
MANY_FAILURES = "wrong/c4_new_key_per_try"
MANY_WORKERS = "wrong/a6_failed_as_a_lock"

BOTH_HOLD_IT = "both worker-1 and worker-2 hold job 1"
HOSTILE = "</style></script><script>document.title = 'taken'</script>'\"&\u202e"


def shown(browser: Browser, grading: Grading, folder: Path) -> Browser:
    """Return the browser with the report of a grading open."""
    file = folder / "report.html"
    file.write_text(page(grading), encoding="utf-8")
    browser.open(file)
    return browser


def full(name: str) -> Grading:
    """Return a grading with all that a returned folder can have."""
    return replace(
        graded(name),
        name="grace",
        session=AN_HOUR,
        changed=("infra/worker.py",),
        added=("notes.txt",),
    )


@pytest.mark.parametrize("name", [RIGHT, RACY, MANY_FAILURES, MANY_WORKERS])
def test_the_report_is_a_good_page(browser: Browser, tmp_path: Path, name: str) -> None:
    """The report can be read in light and dark, on a laptop and on a projector."""
    html = page(full(name))

    assert_good_page(browser, html, tmp_path)


def test_the_report_of_a_right_solution(browser: Browser, tmp_path: Path) -> None:
    """All guarantees hold, a sentence each with its evidence; there is nothing that went wrong."""
    shown(browser, graded(RIGHT), tmp_path)

    assert browser.texts("#summary .tile")[:2] == [
        "25 of 25 guarantees hold",
        "A claim ✓ 7 of 7 hold",
    ]
    rows = browser.texts("#guarantees tbody tr")
    assert len(rows) == 25
    assert rows[3].startswith(
        "A4 One job, one worker: two workers never hold the same job, in whatever order they go. "
        "✓ holds"
    )
    assert "in every order" in rows[3]
    assert browser.evaluate("document.querySelector('#failures')") is None


def test_a_failure_is_told_beside_the_code(browser: Browser, tmp_path: Path) -> None:
    """Two lanes with what each worker did, the judge's choice marked, and the line of the code."""
    shown(browser, replace(graded(RACY), seed=7), tmp_path)

    assert browser.texts("#guarantees .failed td.evidence") == [
        "both worker-1 and worker-2 hold job 1"
    ]
    assert browser.texts("#failure-A4 .who") == ["worker-1", "worker-2"]
    assert len(browser.texts("#failure-A4 .did")) == 4
    (marked,) = browser.texts("#failure-A4 .did.marked")
    assert marked.startswith("◀ SELECT * FROM jobs WHERE status = 'pending'")
    assert marked.endswith("→ job 1 pending")
    assert browser.texts("#failure-A4 .where .line.marked") == ["▶31 await job.save()"]
    assert browser.text("#failure-A4 .why").startswith("Both saw job 1 as free")
    assert browser.text("#failure-A4 .where dl").endswith("make test T=A4 SEED=7 REPLAY=w1*1.w2*1")


def test_workers_stand_side_by_side(browser: Browser, tmp_path: Path) -> None:
    """What worker-2 did is to the right of what worker-1 did, and later is further down."""
    shown(browser, graded(RACY), tmp_path)

    boxes = browser.evaluate(
        "[...document.querySelectorAll('#failure-A4 .did')]"
        ".map(each => each.getBoundingClientRect()).map(box => [box.left, box.right, box.top])"
    )

    first, second, third, fourth = boxes
    assert first[1] < second[0]
    assert (first[0], second[0]) == (fourth[0], third[0])
    assert first[2] < second[2] < third[2] < fourth[2]


def test_crashes_and_faults_are_told(browser: Browser, tmp_path: Path) -> None:
    """A worker's death and a call's error stand in the story, and the rest is named below."""
    shown(browser, graded(MANY_FAILURES), tmp_path)

    assert browser.texts("#failures h3 .bad") == ["✗ C4", "✗ C5", "✗ D3", "✗ D4"]
    assert any("TimeoutError, but delivered" in each for each in browser.texts(".did.fault"))
    assert browser.texts("#failure-D4 .did.crash") == ["◀ dies"]
    assert [each[:2] for each in browser.texts("#untold li")] == ["D6", "D7"]


def test_more_workers_than_lanes_are_named(browser: Browser, tmp_path: Path) -> None:
    """A story of five workers is one lane, in which each step names its worker."""
    shown(browser, graded(MANY_WORKERS), tmp_path)

    assert browser.texts("#failure-A6 .who") == [""]
    assert browser.texts("#failure-A6 .did .by") == [
        *("worker-1", "worker-1", "worker-2", "worker-3", "worker-4", "worker-5")
    ]


def test_the_hour_is_drawn(browser: Browser, tmp_path: Path) -> None:
    """When each task turned green, what broke, and which hints were taken."""
    shown(browser, full(RIGHT), tmp_path)

    assert browser.texts("#progress .since") == [
        "green since minute 35",
        "green since minute 16",
        "green since minute 35",
        "not green at the end",
    ]
    assert browser.texts("#progress p") == [
        "6 judged saves; hints taken: A4 (1 of 3), C4 (2 of 3)."
    ]
    assert browser.texts("#progress tbody tr") == [
        "9 10:24 ? hint for A4",
        "11 10:26 ✓ A green",
        "16 10:31 ✓ B green",
        "23 10:38 ✗ A5 broke, as C1, C2, C3, C5, C6, C7 began to pass",
        "24 10:39 ? hint for C4",
        "25 10:40 ? hint for C4",
        "35 10:50 ✓ A, C green",
    ]


def test_without_notes_there_is_no_hour(browser: Browser, tmp_path: Path) -> None:
    """Where no session was kept, the report says nothing of the hour."""
    shown(browser, graded(RIGHT), tmp_path)

    assert browser.evaluate("document.querySelector('#progress')") is None


def test_the_notes_can_be_anybodys(browser: Browser, tmp_path: Path) -> None:
    """Lines without a time or of no check are left out, and a thousand years are drawn as one."""
    notes = (
        SessionLine("yesterday", "judged", {"A1": "passed"}, {}),
        SessionLine("1500-01-01T00:00:00", "judged", {"A1": "passed", HOSTILE: "failed"}, {"": 1}),
        SessionLine("2500-01-01T00:00:00+00:00", "hint", {}, {"A1": 10**9, HOSTILE: 1}),
    )

    html = page(replace(graded(RIGHT), session=notes))

    assert_good_page(browser, html, tmp_path)
    assert browser.texts("#progress .since")[0] == "green since minute 0"
    assert len(browser.texts("#progress .axis span")) == 13
    assert len(html) < 200_000


def test_very_long_code_is_cut(browser: Browser, tmp_path: Path) -> None:
    """Of a file as long as a book, the beginning is shown, and that there is more."""
    book = "# a line of many\n" * 20_000

    shown(browser, replace(graded(RIGHT), solution=book), tmp_path)

    assert browser.texts("#code .note") == [
        "It goes on: only its first 100,000 characters are shown."
    ]
    assert len(browser.texts("#code .line")) == 5883


def test_files_that_were_changed_are_named(browser: Browser, tmp_path: Path) -> None:
    """Files of the kit that came back otherwise are listed, and those that were added."""
    shown(browser, full(RIGHT), tmp_path)

    assert browser.texts("#foreign dt") == ["Changed", "Added"]
    assert browser.texts("#foreign dd") == ["infra/worker.py", "notes.txt"]


def test_of_very_many_files_some_are_named(browser: Browser, tmp_path: Path) -> None:
    """Who returns a folder with all of its packages in it does not fill the report."""
    packages = tuple(f"lib/{number}.py" for number in range(5_000))

    shown(browser, replace(graded(RIGHT), added=packages), tmp_path)

    assert browser.text("#foreign dd").endswith("lib/29.py, and 4,970 more")


def test_the_marks_are_left_blank(browser: Browser, tmp_path: Path) -> None:
    """Three parts, nothing ticked, nothing written, and notes can be typed."""
    shown(browser, graded(RIGHT), tmp_path)

    assert browser.texts("#rubric th:first-child") == [
        "Part 1 · design talk",
        "Part 2 · code",
        "Part 3 · incident",
    ]
    assert set(browser.texts("#rubric .notes")) == {""}
    assert browser.evaluate("document.querySelectorAll('#rubric :checked').length") == 0
    assert browser.evaluate("document.querySelector('td.notes').isContentEditable")


@pytest.mark.parametrize(
    "solution", [RIGHT, "right/short_and_plain", "right/give_up_by_the_clock", RACY]
)
def test_each_observation_is_a_question(solution: str) -> None:
    """For whatever the judge observes, there is something to ask."""
    verdict = graded(solution).verdict
    assert verdict

    observed = [observation["text"] for observation in verdict["observations"]]

    assert observed
    assert [text for text in observed if question_about(text) is None] == []


def test_the_starter_is_neither_right_nor_wrong(browser: Browser, tmp_path: Path) -> None:
    """What was not started is called so, task by task, and nothing went wrong."""
    shown(browser, graded_file(STARTER), tmp_path)

    assert browser.texts("#summary .tile")[0] == "0 of 25 guarantees hold"
    assert browser.texts("#summary .outcome") == ["○ not started"] * 4
    assert set(browser.texts("#guarantees td.outcome")) == {"○ not started"}
    assert browser.evaluate("document.querySelector('#failures')") is None


def test_a_file_that_cannot_be_judged(browser: Browser, tmp_path: Path) -> None:
    """A syntax error is told in one line, with the code and room for the interviewer's marks."""
    file = tmp_path / "broken.py"
    file.write_text("def claim(:\n")

    shown(browser, graded_file(file), tmp_path)

    assert browser.texts("#problem p") == ["broken.py:1: syntax error: invalid syntax"]
    assert browser.texts("#code .src") == ["def claim(:"]
    assert browser.evaluate("document.querySelector('#guarantees')") is None
    assert browser.texts("#rubric h2") == ["Your marks"]


def test_what_a_candidate_wrote_is_text(browser: Browser, tmp_path: Path) -> None:
    """A name, a file, an error message and code with markup in them are shown as they are."""
    file = tmp_path / "hostile.py"
    reference = (SOLUTIONS / "reference.py").read_text(encoding="utf-8")
    body = f"raise RuntimeError({HOSTILE!r} + '''{HOSTILE}''')"
    file.write_text(
        f"{reference}\nasync def claim_next_job() -> Job | None:\n    {body}\n", encoding="utf-8"
    )
    grading = replace(graded_file(file), name=HOSTILE, source=HOSTILE, added=(HOSTILE,))

    html = page(grading)
    shown(browser, grading, tmp_path)

    as_text = HOSTILE.replace("\u202e", r"\u202e")
    assert browser.texts("h1") == [as_text]
    assert browser.texts("#foreign dd") == [as_text]
    assert as_text in browser.texts("#failure-A1 dl")[0]
    assert as_text in browser.texts("#code .src")[-1]
    assert browser.evaluate("document.scripts.length") == 0
    assert "\u202e" not in html
    assert_good_page(browser, html, tmp_path)


def test_the_report_prints(browser: Browser, tmp_path: Path) -> None:
    """On paper, a report with one failure takes a few pages."""
    shown(browser, full(RACY), tmp_path)

    assert 4 <= page_count(browser.pdf()) <= 7


def test_many_submissions_are_a_table(browser: Browser, tmp_path: Path) -> None:
    """A line each, in the order given: what each task came to, and what is wrong first."""
    unusable = Grading(name=HOSTILE, source="x.zip", problem="it is no zip file")
    html = table([graded(RIGHT), graded(RACY), unusable, graded_file(STARTER)])

    assert_good_page(browser, html, tmp_path)

    assert browser.texts("#submissions tbody tr") == [
        "reference ✓ 7 of 7 ✓ 4 of 4 ✓ 7 of 7 ✓ 7 of 7 25 of 25",
        f"a4_select_then_save ✗ 6 of 7 ✓ 4 of 4 ✓ 7 of 7 ✓ 7 of 7 24 of 25 A4: {BOTH_HOLD_IT}",
        HOSTILE.replace("\u202e", r"\u202e") + " – – – – – it is no zip file",
        "starter ○ not started ○ not started ○ not started ○ not started 0 of 25",
    ]
