"""The worker's streams: requests in, a line each; events out, and nothing else on stdout."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

from wmh_siamese.errors import WMHError, shortened
from wmh_siamese.worker.lines import LONGEST_ECHO, LONGEST_LINE, Identity


class Events:
    """Writes events, one JSON object a line, from any thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, **event: Any) -> None:
        """Write one event; OSError when nobody reads any more."""
        line = json.dumps(event, allow_nan=False).encode("ascii") + b"\n"
        with self._lock:
            self._stream.write(line)
            self._stream.flush()

    def send_error(self, identity: Identity, error: WMHError) -> None:
        """The error event of a request."""
        self.send(
            id=identity,
            event="error",
            kind=error.kind,
            sentence=shortened(error.sentence, LONGEST_ECHO),
            way_out=shortened(error.way_out, LONGEST_ECHO),
        )


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """Lines until the stream ends; a line that is too long comes once, cut, and the rest is
    skipped."""
    while raw := stream.readline(LONGEST_LINE + 1):
        whole = raw
        while not whole.endswith(b"\n") and len(whole) > LONGEST_LINE:
            whole = stream.readline(LONGEST_LINE + 1)
        if raw.strip():
            yield raw


def claim_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take stdin and stdout for the protocol alone.

    What libraries print goes to stderr from here on, and a child process finds an empty stdin.
    """
    sys.stdout.flush()
    requests = os.fdopen(os.dup(0), "rb")
    events = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, events
