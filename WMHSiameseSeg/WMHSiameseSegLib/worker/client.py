"""The door to the warm worker: start it once, ask it, hear its events, end it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from WMHSiameseSegLib.worker.event_lines import EventLines
from WMHSiameseSegLib.worker.process import Ending, WorkerCommand, WorkerProcess

PROTOCOL = 1
Event = dict[str, Any]
Listener = Callable[[Event], None]
_LAST = {"result", "error"}
_PATIENCE_S = 5.0


class WorkerClient:
    """Asks a child process and hands each of its events to whoever asked.

    The child is started by the first request and kept for the next ones. A request always ends
    with one event ``result`` or ``error``: when the child dies, the error is made here.

    Args:
        command: gives what to start; called at each start, and may be replaced.
        log: hears every line for the log, in plain text.
        spawn: makes the process; a test may give another.
    """

    def __init__(
        self,
        command: Callable[[], WorkerCommand],
        log: Callable[[str], None],
        spawn: Callable[..., WorkerProcess] = WorkerProcess,
    ) -> None:
        self.command = command
        self._log = log
        self._spawn = spawn
        self._process: WorkerProcess | None = None
        self._dying: list[WorkerProcess] = []
        self._listeners: dict[int, Listener] = {}
        self._last_id = 0

    @property
    def alive(self) -> bool:
        """Whether a worker is there to be asked."""
        return self._process is not None

    @property
    def busy(self) -> bool:
        """Whether a request is not answered yet."""
        return bool(self._listeners)

    @property
    def ending(self) -> bool:
        """Whether a worker was told to end and is not gone yet."""
        return bool(self._dying)

    @property
    def pid(self) -> int | None:
        """The process id that the worker itself said, once it has."""
        return self._process.python_pid if self._process else None

    def ask(self, request: Event, listener: Listener) -> int:
        """Send a request, starting the worker when there is none; returns its number."""
        self._last_id += 1
        identity = self._last_id
        self._listeners[identity] = listener
        self._send({"id": identity, **request})
        return identity

    def stop(self, identity: int, keep: bool = True) -> None:
        """Ask the worker to end a request at its next step.

        Args:
            identity: of the request.
            keep: keep what a training has reached; otherwise it leaves no trace.
        """
        if self._process is not None and identity in self._listeners:
            self._last_id += 1
            discard = {} if keep else {"keep": False}
            self._send({"id": self._last_id, "do": "stop", "of": identity, **discard})

    def end(self) -> None:
        """End the worker at once; open requests are forgotten and hear nothing more."""
        self._listeners.clear()
        if self._process is not None:
            self._dying.append(self._process)
            self._process, dying = None, self._process
            dying.kill()

    def end_and_wait(self) -> None:
        """End the worker; return when it is gone, for Windows keeps the files of one that runs."""
        self.end()
        until = time.monotonic() + _PATIENCE_S
        while self.ending and time.monotonic() < until:
            slicer.app.processEvents(qt.QEventLoop.ExcludeUserInputEvents)
            time.sleep(0.01)

    def close(self) -> None:
        """End the worker with the module: nobody is told of it."""
        self.end()
        dying, self._dying = self._dying, []
        for process in dying:
            process.abandon()

    def _send(self, message: Event) -> None:
        if self._process is None:
            self._start()
        if self._process is not None:
            self._process.write(json.dumps(message).encode("ascii") + b"\n")

    def _start(self) -> None:
        lines = EventLines()
        child: list[WorkerProcess] = []

        def read(data: bytes) -> None:
            for line in lines.feed(data):
                if child and child[0] is self._process:
                    self._hear(line)

        def ended(how: Ending, code: int) -> None:
            self._on_ended(child[0] if child else None, _death(how, code))

        process = self._spawn(self.command(), read, self._log, ended)
        child.append(process)
        if process.alive:  # on Windows a program that is not there is told at once
            self._process = process

    def _hear(self, line: Event | str) -> None:
        if isinstance(line, str):
            self._log(_("Unexpected line from the worker: {text}").format(text=line))
            return
        if line["event"] == "hello":
            self._greet(line)
            return
        identity = line.get("id")
        listener = self._listeners.get(identity) if isinstance(identity, int) else None
        if listener is None:
            return
        if line["event"] in _LAST:
            del self._listeners[identity]
        listener(line)

    def _greet(self, hello: Event) -> None:
        pid = hello.get("pid")
        if self._process is not None and isinstance(pid, int) and pid > 1:
            self._process.python_pid = pid
        if hello.get("protocol") != PROTOCOL:
            said = hello.get("protocol")
            self._log(_("The worker speaks protocol {said}.").format(said=said))

    def _on_ended(self, process: WorkerProcess | None, death: Event) -> None:
        if process is not None and process in self._dying:
            self._dying.remove(process)
            return
        self._process = None
        listeners, self._listeners = self._listeners, {}
        for listener in listeners.values():
            listener(death)


def _death(how: Ending, code: int) -> Event:
    """The error event that a request hears when its worker is gone."""
    if how is Ending.NOT_STARTED:
        sentence = _("Slicer's Python (PythonSlicer) could not be started.")
        way_out = _("Check whether a virus scanner holds it back, or install Slicer again.")
    else:
        if how is Ending.KILLED:
            sentence = _("The worker process was ended from outside.")
        else:
            sentence = _("The worker process ended by itself (code {code}).").format(code=code)
        way_out = _(
            "Click again to start another. If it happens again, the computer may be short of "
            "memory: close other programs, or choose the CPU as device."
        )
    return {"event": "error", "kind": "internal", "sentence": sentence, "way_out": way_out}
