"""The judge of one check: plays its worlds, and puts together what is told of a failure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.simulation.explorer import explore, sample
from infra.simulation.scheduler import Act, Limits, Scheduler, Step, Strategy
from infra.simulation.strategies import Guided, Replay
from infra.simulation.tokens import TokenError, from_token, to_token
from tests.judge.cause import Cause
from tests.judge.failure import CheckFailed, Failure
from tests.judge.settings import OWN_CLAIMS, Settings
from tests.judge.stage import Stage
from tests.judge.story import tell
from tests.judge.subject import Subject
from tests.judge.theatre import Played, Theatre
from tests.judge.unawaited import Slip
from tests.judge.world import World

_CHANCE = "chance"
_COUNTED_MAX = 100
"""More than that is no limit."""

_VARIES = "does not do the same each time in the same run: does it go by chance, or by memory?"

ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Judge:
    """Judges one check of a solution."""

    theatre: Theatre
    subject: Subject
    settings: Settings = field(default_factory=Settings)
    runs: int = 0
    coverage: list[str] = field(default_factory=list)
    observations: list[str] = field(default_factory=list)
    slips: dict[str, Slip] = field(default_factory=dict)
    """What was not awaited in any run, by its words."""
    _has_compared: bool = False

    def explore(self, *worlds: World) -> list[Stage]:
        """Play each world in every way within its limits. Raises CheckFailed.

        Returns the stage of each world's first run, at its end.
        """
        if self.settings.replay is not None:
            return [self._replay(worlds)]
        return [self._explore(world, worlds) for world in worlds]

    def observe(self, text: str) -> None:
        """Note something to talk about. It fails nothing."""
        self.observations.append(text)

    def rehearse(self, world: World) -> Stage:
        """Play a world once, whatever comes of it."""
        return self._play(world, Guided()).stage

    def _explore(self, world: World, worlds: Sequence[World]) -> Stage:
        if world.limits == Limits():
            return self._play_once(world, worlds)
        firsts: list[Played] = []

        def do_run(strategy: Strategy) -> Played:
            # Runs by chance alone are few and long: not to be done once more for their lines.
            lines_of = None if world.runs_max else self.subject.path
            played = self._play(world, strategy, lines_of=lines_of)
            if not firsts:
                firsts.append(played)
            return played

        explored = explore(
            do_run,
            runs_max=round(world.runs_max * self.settings.budget),
            samples=round(world.samples * self.settings.budget),
            seed=self.theatre.seed,
        )
        self.runs += explored.runs
        if explored.failed:
            found = explored.failed
            assert isinstance(found, Played)
            if explored.sample is not None:
                raise CheckFailed(self._failure_by_chance(world, worlds, explored.sample, found))
            raise CheckFailed(self._failure(world, worlds, Guided(explored.deviations), found))
        if world.runs_max and (firsts[0].slips or not self._has_compared):
            again = self._play(world, Guided(), with_slips=bool(firsts[0].slips))
            self._compare(firsts[0], again)
        self.coverage.append(_coverage(world, explored.runs, complete=explored.complete))
        return firsts[0].stage

    def _play_once(self, world: World, worlds: Sequence[World]) -> Stage:
        played = self._play(world, Guided(), lines_of=self.subject.path)
        if played.slips:
            self._play(world, Guided(), with_slips=True)
        self.runs += 1
        if played.failure:
            token = self._prefix(world, worlds) + to_token([])
            raise CheckFailed(self._told(played, marked=(), replay=token))
        self.coverage.append(_coverage(world, 1, complete=True))
        return played.stage

    def _replay(self, worlds: Sequence[World]) -> Stage:
        assert self.settings.replay is not None
        name, _, token = self.settings.replay.removeprefix(OWN_CLAIMS).rpartition(":")
        world = next((world for world in worlds if slug(world) == name), worlds[0])
        if name and slug(world) != name:
            raise TokenError(f"the token is of another check: this one has no world {name}")
        self.runs += 1
        self.coverage.append("one run, replayed")
        if chance := re.fullmatch(rf"{_CHANCE}(\d{{1,6}})", token):
            number = int(chance[1])
            played = self._play(world, sample(number, self.theatre.seed))
            if played.failure:
                raise CheckFailed(self._failure_by_chance(world, worlds, number, played))
            return played.stage
        strategy = Replay(from_token(token))
        played = self._play(world, strategy)
        if played.failure:
            again = Guided(strategy.deviations)
            raise CheckFailed(self._failure(world, worlds, again, played))
        strategy.compare(played.steps, is_over=True)
        return played.stage

    def _play(
        self,
        world: World,
        strategy: Strategy,
        *,
        lines_of: Path | None = None,
        with_slips: bool = False,
    ) -> Played:
        played = self.theatre.play(
            self.subject,
            world,
            strategy,
            own_claims=self.settings.own_claims,
            lines_of=lines_of,
            with_slips=with_slips,
        )
        for slip in played.slips:
            if with_slips or slip.words not in self.slips:
                self.slips[slip.words] = slip
        return played

    def _compare(self, first: Played, second: Played) -> None:
        """Note that the same run went another way the second time, if it did."""
        self._has_compared = True
        if _operations(first) != _operations(second):
            self.observe(_VARIES)

    def _failure(
        self, world: World, worlds: Sequence[World], strategy: Guided, found: Played
    ) -> Failure:
        """Play the failing run once more, this time noting each operation's line."""
        played = self._play(world, strategy, lines_of=self.subject.path, with_slips=True)
        token = self._prefix(world, worlds) + to_token(played.steps[: strategy.last_step + 1])
        told = _failed(played, found)
        return self._told(told, marked=strategy.steps, needed=strategy.steps, replay=token)

    def _failure_by_chance(
        self, world: World, worlds: Sequence[World], number: int, found: Played
    ) -> Failure:
        if found.slips or not found.stage.scheduler.lines:
            strategy = sample(number, self.theatre.seed)
            again = self._play(world, strategy, lines_of=self.subject.path, with_slips=True)
            found = _failed(again, found)
        rare = [place for place, step in enumerate(found.steps) if step.act is not Act.GO]
        token = f"{self._prefix(world, worlds)}{_CHANCE}{number}"
        return self._told(found, marked=rare, replay=token)

    def _told(
        self,
        played: Played,
        *,
        marked: Sequence[int],
        needed: Sequence[int] = (),
        replay: str,
    ) -> Failure:
        """Put together what is told of a run that failed.

        The steps that are `marked` stand out in its story; without those `needed` the run passes.
        """
        broken = played.failure
        assert broken
        scheduler = played.stage.scheduler
        cause = Cause.of(broken, played.stage, list(self.slips.values()))
        line = cause.line or _line_of(scheduler, broken.worker) or played.stage.line_of_call()
        return Failure(
            expected=broken.expected,
            got=broken.got,
            why=_why([broken.why, *cause.words], [scheduler.steps[n] for n in needed]),
            story=tell(scheduler, [*marked, *broken.steps]),
            where=self.shown(line),
            source=self.subject.file.lines[line - 1].strip() if line else "",
            replay=replay,
        )

    def _prefix(self, world: World, worlds: Sequence[World]) -> str:
        """Return how the tokens of a world's runs begin."""
        whose = OWN_CLAIMS if self.settings.own_claims else ""
        return whose if world is worlds[0] else f"{whose}{slug(world)}:"

    def shown(self, line: int | None) -> str:
        """Return the solution's path as people know it, with the line if there is one."""
        path = self.subject.path
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
        return f"{name}:{line}" if line else name


