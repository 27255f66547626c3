"""Work on arrays beside the event loop, so that the window never waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import qt

_POLL_MS = 5
# The application keeps Python to itself while its event loop runs: without this short, yielding
# wait in the timer, a thread would hardly get a turn. It is far below what a person can feel.
_YIELD_S = 0.008


class Job:
    """One piece of work; after ``abandon`` nobody hears of it again."""

    def __init__(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._work = work
        self._done = done
        self._failed = failed
        self._outcome: Any = None
        self._error: Exception | None = None
        self._abandoned = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def abandon(self) -> None:
        self._abandoned = True

    def finished(self) -> bool:
        """Give the thread a turn, then say whether it has ended."""
        self._thread.join(_YIELD_S)
        return not self._thread.is_alive()

    def deliver(self) -> None:
        """Hand over the outcome; in the thread of the event loop."""
        if self._abandoned:
            return
        if self._error is not None:
            self._failed(self._error)
        else:
            self._done(self._outcome)

    def _run(self) -> None:
        try:
            self._outcome = self._work()
        except Exception as error:
            self._error = error


class Background:
    """Starts jobs and delivers their outcomes from a timer of the event loop."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._timer = qt.QTimer()
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._deliver)

    def run(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> Job:
        """Run ``work`` in a thread, then ``done(outcome)`` or ``failed(error)`` in this one.

        ``work`` touches arrays and files only, never nodes or widgets.
        """
        job = Job(work, done, failed)
        self._jobs.append(job)
        self._timer.start()
        return job

    def close(self) -> None:
        """Forget all jobs; what still runs ends unheard."""
        for job in self._jobs:
            job.abandon()
        self._jobs = []
        self._timer.stop()

    def _deliver(self) -> None:
        for job in list(self._jobs):
            if job in self._jobs and job.finished():
                self._jobs.remove(job)
                job.deliver()
        if not self._jobs:
            self._timer.stop()
