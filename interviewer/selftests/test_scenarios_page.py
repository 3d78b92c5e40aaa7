"""The page of an incident, in a real browser, of runs that were really made."""

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from interviewer.selftests.browser import Browser, page_count
from interviewer.selftests.pages import assert_good_page
from interviewer.selftests.runs import FLAWED, REFERENCE, run
from scenarios.incidents import INCIDENTS
from scenarios.page import page
from scenarios.report import Entry, Life, Report

HOSTILE = "</style></script><script>document.title = 'taken'</script>'\"&\u202e"
AS_TEXT = HOSTILE.replace("\u202e", r"\u202e")


@cache
def reported(number: int, *, flawed: bool = False) -> Report:
    """Return the report of an incident, with the reference's functions or the kit's flawed ones."""
    name = INCIDENTS[number - 1].flawed
    return run(number, FLAWED / name if flawed and name else REFERENCE).report


def shown(browser: Browser, report: Report, folder: Path) -> Browser:
    """Return the browser with the page of a run open."""
    file = folder / "incident.html"
    file.write_text(page(report), encoding="utf-8")
    browser.open(file)
    return browser


def lines_of(browser: Browser, chart: str) -> list[list[tuple[float, float]]]:
    """Return the points of each curve of a chart, in the drawing's units from its top left."""
    query = f"[...document.querySelectorAll('#{chart} .series path.line')]"
    paths: list[str] = browser.evaluate(query + ".map(each => each.getAttribute('d'))")
    return [
        [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]
        for path in paths
    ]


@pytest.mark.parametrize(
    ("number", "flawed"), [(1, False), (2, False), (2, True), (3, False), (3, True)]
)
def test_the_page_is_a_good_page(
    browser: Browser,
    tmp_path: Path,
    number: int,
    flawed: bool,  # noqa: FBT001
) -> None:
    """Each incident can be read in light and dark, on a laptop and on a projector."""
    html = page(reported(number, flawed=flawed))

    assert_good_page(browser, html, tmp_path)


def test_the_question_comes_first(browser: Browser, tmp_path: Path) -> None:
    """The question is the heading; below it is what the system is like, and how it was run."""
    report = reported(1)
    shown(browser, report, tmp_path)

    assert browser.texts("h1") == [report.question]
    assert browser.texts("header p") == [
        "Incident 1 · slow throughput",
        "reference.py · 5 min 00 s of simulated time · seed 0 · ended: time is up",
    ]
    assert browser.texts("#settings div")[:3] == ["workers20", "jobs5,000", "pool10 connections"]


def test_the_figures_are_those_of_the_run(browser: Browser, tmp_path: Path) -> None:
    """The guide's 300 a minute can be read off, and what waits."""
    shown(browser, reported(1), tmp_path)

    figures = browser.texts("#figures .tile")
    assert figures[0].startswith("300 a minute mails sent")
    assert figures[1] == "3,500 ready jobs; the oldest for 5 min 00 s"


def test_all_is_drawn(browser: Browser, tmp_path: Path) -> None:
    """There is a chart for each thing to look at, with a legend in words."""
    shown(browser, reported(2, flawed=True), tmp_path)

    assert browser.texts(".chart figcaption b") == [
        "What the workers were at",
        "Throughput",
        "Queue by state",
        "Connection pool",
        "Mails",
        "send_email",
        "process_job",
        "claim_next_job",
        "SQL of claim_next_job",
    ]
    assert browser.texts("#queue-by-state .legend li") == [
        *("failed", "completed", "running", "scheduled", "ready")
    ]
    assert len(lines_of(browser, "latency-1")) == 3


def test_worker_time_is_all_of_the_workers(browser: Browser, tmp_path: Path) -> None:
    """The areas add up to the number of workers at each moment, and their shares to all of it."""
    report = reported(2)
    shown(browser, report, tmp_path)

    shares = browser.texts("#worker-time .legend .number")
    assert sum(float(share.rstrip("%")) for share in shares) == pytest.approx(100, abs=0.5)
    labels = browser.texts("#worker-time .axis.y text")
    assert labels[-1] == str(report.workers)
    top = min(y for _, y in lines_of(browser, "worker-time")[-1])
    ceiling = browser.evaluate(
        "[...document.querySelectorAll('#worker-time .axis.y .guide')]"
        ".map(each => +each.getAttribute('d').match(/M\\S+ (\\S+)/)[1]).sort((a, b) => a - b)[0]"
    )
    assert top == pytest.approx(ceiling, abs=0.5)


def test_time_goes_right_and_more_is_further_up(browser: Browser, tmp_path: Path) -> None:
    """The queue's ready jobs begin high at the left and end low at the right."""
    report = reported(1)
    shown(browser, report, tmp_path)

    at_zero, *ready = lines_of(browser, "queue-by-state")[0]
    curve = ready[: len(report.queue.over_time["ready"])]

    assert [x for x, _ in curve] == sorted(x for x, _ in curve)
    assert [y for _, y in curve] == sorted(y for _, y in curve)
    assert curve[0][1] < curve[-1][1] < at_zero[1]


