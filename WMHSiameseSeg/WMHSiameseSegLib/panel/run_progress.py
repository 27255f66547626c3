"""Stage and time left on the progress bars of both tabs."""

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


class StageProgress:
    """Stage, count and time left on a bar.

    Args:
        bar: hidden while nothing runs.
        clock: seconds, as time.monotonic.
    """

    timed = ""
    """The stage whose time can be told from its count."""
    too_early_s = 0.5
    """Before that many seconds of the stage nothing is said of the time."""

    def __init__(self, bar: qt.QProgressBar, clock: Callable[[], float] = time.monotonic) -> None:
        self._bar = bar
        self._clock = clock
        self._stage = ""
        self._since = 0.0
        self._first = 0
        self.hide()

    def names(self) -> dict[str, str]:
        """The stages in words."""
        raise NotImplementedError

    def place(self, stage: str, done: int, of: int) -> None:
        """Let the bar show how far it is."""
        raise NotImplementedError

    def hide(self) -> None:
        self._stage = ""
        self._bar.setVisible(False)

    def show(self, stage: str, done: int = 0, of: int = 0) -> None:
        """Say stage, count and, once it can be told, the time left."""
        if stage != self._stage:
            self._stage, self._since, self._first = stage, self._clock(), done
        text = self.names().get(stage, stage)
        if of > 1:
            text += f" {done}/{of}"
        left = self._seconds_left(done, of)
        if left is not None:
            text += " · " + time_left(left)
        self.place(stage, done, of)
        self._bar.setFormat(text.replace("%", "%%"))
        self._bar.setVisible(True)

    def _seconds_left(self, done: int, of: int) -> float | None:
        elapsed, counted = self._clock() - self._since, done - self._first
        if self._stage != self.timed or counted <= 0 or of <= done or elapsed < self.too_early_s:
            return None
        return elapsed / counted * (of - done)


class RunProgress(StageProgress):
    """Shows how far a run is: all its stages on one bar."""

    timed = "network"

    def names(self) -> dict[str, str]:
        return {
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

    def hide(self) -> None:
        self._bar.setRange(0, _WHOLE)
        self._bar.setValue(0)
        super().hide()

    def place(self, stage: str, done: int, of: int) -> None:
        begins = _BEGINS.get(stage)
        if begins is None:
            return
        ends = min((b for b in _BEGINS.values() if b > begins), default=_WHOLE)
        within = int((ends - begins) * min(done / of, 1.0)) if of > 0 else 0
        self._bar.setValue(begins + within)


class TrainingProgress(StageProgress):
    """Shows how far a training is: each stage from the bar's beginning."""

    timed = "training"
    too_early_s = 1.0

    def names(self) -> dict[str, str]:
        return {
            "starting": _("Starting the worker"),
            "preparing": _("Preparing the cases"),
            "training": _("Training"),
            "comparing": _("Comparing with the base model"),
            "drawing": _("Drawing the largest differences"),
            "stopping": _("Stopping; the best so far is kept"),
            "cancelling": _("Cancelling"),
        }

    def place(self, stage: str, done: int, of: int) -> None:
        self._bar.setRange(0, max(of, 1))
        self._bar.setValue(min(done, max(of, 1)))


class DownloadProgress(TrainingProgress):
    """Shows how much of a file has come, in megabytes."""

    timed = "downloading"

    def names(self) -> dict[str, str]:
        return {
            "starting": _("Starting the worker"),
            "downloading": _("Downloading, MB:"),
            "cancelling": _("Cancelling"),
        }


def time_left(seconds: float) -> str:
    """Seconds or minutes, in words."""
    if seconds < 60:
        return _("{seconds} s left").format(seconds=max(1, round(seconds)))
    return _("{minutes} min left").format(minutes=round(seconds / 60))
