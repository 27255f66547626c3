"""One training in a worker of its own: begun, stopped with what it has, or cancelled."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import qt

from WMHSiameseSegLib.models.user_models import sweep_workplace
from WMHSiameseSegLib.worker.client import Event, WorkerClient

PATIENCE_MS = 3000
_LOOK_AGAIN_MS = 100
_LOOKS = 50
_NOT_NUMBERED = 0
"""A request that was asked and has no number yet."""
_AFTER_TRAINING = ("comparing", "drawing")


class TrainingState(Enum):
    """Where a training stands."""

    IDLE = "idle"
    RUNNING = "running"
    STOPPING = "stopping"
    CANCELLING = "cancelling"


class TrainingListener(Protocol):
    """Hears how it goes."""

    def on_state(self, state: TrainingState) -> None: ...

    def on_event(self, event: Event) -> None: ...

    def on_result(self, what: str, result: Event) -> None: ...

    def on_failure(self, kind: str, sentence: str, way_out: str) -> None: ...

    def on_cancelled(self) -> None: ...


class FinetuneRun:
    """Drives one request at a time; another panel or scene does not touch it.

    Args:
        worker: trains; the one that segments is another.
        listener: hears states, events and the outcome.

    Attributes:
        state: where it stands.
        what: was asked last.
        written: whether the new model's file has appeared.
    """

    def __init__(self, worker: WorkerClient, listener: TrainingListener) -> None:
        self._worker = worker
        self._listener = listener
        self._identity: int | None = None
        self._output: Path | None = None
        self._taken = False
        self.what = ""
        self.written = False
        self.state = TrainingState.IDLE

    @property
    def idle(self) -> bool:
        return self.state is TrainingState.IDLE

    def start(self, request: dict[str, Any]) -> None:
        """Ask the worker; the state is idle again when all is over."""
        self.what = str(request["what"])
        output = request.get("output")
        self._output = Path(output) if output else None
        self._taken = self.written = False
        self._identity = _NOT_NUMBERED
        self._go(TrainingState.RUNNING)
        identity = self._worker.ask(request, self._hear)
        if self._identity is not None:  # a worker that cannot be started says so at once
            self._identity = identity

    def stop(self) -> None:
        """End it at the next step and keep the best so far."""
        if self.state is TrainingState.RUNNING and self._identity is not None:
            self._go(TrainingState.STOPPING)
            self._worker.stop(self._identity)

    def cancel(self) -> None:
        """End it and keep nothing; a worker that does not heed it is ended."""
        if self.state in (TrainingState.IDLE, TrainingState.CANCELLING) or self._identity is None:
            return
        self._go(TrainingState.CANCELLING)
        self._worker.stop(self._identity, keep=False)
        qt.QTimer.singleShot(PATIENCE_MS, self._end_stubborn(self._identity))

    def abandon(self) -> None:
        """Hear nothing more of it."""
        self._identity = None

    def _hear(self, event: Event) -> None:
        kind = event["event"]
        if self._identity is None:
            return
        if kind not in ("result", "error"):
            self._look(event)
            if self.state is not TrainingState.CANCELLING:
                self._listener.on_event(event)
            return
        cancelled, self._identity = self.state is TrainingState.CANCELLING, None
        if cancelled:
            self._leave_no_trace((event.get("model") or {}).get("path"))
            return
        self._go(TrainingState.IDLE)
        if kind == "result":
            self._listener.on_result(self.what, event)
        else:
            words = (str(event.get(name, "")) for name in ("kind", "sentence", "way_out"))
            self._listener.on_failure(*words)

    def _end_stubborn(self, identity: int) -> Callable[[], None]:
        def end() -> None:
            if self.state is TrainingState.CANCELLING and self._identity == identity:
                self._identity = None
                pid = self._worker.pid
                self._worker.end()
                self._leave_no_trace()
                if pid is not None:
                    self._sweep(pid, _LOOKS)

        return end

    def _look(self, event: Event) -> None:
        """Notice when the new model appears; another training's file of that name stays."""
        if event["event"] != "progress" or self._output is None:
            return
        if event.get("stage") == "training" and event.get("done") != event.get("of"):
            self._taken = self._output.exists()
        elif event.get("stage") in _AFTER_TRAINING:
            self.written = not self._taken

    def _leave_no_trace(self, model: str | None = None) -> None:
        """Delete the new model, which the worker may have named."""
        new = Path(model) if model else self._output if self.written else None
        self.written = new is not None
        if new is not None:
            new.unlink(missing_ok=True)
        self._go(TrainingState.IDLE)
        self._listener.on_cancelled()

    def _sweep(self, pid: int, looks: int) -> None:
        """The worker's folder goes when the worker is gone."""
        gone = not self._worker.ending and sweep_workplace(pid)
        if not gone and looks > 0:
            qt.QTimer.singleShot(_LOOK_AGAIN_MS, lambda: self._sweep(pid, looks - 1))

    def _go(self, state: TrainingState) -> None:
        self.state = state
        self._listener.on_state(state)
