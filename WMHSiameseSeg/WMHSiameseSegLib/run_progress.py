"""Stage and time left on the progress bar."""

from __future__ import annotations

import time
from collections.abc import Callable

import qt
from slicer.i18n import tr as _

# Share of the bar at which each stage begins; the network takes nearly all of a run.
_BEGINS = {
    "checking": 0,
    "starting": 1,
    "loading model": 3,
    "reading": 6,
    "preparing": 7,
    "network": 8,
    "writing": 96,
    "importing": 98,
}
_WHOLE = 100
_TOO_EARLY_S = 0.5


def stage_name(stage: str) -> str:
    """A stage of the run in words."""
    names = {
        "checking": _("Checking the volume"),
        "starting": _("Starting the worker"),
        "loading model": _("Loading the model"),
        "reading": _("Reading"),
        "preparing": _("Preparing slices"),
        "network": _("Network"),
        "writing": _("Writing"),
        "importing": _("Importing the result"),
        "cancelling": _("Cancelling"),
    }
    return names.get(stage, stage)


class RunProgress:
    """Shows how far a run is.

    Args:
        bar: hidden while nothing runs.
        clock: seconds, as time.monotonic.
    """

    def __init__(self, bar: qt.QProgressBar, clock: Callable[[], float] = time.monotonic) -> None:
        self._bar = bar
        self._clock = clock
        self._stage = ""
        self._since = 0.0
        self._bar.setRange(0, _WHOLE)
        self.hide()

    def hide(self) -> None:
        self._stage = ""
        self._bar.setValue(0)
        self._bar.setVisible(False)

    def show(self, stage: str, done: int = 0, of: int = 0) -> None:
        """Say stage, steps and, once it can be told, the time left."""
        if stage != self._stage:
            self._stage, self._since = stage, self._clock()
        text = stage_name(stage)
        if of > 1:
            text += f" {done}/{of}"
        left = self._seconds_left(done, of)
        if left is not None:
            text += " · " + time_left(left)
        self._bar.setFormat(text.replace("%", "%%"))
        self._bar.setValue(self._value(stage, done, of))
        self._bar.setVisible(True)

    def _value(self, stage: str, done: int, of: int) -> int:
        begins = _BEGINS.get(stage)
        if begins is None:
            return self._bar.value
        ends = min((b for b in _BEGINS.values() if b > begins), default=_WHOLE)
        return begins + (int((ends - begins) * min(done / of, 1.0)) if of > 0 else 0)

    def _seconds_left(self, done: int, of: int) -> float | None:
        elapsed = self._clock() - self._since
        if self._stage != "network" or done <= 0 or of <= done or elapsed < _TOO_EARLY_S:
            return None
        return elapsed / done * (of - done)


def time_left(seconds: float) -> str:
    """Seconds or minutes, in words."""
    if seconds < 60:
        return _("{seconds} s left").format(seconds=max(1, round(seconds)))
    return _("{minutes} min left").format(minutes=round(seconds / 60))
