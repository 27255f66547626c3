"""The service behind the panel: JSON lines on stdin and stdout, one model kept warm.

``python -m wmh_siamese.worker`` says hello and waits. A thread reads the requests, so that a stop
is heard during a run; everything else is done one by one in the order it came. When stdin closes,
the process ends at once and takes its part-written files with it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import Any, BinaryIO

from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.files.plain_json import without_nan
from wmh_siamese.files.workplace import sweep_temporary_place
from wmh_siamese.terminal.output import ready_streams
from wmh_siamese.worker.asker import Asker, stopped
from wmh_siamese.worker.jobs import Work, work_of
from wmh_siamese.worker.lines import Identity, identity_of, parse_line, unusable
from wmh_siamese.worker.probe import python_version
from wmh_siamese.worker.streams import Events, claim_standard_streams, lines_of
from wmh_siamese.worker.workshop import Workshop

PROTOCOL = 1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stop:
    """End the request ``of`` at its next step; without ``keep`` nothing is left of it."""

    of: Identity
    keep: bool = True


@dataclass(frozen=True)
class Quit:
    """Finish what is queued, then end."""


def request_of(line: Mapping[str, Any]) -> Stop | Quit | Work:
    """What a line asks for.

    Raises:
        WMHError: ``internal``, as :func:`wmh_siamese.worker.jobs.work_of`.
    """
    if line.get("do") == "stop":
        return Stop(identity_of({"id": line.get("of")}), keep=line.get("keep", True) is not False)
    if line.get("do") == "quit":
        return Quit()
    return work_of(line)


@dataclass(eq=False)
class _Asked:
    """A piece of work that waits or runs, whether or not another one has the same identity."""

    identity: Identity
    work: Work
    stops: list[Identity] = field(default_factory=list)
    discarded: bool = False


class Worker:
    """Answers requests until it is told to quit or nobody is there any more.

    Args:
        requests: one JSON object a line.
        events: where the answers go.
        workshop: where the work is done.
        leave: ends the process with an exit code, at once.
    """

    def __init__(
        self,
        requests: BinaryIO,
        events: BinaryIO,
        workshop: Workshop,
        leave: Callable[[int], Any] = os._exit,
    ) -> None:
        self._requests = requests
        self._events = Events(events)
        self._workshop = workshop
        self._leave = leave
        self._queue: queue.SimpleQueue[_Asked | Quit] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._ending = threading.RLock()
        self._asked: list[_Asked] = []
        self._running: _Asked | None = None
        self._working = False

    def run(self) -> None:
        """Say hello, then work until ``quit``."""
        self._send(event="hello", protocol=PROTOCOL, pid=os.getpid(), python=python_version())
        threading.Thread(target=self._listen, name="requests", daemon=True).start()
        while True:
            asked = self._queue.get()
            if isinstance(asked, Quit):
                return
            if self._begin(asked):
                self._answer(asked)
                self._end(asked)

    def end_now(self, code: int = 0, *, abandoned: bool = False) -> None:
        """Remove what is part-written and end the process, whatever it is doing.

        Args:
            code: of the process's end.
            abandoned: nobody will fetch a result: the run's private folder is removed as well.
        """
        with self._ending:  # whoever comes second must not end the process in the middle
            self._workshop.clear_away(private=abandoned)
            self._leave(code)

    @property
    def working(self) -> bool:
        """Whether a piece of work is under way whose outcome nobody can have heard of."""
        return self._working

    # The thread that reads

    def _listen(self) -> None:
        try:
            for raw in lines_of(self._requests):
                self._hear(raw)
        except Exception:
            log.exception("the requests cannot be read any more")
        self.end_now(abandoned=True)

    def _hear(self, raw: bytes) -> None:
        identity: Identity = None
        try:
            line = parse_line(raw)
            identity = identity_of(line)
            request = request_of(line)
        except Exception as error:  # whatever a line holds, it is answered and the next one heard
            if not isinstance(error, WMHError):
                log.exception("a request could not be read")
                error = unusable(f"it could not be read ({type(error).__name__})")
            self._send_error(identity, error)
            return
        if isinstance(request, Stop):
            self._stop(identity, request)
            return
        if isinstance(request, Quit):
            self._queue.put(request)
            return
        asked = _Asked(identity, request)
        with self._lock:
            self._asked.append(asked)
        self._queue.put(asked)

    def _stop(self, identity: Identity, request: Stop) -> None:
        of = request.of
        with self._lock:
            asked = next((one for one in self._asked if one.identity == of), None)
            if asked is not None and not request.keep:
                asked.discarded = True
            if asked is not None and asked is self._running:
                asked.stops.append(identity)
                return
            if asked is not None:
                self._asked.remove(asked)
        if asked is not None:
            self._send_error(of, stopped())
        self._send(id=identity, event="result", of=of)

    # The thread that works

    def _begin(self, asked: _Asked) -> bool:
        """Whether the request is still wanted: one that was stopped in the queue is not."""
        with self._lock:
            wanted = asked in self._asked
            if wanted:
                self._running = asked
            return wanted

    def _end(self, asked: _Asked) -> None:
        with self._lock:
            self._running = None
            self._asked.remove(asked)
        for stop in asked.stops:
            self._send(id=stop, event="result", of=asked.identity)

    def _answer(self, asked: _Asked) -> None:
        identity = asked.identity
        asker = Asker(
            progress=partial(self._send_progress, identity),
            say=lambda text: self._send(id=identity, event="log", text=text),
            stopped=lambda: bool(asked.stops),
            epoch=lambda fields: self._send(id=identity, event="epoch", **without_nan(fields)),
            discarded=lambda: asked.discarded,
        )
        self._working = True
        try:
            result = asked.work(asker, self._workshop)
            self._working = False
            self._send(id=identity, event="result", **without_nan(result))
        except Exception as error:
            self._working = False
            plain = from_exception(error)
            if plain.kind == "internal":
                log.exception("request %s failed", identity)
            self._send_error(identity, plain)

    # Events

    def _send_progress(self, identity: Identity, stage: str, done: int, of: int) -> None:
        self._send(id=identity, event="progress", stage=stage, done=done, of=of)

    def _send_error(self, identity: Identity, error: WMHError) -> None:
        try:
            self._events.send_error(identity, error)
        except OSError:
            self.end_now(1, abandoned=True)

    def _send(self, **event: Any) -> None:
        try:
            self._events.send(**event)
        except OSError:
            self.end_now(1, abandoned=True)


def _lead_a_group() -> None:
    """A group of its own, so that whoever started the worker can end it with its children."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setsid()


def main() -> None:
    """Serve on the standard streams until told to quit or left alone."""
    ready_streams()
    requests, events = claim_standard_streams()
    _lead_a_group()
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s"
    )
    logging.captureWarnings(True)
    sweep_temporary_place()
    worker = Worker(requests, events, Workshop())

    def ended(number: int, frame: FrameType | None) -> None:
        worker.end_now(128 + number, abandoned=worker.working)

    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if number := getattr(signal, name, None):  # Windows knows no SIGHUP
            signal.signal(number, ended)
    worker.run()
    worker.end_now()
