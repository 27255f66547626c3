"""How long each stage of a run takes."""

from __future__ import annotations

import time
from collections.abc import Callable

_STAGE_NAMES = {
    "loading model": "load",
    "reading": "read",
    "preparing": "prepare",
    "network": "network",
    "writing": "write",
}


class StageClock:
    """Passes progress on and keeps the seconds of every stage."""

    def __init__(self, announce: Callable[[str, int, int], None]) -> None:
        self._announce = announce
        self._seconds: dict[str, float] = dict.fromkeys(_STAGE_NAMES.values(), 0.0)
        self._began = self._since = time.perf_counter()
        self._stage = ""

    def __call__(self, stage: str, done: int, of: int) -> None:
        self._count()
        self._stage = stage
        self._announce(stage, done, of)

    def total(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self._began

    def timings(self) -> dict[str, float]:
        """Seconds by stage so far."""
        self._count()
        return dict(self._seconds)

    def _count(self) -> None:
        now = time.perf_counter()
        name = _STAGE_NAMES.get(self._stage, self._stage)
        if name:
            self._seconds[name] = self._seconds.get(name, 0.0) + now - self._since
        self._since = now
