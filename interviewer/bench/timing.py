"""Rounds and medians: each round runs a pair side by side, so that noise strikes both."""

from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

from interviewer.bench.arena import Arena
from interviewer.bench.pairs import Pair, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a pair took. Seconds of one operation, in the median of all rounds."""

    pair: Pair
    our_seconds: float
    raw_seconds: float
    ratio: float
    """Raw time divided by ours, in the median of all rounds: 1.0 is as fast, higher is better."""
    spread: float
    """Half of the rounds have a ratio this near, as a part of it."""

    @property
    def meets_bar(self) -> bool:
        """Whether the ratio, as it is shown, is at least the bar."""
        return round(self.ratio, 2) >= self.pair.bar


async def time_pair(arena: Arena, pair: Pair, rounds: int) -> Timing:
    """Warm up, then run both sides in turn, `rounds` times."""
    await _warm_up(arena, pair)
    ours, raws = [], []
    for _ in range(rounds):
        ours.append(await _run(arena, pair.rows, pair.ours))
        raws.append(await _run(arena, pair.rows, pair.raw))
    ratios = [raw / our for our, raw in zip(ours, raws, strict=True)]
    return Timing(
        pair=pair,
        our_seconds=median(ours) / pair.operations,
        raw_seconds=median(raws) / pair.operations,
        ratio=median(ratios),
        spread=_spread(ratios),
    )


async def _warm_up(arena: Arena, pair: Pair) -> None:
    """Run each side once. Raises RuntimeError when they do not do the same."""
    states = []
    for work in (pair.ours, pair.raw):
        await _run(arena, pair.rows, work)
        states.append(arena.state())
    if states[0] != states[1]:
        raise RuntimeError(f"{pair.name}: the ORM left {states[0]}, raw aiosqlite {states[1]}")


async def _run(arena: Arena, rows: int, work: Work) -> float:
    """Return how many seconds one run takes, from the same rows as every other."""
    await arena.refill(rows)
    started = perf_counter()
    await work(arena)
    return perf_counter() - started


def _spread(ratios: list[float]) -> float:
    if len(ratios) < 2:
        return 0.0
    low, middle, high = quantiles(ratios, method="inclusive")
    return (high - low) / 2 / middle
