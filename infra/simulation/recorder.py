"""The seam that records each operation for the metrics, and passes it on to another seam."""

from collections.abc import Awaitable

from infra.metrics import Metrics, Span
from infra.operations import Operation, Seam


class Recorder:
    """Records what passes on its way to `seam`, which may let the worker die."""

    def __init__(self, metrics: Metrics, seam: Seam):
        self._metrics = metrics
        self._seam = seam
        self._spans: dict[Operation, Span] = {}

    def before(self, operation: Operation) -> Awaitable[None] | None:
        """Record that it begins, unless its worker does not live to do it."""
        try:
            turn = self._seam.before(operation)
        except BaseException:
            self._metrics.dies(operation.worker)
            raise
        self._spans[operation] = self._metrics.begin(operation.kind, operation.call)
        return turn

    def after(self, operation: Operation) -> Awaitable[None] | None:
        """Record that its answer has come, if the worker lives to hear of it."""
        try:
            turn = self._seam.after(operation)
        except BaseException:
            self._metrics.dies(operation.worker)
            raise
        error = operation.error
        self._metrics.end(self._spans.pop(operation), type(error).__name__ if error else None)
        return turn

    def cut(self, operation: Operation) -> None:
        """Record that its worker does not wait for it any more."""
        self._seam.cut(operation)
        self._metrics.end(self._spans.pop(operation), "cut")
