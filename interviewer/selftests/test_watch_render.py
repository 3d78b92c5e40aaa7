"""The watch screen, drawn from states: what is to be seen, at each size."""

from dataclasses import replace

import pytest

from interviewer.selftests.watching import (
    ALL_GREEN,
    ENDLESS,
    HALF_DONE,
    LONG_STORY,
    MANY_FAILURES,
    PRINTS,
    RACE_FOUND,
    STARTER,
    STATES,
    UNUSABLE,
    judged,
    report,
    result,
)
from tests.hints import HINTS
from tests.judge.names import all_names
from tests.watch.events import Judged, Noted, Polling, Pressed, Saved, Ticked
from tests.watch.render import render
from tests.watch.state import State, View
from tests.watch.update import update

SIZES = [(80, 24), (100, 30), (140, 50)]

FRAME = """\
 candidate/solution.py                             judged in 0.4 s, at 14:03:22
                        1 2 3 4 5 6 7  ○ not started  ● passes  ✗ fails  ! error
 A claim_next_job       ● ● ● ✗ ● ● ●     6 of 7 pass   ✗ A4
 B create_campaign_jobs ● ● ● ●           4 of 4 pass
 C send_email_step      ○ ○ ○ ○ ○ ○ ○     not started
 D process_job          ○ ○ ○ ○ ○ ○ ○     not started
 10 of 25 pass · 1 fails                                          newly red: A4
────────────────────────────────────────────────────────────────────────────────
✗ A4  one job one worker                                failure 1 of 1 · task A
  One job, one worker: two workers never hold the same job, in whatever order
  they go.
  Expected  2 workers, 1 job: one claims it, the other gets None
  Got       both worker-1 and worker-2 hold job 1
  How it happened
        0.0 ms  worker-1  SELECT * FROM jobs WHERE status = 'pending' … job 1
        0.0 ms  worker-2  SELECT * FROM jobs WHERE status = 'pending' … job 1  ◀
        1.2 ms  worker-1  UPDATE jobs SET status = 'processing' WHERE … 1 row
        1.2 ms  worker-2  UPDATE jobs SET status = 'processing' WHERE … 1 row  ◀
  Both read job 1 as pending before either had marked it. Not interrupted there,
  the same run passes.
  Where     candidate/solution.py:41  await job.save()
  Repeat    make test T=A4 REPLAY=w1*1.w2*2.w1*1
────────────────────────────────────────────────────────────────────────────────
 a all  n next failure  f full story  h hint  r rerun  t reset a task  q quit
"""


def text_of(state: State, width: int = 80, height: int = 24) -> str:
    """Return the screen as text."""
    return "".join(f"{line.plain.rstrip()}\n" for line in render(state, width, height))


@pytest.mark.parametrize("size", [*SIZES, (200, 60), (60, 20), (20, 8), (4, 2)], ids=str)
@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("name", STATES)
def test_every_view_fits(name: str, view: View, size: tuple[int, int]) -> None:
    """Each view of each state has as many lines as the screen, and none is wider than it is."""
    state = replace(STATES[name], view=view, task_to_reset="A", hints={"A4": 3, "A1": 3})

    lines = render(state, *size)

    assert len(lines) == size[1]
    assert max(line.cell_len for line in lines) <= size[0]
    assert not any(set(line.plain) & {"\n", "\t", "\x1b", "\r"} for line in lines)


def test_a_race_is_shown_with_its_story() -> None:
    """The whole grammar of a failure fits a screen of 80 × 24."""
    assert text_of(RACE_FOUND) == FRAME


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_keys_are_in_the_last_row(width: int, height: int) -> None:
    """One row says what each key does, at every size."""
    last = text_of(HALF_DONE, width, height).splitlines()[-1]

    assert last == FRAME.splitlines()[-1]


def test_the_starter_says_what_to_do() -> None:
    """Nothing is started: no dot is red, and the screen says how to begin."""
    text = text_of(STARTER)

    assert text.count("○ ") == 25 + 1
    assert "0 of 25 pass" in text
    assert "Nothing is started yet." in text


def test_half_done_says_what_is_next() -> None:
    """What is started passes: the functions that are not are named."""
    text = text_of(HALF_DONE)

    assert "11 of 25 pass" in text
    assert "newly green: A B" in text
    assert "Not started yet: send_email_step, process_job." in text


def test_all_green_is_said() -> None:
    """When everything passes, the screen says so, and what was red before."""
    text = text_of(ALL_GREEN)

    assert "25 of 25 pass" in text
    assert "newly green: A4 C D" in text
    assert "All 25 checks pass." in text


def test_what_is_not_judged_any_more_is_said() -> None:
    """A function that was put back to the starter's is a change too."""
    text = text_of(judged(HALF_DONE, report({"A": "passed"}), "B"))

    assert "no longer green: B" in text