def _failed(again: Played, found: Played) -> Played:
    """Return the run that was played with the lines noted, if it has failed that time too.

    It may not, with a solution that is not the same each time.
    """
    return again if again.failure else found


def _operations(played: Played) -> list[str]:
    return [operation.words for _, operation in played.stage.scheduler.operations]


def slug(world: World) -> str:
    """Return a world's name as a token has it: `2-workers-1-job`."""
    return re.sub(r"[^a-z0-9_]+", "-", world.name.lower()).strip("-")


def _line_of(scheduler: Scheduler, worker: str | None) -> int | None:
    """Return the line of the last operation, of that worker if it is given."""
    for _, operation in reversed(scheduler.operations):
        if operation in scheduler.lines and worker in (None, operation.worker):
            return scheduler.lines[operation]
    return None


def _why(words: Sequence[str], needed: Sequence[Step]) -> str:
    """Return how it came about: in the check's words, and what would have been needed."""
    acts = {step.act for step in needed}
    if Act.CRASH in acts:
        without = "Had no worker died there, the same run passes."
    elif acts & {Act.GO, Act.HOLD}:
        without = "Not interrupted there, the same run passes."
    elif acts:
        without = "Without that error, the same run passes."
    else:
        without = ""
    return " ".join(filter(None, [*words, without]))


def _coverage(world: World, runs: int, *, complete: bool) -> str:
    count = f"{runs:,} run{'s' * (runs != 1)}"
    if world.limits == Limits():
        return f"{world.name}: {count}"
    what = _limits_in_words(world.limits)
    return f"{world.name}: {'all' if complete else 'sampled'} {what}, {count}"


def _limits_in_words(limits: Limits) -> str:
    parts = [
        f"any number of {noun}s"
        if number > _COUNTED_MAX
        else f"≤ {number} {noun if number == 1 else noun + 's'}"
        for number, noun in zip(limits, ("preemption", "crash", "fault"), strict=True)
        if number
    ]
    return f"interleavings with {' and '.join(parts)}".replace("crashs", "crashes")
