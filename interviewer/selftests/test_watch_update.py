"""What events and keys do to the state of the watch screen, and what they ask for."""

from dataclasses import replace

import pytest

from interviewer.selftests.watching import (
    ALL_GREEN,
    HALF_DONE,
    LONG_STORY,
    MANY_FAILURES,
    RACE_FOUND,
    STARTER,
    UNUSABLE,
    judged,
    report,
    result,
)
from tests.watch.changes import newly_green, newly_red
from tests.watch.events import (
    Command,
    Event,
    Finished,
    Judge,
    Judged,
    Keep,
    Pressed,
    PutBack,
    Quit,
    Saved,
)
from tests.watch.state import State, View
from tests.watch.update import update


def after(state: State, *keys: str) -> tuple[State, list[Command]]:
    """Return the state after these keys, and all that they asked for."""
    commands = []
    for key in keys:
        state, command = update(state, Pressed(key))
        commands += [command] if command else []
    return state, commands


def test_a_save_judges_the_edited_task_first() -> None:
    """A save begins the next run with the first task that changed."""
    state, command = update(STARTER, Saved(("C", "D")))

    assert command == Judge(STARTER.run + 1, "C")
    assert (state.running, state.focus, state.fresh) == (True, "C", frozenset())


def test_a_save_elsewhere_stays_with_the_task() -> None:
    """A save that changes none of the functions goes on with the task edited last."""
    _, command = update(HALF_DONE, Saved())

    assert command == Judge(HALF_DONE.run + 1, HALF_DONE.focus)


def test_what_passes_and_is_not_affected_is_kept() -> None:
    """The other tasks are judged, also those that failed; in the end all is there again."""
    state, command = update(MANY_FAILURES, Saved(("A",), frozenset("ABCD")))
    green = MANY_FAILURES.green_of(frozenset("BCD"))
    rest = tuple(task for task in "ABCD" if task not in green)
    assert green

    assert command == Judge(MANY_FAILURES.run + 1, "A", rest)
    assert {check[0] for check in state.fresh} == green

    done = report(dict.fromkeys(rest, "passed"))
    done.results = [each for each in done.results if each.id[0] in rest]
    ended, _ = update(state, Finished(state.run, done, "14:00:00"))

    assert set(ended.last.values()) == {"passed"}
    assert len(ended.fresh) == len(ended.last)


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (ALL_GREEN, Saved((), frozenset("ABCD"))),
        (ALL_GREEN, Pressed("r")),
        (replace(ALL_GREEN, prints="hello"), Saved(("A",), frozenset("BCD"))),
        (replace(ALL_GREEN, results={}), Saved(("A",), frozenset("BCD"))),
        (STARTER, Saved(("A",), frozenset("BCD"))),
    ],
    ids=["nothing changed", "r", "prints", "from an earlier session", "not started"],
)
def test_all_is_judged_when_nothing_can_be_kept(state: State, event: Event) -> None:
    """By a key, by a save of the same, and when what was printed would be missed."""
    _, command = update(state, event)

    assert isinstance(command, Judge)
    assert command.tasks == ()


def test_what_comes_of_a_run_that_was_ended_is_dropped() -> None:
    """A save during a run starts over: results of the run before come too late."""
    state, _ = update(HALF_DONE, Saved(("A",)))
    late: list[Event] = [
        Judged(HALF_DONE.run, result("A1", "failed")),
        Finished(HALF_DONE.run, report({}), "14:00:00"),
    ]

    assert [update(state, event) for event in late] == [(state, None)] * 2


def test_a_run_that_ends_is_kept() -> None:
    """The end of a run asks for a line in the session's file."""
    state, _ = update(HALF_DONE, Saved())

    ended, command = update(state, Finished(state.run, report({"A": "passed"}), "14:00:00"))

    assert command == Keep("judged")
    assert ended.last["A1"] == "passed"
    assert ended.last["B1"] == "not_run"


def test_what_changed_is_since_the_last_run_that_ended() -> None:
    """Runs that were ended by the next save do not count."""
    state, _ = update(HALF_DONE, Saved(("A",)))
    state, _ = update(state, Judged(state.run, result("A4", "failed")))

    ended = judged(state, report({"A": "passed", "A4": "failed", "B": "passed", "C": "passed"}))

    assert newly_red(ended.before, ended.statuses()) == ["A4"]
    assert newly_green(ended.before, ended.statuses()) == [f"C{n}" for n in range(1, 8)]


def test_a_file_that_cannot_be_loaded_changes_no_dot() -> None:
    """The next run is compared with the last one in which anything was judged."""
    ended = judged(UNUSABLE, report({"A": "passed", "B": "passed"}))

    assert UNUSABLE.last == HALF_DONE.last
    assert newly_green(ended.before, ended.statuses()) == []


