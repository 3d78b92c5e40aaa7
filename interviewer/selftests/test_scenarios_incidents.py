"""The three incidents: what their metrics show, with right solutions and with the flawed ones."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from interviewer import record
from interviewer.selftests.runs import FLAWED, REFERENCE, ROOT, SOLUTIONS, run
from scenarios.report import from_json, to_json

ONE_WAITS, ONE_GOES_ON = REFERENCE, SOLUTIONS / "right" / "short_and_plain.py"
IN_A_TRANSACTION = SOLUTIONS / "wrong" / "c6_sends_inside_a_transaction.py"
RECORDED = sorted((ROOT / "scenarios" / "recorded").glob("*.json"))


@pytest.mark.parametrize("path", [ONE_WAITS, ONE_GOES_ON], ids=["waits 48 h", "goes on at once"])
def test_twenty_workers_on_a_slow_api_send_300_mails_a_minute(path: Path) -> None:
    """The figures of the question come out, whether or not a job waits between its steps."""
    report = run(1, path, seconds=120).report
    law = report.littles_law

    assert 280 <= report.throughput.a_minute["sent"] <= 300
    assert report.worker_time.total["send_email"] > 0.95 * 20 * 120
    assert law
    assert law.seconds_a_call == 4.0
    assert law.calls_under_way == pytest.approx(law.calls_a_second * law.seconds_a_call, rel=0.03)
    assert 19 <= law.calls_under_way <= 20


def test_twice_the_workers_send_twice_the_mails() -> None:
    """And half the latency does the same: both knobs are those of Little's law."""
    workers = run(1, workers=40, seconds=60).report.throughput.total["sent"]
    latency = run(1, latency_seconds=2.0, seconds=60).report.throughput.total["sent"]

    once = run(1, seconds=60).report.throughput.total["sent"]
    assert workers == 2 * once
    assert latency == pytest.approx(2 * once, rel=0.01)


def test_a_slow_claim_gives_the_same_throughput_and_another_picture() -> None:
    """300 a minute again, but the workers wait for each other, hardly for SendGrid."""
    report = run(1, latency_seconds=0.2, claim_seconds=0.2, seconds=120).report
    total = report.worker_time.total

    assert 280 <= report.throughput.a_minute["sent"] <= 300
    assert total["send_email"] < 0.1 * 20 * 120
    assert total["waiting for a connection"] + total["waiting for the write lock"] > 0.8 * 2400
    assert sum(total.values()) == pytest.approx(2400, abs=0.01)


def test_a_transaction_held_across_the_call_shows_at_once() -> None:
    """The write lock is never free, and its longest hold is as long as the call."""
    report = run(1, IN_A_TRANSACTION, seconds=60).report

    assert report.write_lock.used_mean > 0.9
    assert report.write_lock.longest
    assert report.write_lock.longest.seconds > 4.0
    assert report.worker_time.total["waiting for the write lock"] > 100


@pytest.mark.parametrize("path", [ONE_WAITS, ONE_GOES_ON], ids=lambda path: path.stem)
def test_with_a_right_solution_nobody_gets_two_mails(path: Path) -> None:
    """Though workers die, SendGrid times out, and the reaper takes jobs from who still runs."""
    report = run(2, path, jobs=300).report

    assert report.mails.customers_by_mails == {"1": 300}
    assert report.mails.duplicates == 0
    assert report.mails.absorbed > 0
    assert report.deliveries.crashes > 0
    assert report.deliveries.reaped_alive > 0


def test_with_the_flawed_one_some_get_several() -> None:
    """And the worst job's life tells by which calls, of which workers, each with its own key."""
    report = run(2, FLAWED / "duplicate_emails.py").report
    life = report.life

    assert report.mails.duplicates > 20
    assert report.mails.absorbed == 0
    assert life
    assert life.mails == max(map(int, report.mails.customers_by_mails))
    delivered = [entry for entry in life.entries if ", mail " in entry.words]
    assert len(delivered) == life.mails > 1
    keys = [re.search(r"key \d+", entry.words) for entry in delivered]
    assert len({key[0] for key in keys if key}) == life.mails
    assert [entry.at_seconds for entry in life.entries] == sorted(
        entry.at_seconds for entry in life.entries
    )


