"""How a fine-tuning ends: the library is told first, then the model appears and replaces nothing.

So no model exists that the library does not know of, and no finished training is lost.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from wmh_siamese.errors import WMHError
from wmh_siamese.library.changing import changing
from wmh_siamese.library.lock import WAIT_SECONDS

PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 2.0
NOT_NOTED = ".not-noted"
"""Ends the name of a finished model that the library could not be told of: it is not listed."""


def check_library(folder: Path | None) -> None:
    """Refuse, before a long training, a library that could not be told of the new model.

    Args:
        folder: of the library; None where the cases come from elsewhere.

    Raises:
        WMHError: another process holds it, or it cannot be written to.
    """
    if folder is None:
        return
    try:
        with changing(folder, WAIT_SECONDS):
            pass
    except WMHError as error:
        raise WMHError(
            error.kind,
            f"The library could not be told of a new model: {error.sentence}",
            error.way_out,
        ) from None


def published(
    model: Path,
    sha256: str,
    output: Path,
    note: Callable[[str], None],
    say: Callable[[str], None],
    unwanted: Callable[[], bool],
) -> Path:
    """Tell the library of a finished model, then let its file appear; returns where.

    Args:
        model: the finished file, on the same disk as ``output``.
        sha256: of the file.
        output: where it shall appear; a free name beside it when that is taken meanwhile.
        note: tells the library; while that is refused it is tried again for some minutes.
        say: told when the library is waited for, and of another name.
        unwanted: asked before each try: whether nothing is to be kept after all.

    Raises:
        WMHError: ``stopped`` when it is unwanted; when the library could not be told, with the
            name under which the model is kept.
    """
    try:
        _note_in_time(sha256, note, say, unwanted)
    except WMHError as error:
        if error.kind == "stopped":
            raise
        kept = _placed(model, output.with_name(output.name + NOT_NOTED))
        raise WMHError(
            error.kind,
            f"The new model is finished, but the library could not be told of it: {error.sentence}",
            f"It is kept as {kept}. To use it, take {NOT_NOTED} off its name; the library does not "
            "know then that its patients were learnt from: never hold them out.",
        ) from None
    path = _placed(model, output)
    if path != output:
        say(f"Meanwhile {output.name} appeared, so the new model is {path.name}.")
    return path


def _note_in_time(
    sha256: str,
    note: Callable[[str], None],
    say: Callable[[str], None],
    unwanted: Callable[[], bool],
) -> None:
    until, told = time.monotonic() + PATIENCE_SECONDS, False
    while True:
        if unwanted():
            raise WMHError("stopped", "Training was stopped.", "Start it again.")
        try:
            note(sha256)
            return
        except WMHError as error:
            if time.monotonic() >= until:
                raise
            if not told:
                say(f"The new model is finished and waits for the library. {error.sentence}")
                told = True
        time.sleep(PAUSE_SECONDS)


def _placed(model: Path, wanted: Path) -> Path:
    """Move a file to a name, or to ``name-2`` and so on when something has it."""
    stem, dot, endings = wanted.name.partition(".")
    for number in count(1):
        path = wanted if number == 1 else wanted.with_name(f"{stem}-{number}{dot}{endings}")
        try:
            _move_to_free(model, path)
            break
        except FileExistsError:
            continue
    return path


def _move_to_free(model: Path, path: Path) -> None:
    """As ``os.rename``, but FileExistsError where the name is taken, on every system."""
    try:
        os.link(model, path)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without hard links
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.replace(model, path)
    else:
        model.unlink()
