"""The watch screen, put together: events in, one `update`, the screen out."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.judge.names import shown
from tests.watch import words
from tests.watch.board import board
from tests.watch.changes import changed_tasks, parses
from tests.watch.events import (
    Command,
    Event,
    Finished,
    Judge,
    Keep,
    Noted,
    Polling,
    PutBack,
    Quit,
    Saved,
    Ticked,
)
from tests.watch.inbox import Inbox
from tests.watch.plain import Plain
from tests.watch.reach import reaches
from tests.watch.render import render
from tests.watch.reset import ResetError, put_back
from tests.watch.runs import Runs
from tests.watch.saves import Saves, signatures, why_polling
from tests.watch.session import Session, are_hints_on
from tests.watch.state import State
from tests.watch.terminal import Keyboard, Screen, can_draw
from tests.watch.update import update

_LOOK_SECONDS = 0.5


def watch(solution: Path, environment: Mapping[str, str]) -> None:
    """Judge a file at every save, until somebody says that it is enough."""
    keyboard = Keyboard(sys.stdin if sys.stdout.isatty() else None)
    screen = Screen(sys.stdout) if can_draw(sys.stdout, environment) else None
    session = Session.of(environment)
    app = App(solution, session, environment, keyboard.descriptor)
    with ExitStack() as stack:
        stack.enter_context(app.inbox.signals())
        stack.callback(app.close)
        stack.enter_context(keyboard)
        stack.enter_context(screen or nullcontext())
        if screen:
            _run_on_screen(app, screen, keyboard)
        else:
            _run_plain(app)
    if screen:
        for line in board(app.state, 80):
            sys.stdout.write(f"{line.plain.rstrip()}\n")
        sys.stdout.write(f"{words.GOODBYE}\n")


def _run_on_screen(app: "App", screen: Screen, keyboard: Keyboard) -> None:
    app.start()
    while not app.has_ended:
        screen.draw(render(app.state, screen.size.columns, screen.size.lines))
        app.step()
        if app.inbox.is_to_stop:
            app.inbox.is_to_stop = False
            _stop_for_a_while(screen, keyboard)


def _run_plain(app: "App") -> None:
    plain = Plain(sys.stdout)
    sys.stdout.write(f"{words.WATCHING.format(file=app.state.file)}\n")
    sys.stdout.flush()
    app.start()
    while not app.has_ended:
        plain.show(app.state)
        app.step()
        if app.inbox.is_to_stop:
            app.inbox.is_to_stop = False
            os.kill(os.getpid(), signal.SIGSTOP)


def _stop_for_a_while(*places: AbstractContextManager[object]) -> None:
    """Leave the terminal as it was, as long as the shell has it."""
    for place in places:
        place.__exit__(None, None, None)
    os.kill(os.getpid(), signal.SIGSTOP)
    for place in reversed(places):
        place.__enter__()


@dataclass(slots=True)
class _Seen:
    """What was last seen of the file that is judged. `text` is the last one that parses."""

    signatures: dict[Path, object]
    text: str = ""
    judged: Mapping[str, str] = field(default_factory=dict)
    """What each task could reach when it was judged last."""


class App:
    """Takes each event to the state that follows, and does what that asks for."""

    def __init__(
        self,
        solution: Path,
        session: Session,
        environment: Mapping[str, str],
        keyboard: int | None = None,
    ):
        progress = session.progress()
        self.state = State(
            file=shown(solution),
            last=progress.checks,
            hints=progress.hints,
            hints_are_on=are_hints_on(environment),
        )
        self.has_ended = False
        self.inbox = Inbox(keyboard)
        self._solution = solution
        self._session = session
        self._polling = why_polling(solution.parent, environment)
        self._runs = Runs(solution, self.inbox.post)
        self._saves = Saves(solution.parent, self._on_file_event, self._on_no_events)
        self._looks_at_once = bool(self._polling)
        self._is_overdue = False
        self._has_file_event = False
        self._began = 0.0
        self._seen = _Seen(dict(signatures(solution.parent)))

    def start(self) -> None:
        """Judge for the first time, and begin to watch."""
        self._read()
        if self._polling:
            self._take(Polling(self._polling))
        else:
            self._saves.start()
        self._take(Saved())

    def close(self) -> None:
        """End what was started."""
        self._saves.stop()
        self._runs.close()

    def step(self) -> None:
        """Wait for what happens next, and take it; look at the file now and then."""
        events = self.inbox.wait(_LOOK_SECONDS)
        for event in events:
            if isinstance(event, Quit):
                self.has_ended = True
                return
            self._take(event)
        self._look(is_quiet=not events)
        if self.state.running:
            self._take(Ticked(time.monotonic() - self._began))

    def _on_file_event(self) -> None:
        self._has_file_event = True
        self.inbox.wake()

    def _on_no_events(self, reason: str) -> None:
        self._looks_at_once = True
        self.inbox.post(Polling(reason))

    def _look(self, *, is_quiet: bool) -> None:
        """See whether the file was saved: after an event, or by looking where none come."""
        told, self._has_file_event = self._has_file_event, False
        now: dict[Path, object] = dict(signatures(self._solution.parent))
        if now == self._seen.signatures:
            self._is_overdue = False
            return
        if not told and not self._looks_at_once:
            # The event may be under way. If it is not here at the next look, none will come.
            if not (is_quiet and self._is_overdue):
                self._is_overdue = self._is_overdue or is_quiet
                return
            self._looks_at_once = True
            self._take(Polling(words.NO_EVENTS))
        if self._solution not in now and told:
            return  # in the middle of a save; if it stays away, a later look finds that
        others = {*now, *self._seen.signatures} - {self._solution}
        if any(now.get(path) != self._seen.signatures.get(path) for path in others):
            self._runs.renew()
            self._seen.judged = {}
        self._seen.signatures = now
        self._is_overdue = False
        changed = tuple(self._read())
        # Where no function changed, all that they use may have; or the file does not parse.
        self._take(Saved(changed, self._unaffected() if changed else frozenset()))

    def _read(self) -> list[str]:
        """Return the tasks whose functions changed since the file was last read."""
        try:
            text = self._solution.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        before = self._seen.text
        if not parses(text):
            return []
        self._seen.text = text
        return changed_tasks(before, text) if before else []

    def _unaffected(self) -> frozenset[str]:
        """Return the tasks that reach nothing but what they reached when they were judged."""
        now = reaches(self._seen.text)
        return frozenset(
            task for task, reach in self._seen.judged.items() if now.get(task) == reach
        )

    def _take(self, event: Event) -> None:
        if isinstance(event, Finished) and event.run == self.state.run:
            reached = {} if event.report.unusable else reaches(self._seen.text)
            alone = reached.keys() - event.report.by_own_claims  # these need another task, too
            self._seen.judged = {task: reached[task] for task in sorted(alone)}
        self.state, command = update(self.state, event)
        if command:
            self._do(command)

    def _do(self, command: Command) -> None:
        match command:
            case Judge(run, first, tasks):
                # Of these nothing is known until the run has ended.
                known = self._seen.judged.items() if tasks else ()
                self._seen.judged = {task: reach for task, reach in known if task not in tasks}
                self._began = time.monotonic()
                self._runs.judge(run, first, tasks)
            case Keep(event):
                checks = self.state.last if event == "judged" and not self.state.unusable else {}
                self._session.add(event, datetime.now(UTC), checks, self.state.hints)
            case PutBack(task):
                self._put_back(task)
            case Quit():
                self.has_ended = True

    def _put_back(self, task: str) -> None:
        try:
            kept = put_back(self._solution, task)
        except ResetError as error:
            self._take(Noted(str(error)))
        else:
            self._take(Noted(words.PUT_BACK.format(task=task, kept=shown(kept))))