def test_a_job_is_created_claimed_sent_for_and_reaped_in_its_life() -> None:
    """A worker that died shows as dead when the reaper takes its job."""
    report = run(2, jobs=20, workers=2, crash_rate=0.5, error_rate=0, seed=1).report
    assert report.life

    what = [entry.what for entry in report.life.entries]
    (died, reaped) = (what.index("died"), what.index("reaped"))
    assert what[:3] == ["created", "claimed", "send_email"]
    assert died < reaped
    assert report.life.entries[reaped].words.endswith("who is dead")


def test_patience_that_is_long_enough_takes_no_job_from_a_living_worker() -> None:
    """With the reaper's patience beyond a heartbeat, only the dead lose their jobs."""
    report = run(2, jobs=300, patience_seconds=30).report

    assert report.deliveries.reaped_alive == 0
    assert report.deliveries.reaped > 0


def test_a_pool_of_ten_is_enough_for_fifty_workers_that_give_back() -> None:
    """Nobody waits for longer than a few round trips, and nothing times out."""
    report = run(3, seconds=60).report

    assert report.pool.timeouts == 0
    assert report.pool.waits.longest is not None
    assert report.pool.waits.longest < 0.1
    assert report.throughput.a_minute["sent"] == 750


def test_who_keeps_a_connection_during_the_call_starves_the_others() -> None:
    """The pool is used up by one function, and most of the workers' time is waiting."""
    report = run(3, FLAWED / "pool_stress.py", seconds=60).report

    assert report.pool.timeouts > 100
    assert report.pool.used_mean > 9.5
    assert report.pool.holders[0].function == "process_job"
    assert report.pool.longest
    assert report.pool.longest.seconds > 4
    assert report.throughput.a_minute["sent"] < 20


def test_a_recorded_run_is_what_recording_it_again_gives() -> None:
    """Byte by byte, so it belongs to this code. `python -m interviewer.record` writes it."""
    changed = [
        path.name for path, report in record.reports() if path.read_bytes() != to_json(report)
    ]

    assert changed == []


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_run_gives_no_answer_away(path: Path) -> None:
    """A candidate has it: there is no SQL in it, no code, no name that the kit does not tell."""
    text = path.read_text(encoding="utf-8")
    report = from_json(path)

    assert report.recorded
    assert not re.search(r"\b(SELECT|INSERT|UPDATE|DELETE|BEGIN|COMMIT|WHERE)\b", text)
    assert not re.search(r"\.py|reference|flaw|interviewer", text)
    known = {
        *("claim_next_job", "create_campaign_jobs", "send_email_step", "process_job"),
        *("the worker itself", "send_email", "fetch_reply", "analyze_sentiment"),
    }
    holders = [
        each.function for shared in (report.pool, report.write_lock) for each in shared.holders
    ]
    assert {each.name for each in report.operations} | set(holders) <= known
    assert len(text) < 40_000


def test_there_is_a_recorded_run_for_each_that_can_be_asked_for() -> None:
    """Three with right functions, and one for each flawed system."""
    assert {path.stem for path in RECORDED} == {"1", "2", "2-incident", "3", "3-incident"}


@pytest.mark.parametrize("number", ["1", "2", "3"])
def test_the_same_run_gives_the_same_bytes_in_any_process(number: str, tmp_path: Path) -> None:
    """Whatever the hash seed of the process is: nothing depends on the order of a set."""
    texts = []
    for hash_seed in ("1", "2"):
        path = tmp_path / f"{hash_seed}.json"
        subprocess.run(
            [sys.executable, "-m", "scenarios", number, "--json", str(path), "--seed", "3"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
        )
        texts.append(path.read_bytes())

    assert texts[0] == texts[1]
    assert json.loads(texts[0])["incident"] == int(number)