def test_an_unusable_file_says_why() -> None:
    """A file that does not load is told with its line; the dots are of the run before."""
    text = text_of(UNUSABLE)

    assert "candidate/solution.py:12: syntax error: '(' was never closed" in text
    assert "not judged" in text
    assert text.count("●") == 11 + 1


def test_an_endless_loop_is_a_failure_with_its_line() -> None:
    """A loop without end is shown as a failure: what was expected, and where it is."""
    text = text_of(ENDLESS)

    assert "✗ A1" in text
    assert "it loops without end" in text
    assert "Where     candidate/solution.py:30  while True:" in text


def test_prints_are_boxed_and_cut() -> None:
    """What the solution prints stands in a box, without its colours, and leaves the story alone."""
    text = text_of(PRINTS)

    assert "┌─ your prints, the first 500 characters ─" in text
    assert "│ claimed 1 " in text
    assert "more lines: f shows them" in text
    assert "How it happened" in text
    assert "◀" in text


def test_all_that_was_kept_of_the_prints_is_in_the_full_story() -> None:
    """The full story ends with the prints, all that there are."""
    lines = text_of(replace(PRINTS, view=View.STORY), 80, 100)

    assert lines.count("│ claimed 1 ") == 19  # 500 characters, those that set colours among them
    assert "more lines" not in lines


def test_a_long_story_keeps_its_marked_rows() -> None:
    """A story that is too long keeps the rows at which it turned, and counts those left out."""
    text = text_of(LONG_STORY)

    assert "SELECT 7 FROM jobs" in text
    assert "SELECT 30 FROM jobs" in text
    assert "SELECT 39 FROM jobs" in text
    assert "more: f shows the full story" in text


def test_the_full_story_is_whole() -> None:
    """The full story has every row, and every word of a long one; it scrolls."""
    state = replace(LONG_STORY, view=View.STORY)

    whole = text_of(state, 80, 80)
    scrolled = text_of(replace(state, scroll=10))

    assert all(f"SELECT {number} FROM jobs" in whole for number in range(40))
    assert "SELECT 0 FROM" not in scrolled
    assert "SELECT 8 FROM" in scrolled
    assert "Repeat" in text_of(replace(state, scroll=1000))


def test_the_failure_of_the_edited_task_comes_first() -> None:
    """The failure in the middle is one of the function that was just edited."""
    assert "✗ C1  one good send" in text_of(MANY_FAILURES)
    assert "failure 1 of 8 · task C" in text_of(MANY_FAILURES)


def test_all_checks_are_listed_by_name() -> None:
    """The list of all has every check's name, on 24 lines."""
    text = text_of(replace(RACE_FOUND, view=View.ALL))

    assert all(f"{check}  {name.name}" in text for check, name in all_names().items())


@pytest.mark.parametrize("check", HINTS)
def test_the_last_hint_is_always_whole(check: str) -> None:
    """All three hints fit; were there no room, the last one taken would be there."""
    results = {check: result(check, "error")}
    failing = replace(
        RACE_FOUND, results=results, fresh=frozenset(results), view=View.HINT, hints={check: 3}
    )

    text = " ".join(text_of(failing).split())

    assert all(hint in text for hint in HINTS[check])


def test_a_run_shows_how_far_it_is() -> None:
    """While it runs, what is judged is counted; a failure of before is said to be one."""
    state, _ = update(RACE_FOUND, Saved(("A",)))
    state, _ = update(state, Judged(state.run, result("A1", "passed")))
    state, _ = update(state, Ticked(3.2))

    text = text_of(state)

    assert "judging A first · 1 of 25 · 3 s" in text
    assert "before this save · failure 1 of 1" in text


def test_a_note_stands_in_the_last_row_until_a_key_is_pressed() -> None:
    """What there is to say takes the place of the keys."""
    noted, _ = update(HALF_DONE, Noted("task A is the starter's again"))
    after, _ = update(noted, Pressed("x"))

    assert text_of(noted).splitlines()[-1] == " task A is the starter's again"
    assert "q quit" in text_of(after).splitlines()[-1]


def test_polling_is_said() -> None:
    """Where no events tell of saves, the first row says why."""
    state, _ = update(HALF_DONE, Polling("a 9p folder"))

    assert "polling: a 9p folder" in text_of(state).splitlines()[0]


def test_without_hints_there_is_no_key_for_them() -> None:
    """`HINTS=0` takes the key away."""
    assert "hint" not in text_of(replace(HALF_DONE, hints_are_on=False))


def test_wide_and_odd_characters_keep_the_lines_straight() -> None:
    """Characters that take two cells, and those that move the cursor, do no harm."""
    state = replace(PRINTS, prints="日本語" * 60 + "\x1b]0;title\x07\x1b[2J\r\x08\u202eabc")

    lines = render(state, 80, 24)
    boxed = [line for line in lines if line.plain.startswith("│")]

    assert boxed
    assert {line.cell_len for line in boxed} == {80}
    assert "title" not in text_of(state)
