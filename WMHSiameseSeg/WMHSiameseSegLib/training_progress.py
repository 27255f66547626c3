"""Stage, steps and time left of a training on its bar."""

from __future__ import annotations

import time
from collections.abc import Callable

import qt
from slicer.i18n import tr as _

from WMHSiameseSegLib.run_progress import time_left

_TOO_EARLY_S = 1.0


class TrainingProgress:
    """Shows how far a training is.

    Args:
        bar: hidden while nothing runs.
        clock: seconds, as time.monotonic.
    """

    def __init__(self, bar: qt.QProgressBar, clock: Callable[[], float] = time.monotonic) -> None:
        self._bar = bar
        self._clock = clock
        self._stage = ""
        self._since = 0.0
        self._first = 0
        self.hide()

    def hide(self) -> None:
        self._stage = ""
        self._bar.setVisible(False)

    def show(self, stage: str, done: int = 0, of: int = 0) -> None:
        """Say stage, steps and, once it can be told, the time left."""
        if stage != self._stage:
            self._stage, self._since, self._first = stage, self._clock(), done
        names = {
            "starting": _("Starting the worker"),
            "preparing": _("Preparing the cases"),
            "training": _("Training"),
            "comparing": _("Comparing with the base model"),
            "stopping": _("Stopping; the best so far is kept"),
            "cancelling": _("Cancelling"),
        }
        text = names.get(stage, stage)
        if of > 1:
            text += f" {done}/{of}"
        left = self._seconds_left(done, of)
        if left is not None:
            text += " · " + time_left(left)
        self._bar.setRange(0, max(of, 1))
        self._bar.setValue(min(done, max(of, 1)))
        self._bar.setFormat(text.replace("%", "%%"))
        self._bar.setVisible(True)

    def _seconds_left(self, done: int, of: int) -> float | None:
        elapsed, steps = self._clock() - self._since, done - self._first
        if self._stage != "training" or steps <= 0 or of <= done or elapsed < _TOO_EARLY_S:
            return None
        return elapsed / steps * (of - done)
