"""Long work on widgets in small steps, so that the window never waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import qt

_TURN_S = 0.010


class Gradually:
    """Runs one iterator at a time, a few of its steps in each turn of the event loop.

    Example:
        >>> rows = Gradually()
        >>> rows.run(show(row) for row in table)  # doctest: +SKIP
    """

    def __init__(self) -> None:
        self._steps: Iterator[object] | None = None
        self._timer = qt.QTimer()
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._turn)

    @property
    def busy(self) -> bool:
        return self._steps is not None

    def run(self, steps: Iterator[object]) -> None:
        """Begin these steps; those that were under way are dropped."""
        self._steps = steps
        self._timer.start()

    def stop(self) -> None:
        self._steps = None
        self._timer.stop()

    def _turn(self) -> None:
        ends = time.monotonic() + _TURN_S
        steps = self._steps
        try:
            while steps is not None and self._steps is steps and time.monotonic() < ends:
                next(steps)
        except StopIteration:
            if self._steps is steps:
                self.stop()
        except Exception:
            self.stop()
            raise
