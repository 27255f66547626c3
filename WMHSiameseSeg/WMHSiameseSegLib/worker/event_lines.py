"""From the bytes a worker writes to its events, whatever the bytes are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

LONGEST_LINE = 1 << 20


class EventLines:
    """Puts lines together from pieces and tells events from anything else.

    Example:
        >>> lines = EventLines()
        >>> list(lines.feed(b'{"event": "hel'))
        []
        >>> list(lines.feed(b'lo"}\\n'))
        [{'event': 'hello'}]
    """

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[dict[str, Any] | str]:
        """Events as dictionaries, and as text each line that is none.

        A line longer than 1 MiB is dropped, so that a broken worker cannot fill the memory.
        """
        *whole, rest = (self._rest + data).split(b"\n")
        for line in whole:
            if self._skipping:
                self._skipping = False
            elif line.strip():
                yield _event_or_text(line)
        self._rest = rest
        if len(rest) > LONGEST_LINE:
            self._rest, self._skipping = b"", True


def _event_or_text(line: bytes) -> dict[str, Any] | str:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        event = None
    if isinstance(event, dict) and isinstance(event.get("event"), str):
        return event
    return line[:500].decode("utf-8", "replace").strip()
