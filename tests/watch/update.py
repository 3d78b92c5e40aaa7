"""The one place where an event changes the state. Pure: what is to be done is returned."""

from dataclasses import replace

from tests.hints import STEPS
from tests.judge.report import TASKS, Report
from tests.watch import words
from tests.watch.events import (
    Command,
    Event,
    Finished,
    Judge,
    Judged,
    Keep,
    Noted,
    Polling,
    Pressed,
    PutBack,
    Quit,
    Saved,
    Ticked,
)
from tests.watch.state import State, View

Next = tuple[State, Command | None]

_BACK = ("escape", "enter")


def update(state: State, event: Event) -> Next:  # noqa: PLR0911 - one for each event
    """Return the state after an event, and what it asks for."""
    match event:
        case Saved(tasks, unaffected):
            saved = replace(state, view=_view_after_save(state))
            return _judge(saved, tasks, saved.green_of(unaffected - {*tasks}))
        case Judged(run, result) if run == state.run:
            results = {**state.results, result.id: result}
            return replace(state, results=results, fresh=state.fresh | {result.id}), None
        case Finished(run, report, clock) if run == state.run:
            return _finished(state, report, clock), Keep("judged")
        case Ticked(seconds) if state.running:
            return replace(state, seconds=seconds), None
        case Noted(text):
            return replace(state, note=text), None
        case Polling(reason):
            return replace(state, polling=reason), None
        case Pressed(key):
            return _pressed(replace(state, note=""), key)
    return state, None


def _view_after_save(state: State) -> View:
    """A save brings the failure back; a question and the list of all stay."""
    stays = state.view in (View.ALL, View.RESET, View.SURE, View.STORY)
    return state.view if stays else View.FAILURE


def _judge(state: State, tasks: tuple[str, ...] = (), kept: frozenset[str] = frozenset()) -> Next:
    """Begin a run of all tasks but those that are kept; of all, when none is left."""
    focus = tasks[0] if tasks else state.focus
    judged = tuple(task for task in TASKS if task not in kept) if kept else ()
    if not judged:
        kept = frozenset()
    begun = replace(
        state,
        run=state.run + 1,
        running=True,
        focus=focus,
        fresh=frozenset(check for task in kept for check in state.checks_of(task)),
        before=state.last,
        unusable="",
        seconds=0.0,
    )
    return begun, Judge(begun.run, focus, judged)


def _finished(state: State, report: Report, clock: str) -> State:
    kept = {check: state.results[check] for check in state.fresh}
    results = kept | {result.id: result for result in report.results}
    ended = replace(
        state,
        running=False,
        prints=report.prints,
        seconds=report.seconds,
        clock=clock,
        unusable=report.unusable or "",
    )
    if report.unusable:
        return replace(ended, fresh=frozenset())
    last = {check: result.status for check, result in results.items()}
    ended = replace(ended, results=results, fresh=frozenset(results), last=last)
    shown = ended.shown_failure()
    if shown and shown.id == ended.chosen:
        return ended
    view = View.FAILURE if ended.view in (View.HINT, View.STORY) else ended.view
    return replace(ended, chosen="", scroll=0, view=view)


def _pressed(state: State, key: str) -> Next:  # noqa: PLR0911 - one for each meaning
    if key == "q" and state.view is not View.SURE:
        return state, Quit()
    match state.view, key:
        case View.RESET, ("a" | "b" | "c" | "d"):
            return replace(state, view=View.SURE, task_to_reset=key.upper()), None
        case View.SURE, "y":
            return replace(state, view=View.FAILURE), PutBack(state.task_to_reset)
        case ((View.RESET | View.SURE), _):
            return replace(state, view=View.FAILURE), None
        case View.STORY, ("up" | "down" | "pageup" | "pagedown" | "space" | "j" | "k"):
            return _scrolled(state, key), None
        case (View.STORY, "f") | (View.ALL, "a"):
            return replace(state, view=View.FAILURE, scroll=0), None
        case ((View.STORY | View.ALL | View.HINT), _) if key in _BACK:
            return replace(state, view=View.FAILURE, scroll=0), None
    return _pressed_anywhere(state, key)


def _pressed_anywhere(state: State, key: str) -> Next:  # noqa: PLR0911 - the same
    match key:
        case "a":
            return replace(state, view=View.ALL), None
        case "n":
            return _next_failure(state), None
        case "f" if state.shown_failure() or state.unusable:
            shown = state.shown_failure()
            return replace(state, view=View.STORY, scroll=0, chosen=shown.id if shown else ""), None
        case "f":
            return replace(state, note=words.NO_STORY), None
        case "h":
            return _hinted(state)
        case "r":
            return _judge(state)
        case "t":
            return replace(state, view=View.RESET), None
    return state, None


def _next_failure(state: State) -> State:
    shown = state.shown_failure()
    if shown is None:
        return replace(state, note=words.CHECK_PASSES_NOW)
    ids = [result.id for result in state.failures()]
    following = ids[(ids.index(shown.id) + 1) % len(ids)]
    view = state.view if state.view is View.STORY else View.FAILURE
    return replace(state, chosen=following, scroll=0, view=view)


def _hinted(state: State) -> Next:
    shown = state.shown_failure()
    if not state.hints_are_on:
        return replace(state, note=words.HINTS_ARE_OFF), None
    if shown is None:
        return replace(state, note=words.NO_HINT_NEEDED), None
    seen = replace(state, view=View.HINT, chosen=shown.id)
    taken = state.hints.get(shown.id, 0)
    if state.view is not View.HINT and taken:
        return seen, None  # those already taken first; the next key takes one more
    if taken == STEPS:
        return replace(seen, note=words.NO_MORE_HINTS.format(check=shown.id)), None
    return replace(seen, hints={**state.hints, shown.id: taken + 1}), Keep("hint")


def _scrolled(state: State, key: str) -> State:
    step = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -10}.get(key, 10)
    return replace(state, scroll=max(0, state.scroll + step))