def test_a_restart_compares_with_the_session() -> None:
    """What changed is told from the first run on, when an earlier session is known."""
    restarted = State(last=HALF_DONE.last)

    ended = judged(restarted, report({"A": "passed", "A4": "failed", "B": "passed"}))

    assert newly_red(ended.before, ended.statuses()) == ["A4"]


def test_n_goes_from_failure_to_failure() -> None:
    """`n` goes around; a failure that was chosen stays as long as it fails."""
    order = [failure.id for failure in MANY_FAILURES.failures()]

    seen = []
    state = MANY_FAILURES
    for _ in order:
        state, _ = after(state, "n")
        shown = state.shown_failure()
        assert shown
        seen.append(shown.id)
    state, _ = after(state, "n", "n")
    still = judged(state, report({"A4": "failed", "C": "failed"}), "D")
    mended = judged(state, report({"A4": "failed"}), "C")

    assert seen == [*order[1:], order[0]]
    assert [each.id for each in [still.shown_failure(), mended.shown_failure()] if each] == [
        order[2],
        "A4",
    ]


@pytest.mark.parametrize("key", ["n", "f", "h"])
def test_without_a_failure_a_key_says_so(key: str) -> None:
    """Keys that need a failure say that there is none."""
    state, commands = after(ALL_GREEN, key)

    assert "no check fails" in state.note or "none does" in state.note
    assert (state.view, commands) == (View.FAILURE, [])


def test_f_and_a_switch_back_and_forth() -> None:
    """The same key goes back, as Esc does."""
    keys = ["f", "f", "f", "escape", "a", "a", "a", "f", "escape"]

    views = [after(RACE_FOUND, *keys[: n + 1])[0].view.name for n in range(len(keys))]

    assert " ".join(views) == "STORY FAILURE STORY FAILURE ALL FAILURE ALL STORY FAILURE"


def test_the_story_scrolls() -> None:
    """Arrows and pages move a story, not above its beginning; a finished run leaves it there."""
    state, _ = after(LONG_STORY, "f", "down", "down", "pagedown", "up", "up", "up")

    assert state.scroll == 9
    assert after(state, "pageup", "pageup")[0].scroll == 0
    again = judged(state, report({"A": "passed", "A4": "failed"}))
    assert (again.view, again.scroll) == (View.STORY, 9)


def test_hints_come_one_by_one_and_are_counted() -> None:
    """Each `h` takes one more hint, three at most, and asks for it to be kept."""
    state, commands = after(RACE_FOUND, "h", "h", "h", "h")

    assert state.hints == {"A4": 3}
    assert commands == [Keep("hint")] * 3
    assert "no more than three" in state.note


def test_hints_that_were_taken_are_shown_again_first() -> None:
    """Coming back to the hints takes no new one; the next key does."""
    state, _ = after(RACE_FOUND, "h", "escape", "h")

    assert (state.view, state.hints) == (View.HINT, {"A4": 1})
    assert after(state, "h")[0].hints == {"A4": 2}


def test_hints_can_be_off() -> None:
    """With HINTS=0 the key says so, and takes none."""
    state, commands = after(replace(RACE_FOUND, hints_are_on=False), "h")

    assert (state.hints, commands, state.view) == ({}, [], View.FAILURE)
    assert "HINTS=0" in state.note


def test_a_task_is_reset_after_two_questions() -> None:
    """`t`, the task, and `y` ask for the starter's function; anything else asks for nothing."""
    _, commands = after(RACE_FOUND, "t", "b", "y")

    assert commands == [PutBack("B")]
    for keys in (["t", "b", "n"], ["t", "escape", "b", "y"], ["t", "x"], ["t", "b", "q"]):
        state, commands = after(RACE_FOUND, *keys)
        assert (commands, state.view) == ([], View.FAILURE)


def test_a_save_leaves_a_question_open() -> None:
    """A run that comes and goes does not take the question away that is being answered."""
    asked, _ = after(RACE_FOUND, "t")

    assert judged(asked, report({"A": "passed"})).view is View.RESET


def test_r_judges_again_and_q_ends() -> None:
    """`r` always judges; `q` ends, wherever it is pressed but at the last question."""
    assert after(RACE_FOUND, "r")[1] == [Judge(RACE_FOUND.run + 1, "A")]
    assert after(RACE_FOUND, "a", "r")[1] == [Judge(RACE_FOUND.run + 1, "A")]
    assert [after(RACE_FOUND, *keys)[1] for keys in ("q", "aq", "fq", "tq")] == [[Quit()]] * 4
