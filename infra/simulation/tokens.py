"""Replay tokens: the steps of a run in short, such as `w1*8.w2*11.w1x`.

`w1*8` is eight operations of worker 1, `w1x` its death before the next one, `w1r`, `w1b`, `w1a`
and `w1e` an operation that fails (rate limit, timeout before or after delivery, no answer), `w1t`
that it is held up until the next timer is due. `w1-2` is a task that worker 1 started.
"""

import re
from collections.abc import Sequence
from itertools import groupby

from infra.simulation.scheduler import Act, Step

_PART = re.compile(rf"(w\d+(?:-\d+)?)([{''.join(Act)}]?)(?:\*(\d{{1,6}}))?")


class TokenError(ValueError):
    """A token that is none, or that tells of a run that cannot be."""


def to_token(steps: Sequence[Step]) -> str:
    """Return the token of some steps."""
    parts = []
    for (thread, act), same in groupby(steps):
        count = len(list(same))
        parts.append(f"{thread}{act}" + (f"*{count}" if act is Act.GO or count > 1 else ""))
    return ".".join(parts)


def from_token(token: str) -> list[Step]:
    """Return the steps of a token. Raises TokenError for what is none."""
    steps: list[Step] = []
    for part in filter(None, token.split(".")):
        match = _PART.fullmatch(part)
        if match is None:
            raise TokenError(f"{part!r} is no part of a token such as w1*8.w2*11.w1x")
        thread, act, count = match.groups()
        steps += [Step(thread, Act(act))] * int(count or 1)
    return steps
