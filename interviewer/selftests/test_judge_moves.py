"""The moves of a job, each judged by itself and by what was known when it left its step."""

from dataclasses import replace

import pytest

from tests.judge.broken import Broken
from tests.judge.moves import Circumstances, Move, wrong_advance, wrong_change

ALL_WELL = Circumstances(
    moves_of_call=1,
    job_of_call=7,
    is_delivered=True,
    unanswered=frozenset(),
    usual_work=frozenset({"fetch_reply", "analyze_sentiment"}),
    work=frozenset({"fetch_reply"}),
)


UNANSWERED = frozenset({"fetch_reply"})
UNDONE = "job 7 is at take_action, and analyze was not done"


def move(
    from_step: str, to_step: str, from_status: str = "processing", to_status: str = "pending"
) -> Move:
    return Move(1, 7, from_step, to_step, from_status, to_status)


def got(broken: Broken | None) -> str | None:
    return broken.got if broken else None


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (move("send_email", "analyze"), None),
        (move("analyze", "analyze"), None),
        (move("take_action", "done", to_status="completed"), None),
        (move("send_email", "take_action"), "job 7 skips a step, from send_email to take_action"),
        (move("analyze", "send_email"), "job 7 goes back, from analyze to send_email"),
        (
            move("done", "done", "completed", "pending"),
            "job 7 was completed at done, and is pending at done",
        ),
        (
            move("analyze", "analyze", "failed", "processing"),
            "job 7 was failed at analyze, and is processing at analyze",
        ),
        (move("done", "done", "completed", "deleted"), "job 7 was deleted"),
    ],
)
def test_a_job_moves_one_step_forward(change: Move, wrong: str | None) -> None:
    """Neither back nor two steps at once, and not at all when it is finished."""
    assert got(wrong_change(change)) == wrong


@pytest.mark.parametrize(
    ("change", "known", "wrong"),
    [
        (move("send_email", "analyze"), ALL_WELL, None),
        (move("analyze", "take_action"), replace(ALL_WELL, is_delivered=False), None),
        (move("send_email", "analyze"), replace(ALL_WELL, unanswered=UNANSWERED), None),
        (
            move("send_email", "analyze"),
            replace(ALL_WELL, is_delivered=False),
            "job 7 is at analyze, and its mail has not gone out",
        ),
        (
            move("analyze", "take_action"),
            replace(ALL_WELL, moves_of_call=2),
            "one call of process_job did analyze as well as the step before it",
        ),
        (
            move("analyze", "take_action"),
            replace(ALL_WELL, moves_of_call=2, job_of_call=8),
            "the call for job 8 moved job 7 on too, from analyze",
        ),
        (
            move("analyze", "take_action"),
            replace(ALL_WELL, work=frozenset()),
            f"{UNDONE}: nobody has called analyze_sentiment or fetch_reply for it",
        ),
        (
            move("analyze", "take_action"),
            replace(ALL_WELL, unanswered=UNANSWERED),
            "job 7 is at take_action, although fetch_reply has not answered",
        ),
    ],
)
def test_a_step_is_left_when_it_is_done(
    change: Move, known: Circumstances, wrong: str | None
) -> None:
    """Its work was asked for and has not failed, its mail is out, and no other step came before."""
    assert got(wrong_advance(change, known)) == wrong
