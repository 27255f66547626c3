"""How long the thread of the panel was kept from its event loop."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from types import TracebackType

from PySide6 import QtCore


class Heartbeat:
    """Beats in the event loop; the longest time between two beats is the longest block.

        with Heartbeat() as heartbeat:
            ...
        assert heartbeat.longest_block_s < 0.05

    Only time inside the block counts as ours when the loop is running: a test must wait with
    `wait_until`. `where` tells which line was running when the longest block passed its limit.
    """

    def __init__(self, limit_s: float = 0.05, period_ms: int = 1) -> None:
        self.limit_s = limit_s
        self.longest_block_s = 0.0
        self.where = ""
        self._last = time.monotonic()
        self._timer = QtCore.QTimer()
        self._timer.setTimerType(QtCore.Qt.PreciseTimer)
        self._timer.setInterval(period_ms)
        self._timer.timeout.connect(self._beat)
        self._thread_id = threading.get_ident()
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._seen = ("", 0.0)

    def __enter__(self) -> Heartbeat:
        self._last = time.monotonic()
        self._timer.start()
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beat()
        self._timer.stop()
        self._ended.set()
        self._watcher.join()

    def _beat(self) -> None:
        now = time.monotonic()
        block = now - self._last
        if block > self.longest_block_s:
            self.longest_block_s = block
            stack, began = self._seen
            if block > self.limit_s and began == self._last:
                self.where = stack
        self._last = now

    def _watch(self) -> None:
        """Note where the panel's thread is, once a block has lasted longer than the limit."""
        while not self._ended.wait(self.limit_s / 4):
            began = self._last
            if time.monotonic() - began > self.limit_s and self._seen[1] != began:
                frame = sys._current_frames().get(self._thread_id)
                if frame is not None:
                    self._seen = ("".join(traceback.format_stack(frame, 12)), began)
