"""A rule that was broken."""

from collections.abc import Sequence


class Broken(Exception):
    """A check found a rule broken: what was expected, and what happened instead.

    `why` is a sentence about how that came about; `worker` who did it; `line` the line of the
    solution where it happened, when that is not the one of its last operation; `steps` are those
    of the run by which it can be seen.
    """

    def __init__(
        self,
        expected: str,
        got: str,
        *,
        why: str = "",
        worker: str | None = None,
        line: int | None = None,
        steps: Sequence[int] = (),
    ):
        super().__init__(f"expected {expected}; got {got}")
        self.expected = expected
        self.got = got
        self.why = why
        self.worker = worker
        self.line = line
        self.steps = steps
