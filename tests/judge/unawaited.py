"""What a solution forgets to await: heard of when it is dropped, and told with its line."""

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CoroutineType
from typing import Any

from infra.mistakes import NOT_AWAITED
from infra.orm.unawaited import NotAwaited, dropped_to

_SLIPS_MAX = 20


@dataclass(frozen=True, slots=True)
class Slip:
    """A call without its `await`, and the line of it; `None` when that is not known."""

    words: str
    line: int | None

    @property
    def sentence(self) -> str:
        """The slip in a sentence."""
        return f"Line {self.line}: {self.words}." if self.line else f"{self.words}."


class Unawaited:
    """Hears of each coroutine and query that is dropped, while its block lasts."""

    def __init__(self) -> None:
        self._file = ""
        self._seen: set[object] = set()
        self._slips: list[Slip] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear, inside the block, what would else be a warning."""
        # Python asks for this function each time. A filter of warnings would hear of it as well,
        # but only once the lines of the code were read for the warning's text.
        before = vars(warnings)["_warn_unawaited_coroutine"]
        vars(warnings)["_warn_unawaited_coroutine"] = self._hear
        try:
            with dropped_to(self._note):
                yield
        finally:
            vars(warnings)["_warn_unawaited_coroutine"] = before

    @contextmanager
    def of_run(self, file: str, *, with_lines: bool) -> Iterator[list[Slip]]:
        """Return what is dropped by that file inside the block; the lines take a while to know."""
        self._file, self._seen, self._slips = file, set(), []
        depth = sys.get_coroutine_origin_tracking_depth()
        sys.set_coroutine_origin_tracking_depth(int(with_lines))
        try:
            yield self._slips
        finally:
            sys.set_coroutine_origin_tracking_depth(depth)

    def _note(self, dropped: NotAwaited[Any]) -> None:
        if self._is_new(dropped.place) and dropped.file == self._file:
            self._slips.append(Slip(dropped.words(), dropped.line()))

    def _hear(self, dropped: "CoroutineType[Any, Any, Any]") -> None:
        origin: Sequence[tuple[str, int, str]] = dropped.cr_origin or ()
        if self._is_new((dropped.cr_code, *origin)):
            # Where it was made, if that is known, or else where it was dropped.
            frame = sys._getframe(1)
            places = [(file, line) for file, line, _ in origin] or [
                (frame.f_code.co_filename, frame.f_lineno)
            ]
            lines = [line for file, line in places if file == self._file]
            self._slips.append(
                Slip(NOT_AWAITED.format(dropped.__name__), lines[0] if lines else None)
            )

    def _is_new(self, place: object) -> bool:
        if place in self._seen or len(self._seen) == _SLIPS_MAX:
            return False
        self._seen.add(place)
        return True