def test_labels_do_not_touch(browser: Browser, tmp_path: Path) -> None:
    """No two labels of an axis overlap, and none is cut short."""
    for report in (reported(1), reported(2), reported(3, flawed=True)):
        shown(browser, report, tmp_path)

        overlapping = browser.evaluate("""
            [...document.querySelectorAll('.chart .axis')].flatMap(axis => {
              const boxes = [...axis.querySelectorAll('text')]
                .filter(text => text.textContent.trim())
                .map(text => [text.textContent, text.getBoundingClientRect()]);
              return boxes.filter(([a, one], at) => boxes.slice(at + 1).some(([b, other]) =>
                one.left < other.right && other.left < one.right
                && one.top + 3 < other.bottom && other.top + 3 < one.bottom)).map(([a]) => a);
            })
        """)

        assert overlapping == []
        assert [text for text in browser.texts(".chart .axis text") if "…" in text] == []


def test_a_moment_at_the_end_is_no_slice(browser: Browser, tmp_path: Path) -> None:
    """A run that ended a moment after a slice has no curve that falls to nothing there."""
    report = reported(3)
    queue = {state: (*values, 0.0) for state, values in report.queue.over_time.items()}
    late = replace(
        report,
        seconds=report.seconds + 0.001,
        queue=replace(report.queue, over_time=queue),
    )

    whole = lines_of(shown(browser, report, tmp_path), "throughput")
    again = lines_of(shown(browser, late, tmp_path), "throughput")

    assert again == whole


def test_a_run_of_a_moment_has_no_curves(browser: Browser, tmp_path: Path) -> None:
    """A run that was stopped at once says so in place of its curves, and is a good page."""
    report = reported(1)
    queue = {state: values[:1] for state, values in report.queue.over_time.items()}
    stopped = replace(report, seconds=2.0, queue=replace(report.queue, over_time=queue))

    assert_good_page(browser, page(stopped), tmp_path)

    assert browser.evaluate("document.querySelectorAll('svg').length") == 0
    assert "The run was too short for a curve." in browser.text("#worker-time")


def test_the_worst_job_is_drawn_across_workers(browser: Browser, tmp_path: Path) -> None:
    """Its life is a lane for each who had to do with it, and a line for each event."""
    report = reported(2, flawed=True)
    assert report.life
    shown(browser, report, tmp_path)

    heading = f"The life of job {report.life.job}: {report.life.mails} mails to {report.life.email}"
    assert browser.texts("#worst h2") == [heading]
    workers = dict.fromkeys(entry.worker for entry in report.life.entries)
    assert browser.texts("#worst .name") == [*workers]
    assert browser.texts("#events td:nth-child(4)") == [entry.what for entry in report.life.entries]
    delivered = browser.evaluate("document.querySelectorAll('#worst .lane .mail').length")
    assert delivered == report.life.mails


def test_events_go_right_and_do_not_touch(browser: Browser, tmp_path: Path) -> None:
    """Later events are further right, and within a lane none covers another's number."""
    shown(browser, reported(2, flawed=True), tmp_path)

    lanes = browser.evaluate(
        "[...document.querySelectorAll('#worst .lane')].map(lane =>"
        " [...lane.querySelectorAll('i')].map(each => each.getBoundingClientRect().left))"
    )

    for lane in lanes:
        assert all(later - earlier >= 18 for earlier, later in pairwise(lane))


def test_a_recorded_run_says_so(browser: Browser, tmp_path: Path) -> None:
    """A run that comes with the kit is marked as one, and notes on a run are shown."""
    shown(browser, replace(reported(1), recorded=True, notes=("send is not started",)), tmp_path)

    assert browser.texts("header .note") == [
        "This run was recorded earlier, and comes with the kit.",
        "send is not started",
    ]


def test_errors_that_escaped_are_listed(browser: Browser, tmp_path: Path) -> None:
    """Who overloads the pool sees which errors came of it, and how often."""
    report = reported(3, flawed=True)

    shown(browser, report, tmp_path)

    assert len(report.escaped) == 4
    assert browser.texts("#escaped tbody td:first-child") == [*report.escaped]
    assert browser.texts("#escaped tbody .number") == [f"{n:,}" for n in report.escaped.values()]


def test_what_a_candidate_wrote_is_text(browser: Browser, tmp_path: Path) -> None:
    """A file's name, an error, a function and an address with markup are shown as they are."""
    entry = Entry(at_seconds=1.0, end_seconds=2.0, worker=HOSTILE, what=HOSTILE, words=HOSTILE)
    report = reported(1)
    strange = replace(
        report,
        solution=HOSTILE,
        ended=HOSTILE,
        escaped={HOSTILE: 3},
        operations=tuple(replace(each, name=HOSTILE) for each in report.operations),
        life=Life(job=1, email=HOSTILE, mails=1, entries=(entry,)),
        worker_time=replace(
            report.worker_time,
            total={HOSTILE: 1.0},
            over_time={HOSTILE: report.worker_time.over_time["send_email"]},
        ),
    )
    html = page(strange)

    assert_good_page(browser, html, tmp_path)

    assert browser.texts("#escaped tbody td") == [AS_TEXT, "3"]
    assert browser.texts("#worker-time .legend .theirs") == [AS_TEXT]
    assert browser.texts("#worst .name") == [AS_TEXT]
    assert browser.texts("#latency-1 figcaption b") == [AS_TEXT]
    assert browser.evaluate("document.scripts.length") == 0
    assert "\u202e" not in html


def test_the_page_prints(browser: Browser, tmp_path: Path) -> None:
    """On paper, an incident takes a few pages."""
    shown(browser, reported(2, flawed=True), tmp_path)

    assert 2 <= page_count(browser.pdf()) <= 5


def test_the_same_run_is_the_same_page() -> None:
    """Two pages of one run differ in nothing: no date and no chance is in them."""
    assert page(reported(2)) == page(reported(2))
