"""What commands print: results on stdout, one sentence for what is wrong on stderr."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from pathlib import Path

from wmh_siamese.errors import from_exception, one_line
from wmh_siamese.files.plain_json import without_nan

DONE, FAULT, REFUSED, STOPPED = 0, 1, 2, 130
"""Exit codes: all done; a fault of the program; something could not be used; stopped by Ctrl-C."""

log = logging.getLogger(__name__)


class PlainFormatter(logging.Formatter):
    """Lines of the log in which no name moves a cursor; tracebacks keep their lines."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return "".join(
            letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text
        )


def ready_streams() -> None:
    """Let every text be printed: to nowhere where a stream is closed, escaped where it has to be.

    A closed descriptor would be given to the next file that is opened, which then gets what is
    printed.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # takes the lowest free number, which is this one, also for processes started later
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.dup(number), "r" if number == 0 else "w"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def tell(text: str) -> None:
    """Print a result as one line, whatever characters the names in it hold."""
    sys.stdout.write((text if text.isprintable() else one_line(text)) + "\n")
    sys.stdout.flush()


def tell_lines(text: str) -> None:
    """Print several lines, such as a table."""
    for line in text.split("\n"):
        tell(line)


def tell_json(value: object) -> None:
    """Print one line of JSON; numbers that do not exist (NaN) are null."""
    tell(json.dumps(without_nan(value), allow_nan=False))


def complain(text: str) -> None:
    """Say on one line of stderr what is wrong."""
    sys.stderr.write(f"wmh-siamese: {one_line(text)}\n")
    sys.stderr.flush()


def refuse(error: Exception, source: Path | None = None) -> int:
    """Say what is wrong with an input, named where the error does not; returns the exit code."""
    plain = from_exception(error)
    log.debug("%s", plain.kind, exc_info=error)
    sentence = str(plain)
    if source is not None and source.name not in plain.sentence:
        sentence = f"{source}: {sentence}"
    complain(sentence)
    return FAULT if plain.kind == "internal" else REFUSED
