"""Replay: a failure's token does that run again; any other token is told in a line."""

from pathlib import Path

import pytest

from interviewer.selftests.judging import judged
from tests.judge.failure import Failure
from tests.judge.report import Result

SOLUTIONS = Path(__file__).resolve().parents[1] / "solutions"
REFERENCE = SOLUTIONS / "reference.py"
WRONG = [
    "a4_select_then_save",
    "a6_delete_then_insert",
    "b3_chunks_without_transaction",
    "c3_any_error_fails_the_job",
    "c4_new_key_per_try",
    "d3_checked_before_saved_after",
    "d4_advances_before_the_work",
    "d6_error_counts_as_neutral",
]


def wrong(name: str) -> Path:
    return SOLUTIONS / "wrong" / f"{name}.py"


def failures(path: Path) -> list[tuple[str, Failure]]:
    return [(r.id, r.failure) for r in judged(path).results if r.failure]


def replayed(path: Path, check: str, token: str) -> Result:
    (result,) = judged(path, only=[check], replay=token).results
    return result


@pytest.mark.parametrize("name", WRONG)
def test_a_token_repeats_the_failure(name: str) -> None:
    """Of every check that fails, the token leads to the same failure, word by word, in one run."""
    found = failures(wrong(name))

    again = [replayed(wrong(name), check, failure.replay) for check, failure in found]

    assert found != []
    assert [result.failure for result in again] == [failure for _, failure in found]
    assert {result.runs for result in again} == {1}


STALE = "is not possible: the solution has changed since, or the token is of another check"


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("zzz", "'zzz' is no part of a token such as w1*8.w2*11.w1x"),
        ("w1q", "'w1q' is no part of a token such as w1*8.w2*11.w1x"),
        ("chance", "'chance' is no part of a token such as w1*8.w2*11.w1x"),
        ("nowhere:w1*1", "the token is of another check: this one has no world nowhere"),
        ("w1*1.w9x", f"step 2 of the token, w9x, {STALE}"),
        ("w1*500", f"step 2 of the token, w1*1, {STALE}"),
    ],
)
def test_another_token_is_told_in_a_line(token: str, message: str) -> None:
    """Nonsense, another world's and a stale token each get a line that says what it is."""
    result = replayed(REFERENCE, "A4", token)

    assert (result.status, result.message, result.failure) == ("error", message, None)


def test_a_token_of_a_later_world() -> None:
    """Where a check has many worlds, the token names the one it is for."""
    result = replayed(REFERENCE, "A4", "2-workers-2-jobs:w1*1")

    assert (result.status, result.runs, result.coverage) == ("passed", 1, "one run, replayed")


def test_of_a_run_by_chance_nobody_says_what_it_hangs_on() -> None:
    """Its crashes and errors stand out in the story, but no run without them was done."""
    (result,) = judged(wrong("d7_follow_up_is_a_second_email"), only=["D7"]).results

    assert result.failure
    assert result.failure.replay.startswith("chance")
    assert any(row.marked for row in result.failure.story)
    assert "the same run passes" not in result.failure.why


def test_of_an_old_copy_it_is_said_which_it_was() -> None:
    """The story shows statements only: not what the call was given."""
    (result,) = judged(wrong("d2_guard_on_whoever_calls"), only=["D2"]).results

    assert result.failure
    assert result.failure.why == "The call was given the job as it was at send_email."
