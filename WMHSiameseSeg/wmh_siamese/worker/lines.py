"""The worker's lines: typed requests in, JSON events out, and nothing else on stdout."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeGuard, Union, cast

from wmh_siamese.errors import WMHError

if TYPE_CHECKING:
    from wmh_siamese.worker.finetuning import Finetune
    from wmh_siamese.worker.library import InLibrary
    from wmh_siamese.worker.vgg import KeepVGG

LONGEST_LINE = 1 << 20
DEVICES = ("auto", "cpu", "cuda", "mps")
NONFINITE = ("refuse", "zero")
PRIVATE_FOLDER_PREFIX = "WMHSiameseSeg-"

Identity = int | str | None
Affine = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Warm:
    """Load a model and keep it."""

    model: Path
    device: str


@dataclass(frozen=True)
class Segment:
    """Segment the array file ``volume`` (i, j, k) and leave its probability in another.

    ``folder`` is private to this run, when given: it goes when whoever asked is gone.
    """

    volume: Path
    affine: Affine
    model: Path
    device: str
    nonfinite: Literal["refuse", "zero"]
    probability: Path
    folder: Path | None = None


@dataclass(frozen=True)
class Probe:
    """Tell what is installed and which devices there are."""


@dataclass(frozen=True)
class Stop:
    """End the request ``of`` at its next step; without ``keep`` nothing is left of it."""

    of: Identity
    keep: bool = True


@dataclass(frozen=True)
class Quit:
    """Finish what is queued, then end."""


Request = Union[Warm, Segment, "Finetune", Probe, "InLibrary", "KeepVGG", Stop, Quit]


def identity_of(line: Mapping[str, Any]) -> Identity:
    """The request's own number, or None when it has none."""
    identity = line.get("id")
    return identity if isinstance(identity, int | str) else None


def parse_line(raw: bytes) -> dict[str, Any]:
    """One line as a JSON object.

    Raises:
        WMHError: ``internal`` when the line is too long or no JSON object.
    """
    if len(raw) > LONGEST_LINE:
        raise unusable(f"a request is longer than {LONGEST_LINE} bytes")
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        raise unusable("a request is not JSON") from None
    if not isinstance(line, dict):
        raise unusable("a request is not a JSON object")
    return line


def parse_request(line: Mapping[str, Any]) -> Request:
    """The typed request of a line.

    Raises:
        WMHError: ``internal``, with the field that is missing or wrong.
    """
    do = line.get("do")
    if do == "segment":
        return Segment(
            volume=path_of(line, "volume"),
            affine=affine_of(line),
            model=path_of(line, "model"),
            device=choice_of(line, "device", DEVICES),
            nonfinite=cast(Literal["refuse", "zero"], choice_of(line, "nonfinite", NONFINITE)),
            probability=path_of(line, "probability"),
            folder=private_folder_of(line),
        )
    if do == "warm":
        return Warm(path_of(line, "model"), choice_of(line, "device", DEVICES))
    if do == "probe":
        return Probe()
    if do == "library":
        from wmh_siamese.worker.library import library_request

        return library_request(line)
    if do == "finetune":
        from wmh_siamese.worker.finetuning import finetune_request

        return finetune_request(line)
    if do == "vgg":
        from wmh_siamese.worker.vgg import keep_vgg_request

        return keep_vgg_request(line)
    if do == "stop":
        return Stop(identity_of({"id": line.get("of")}), keep=line.get("keep", True) is not False)
    if do == "quit":
        return Quit()
    raise unusable(f"the worker cannot do {do!r}")


def path_of(line: Mapping[str, Any], field: str) -> Path:
    """A field that must be a path."""
    value = line.get(field)
    if not isinstance(value, str) or not value or "\0" in value:
        raise unusable(f"{field!r} must be a path, got {value!r}")
    return Path(value)


def optional_path_of(line: Mapping[str, Any], field: str) -> Path | None:
    """A field that must be a path where it is there."""
    return path_of(line, field) if line.get(field) is not None else None


def private_folder_of(line: Mapping[str, Any]) -> Path | None:
    """The run's folder, which may be removed: it must be named as the panel names its own."""
    folder = optional_path_of(line, "folder")
    if folder is not None and not folder.name.startswith(PRIVATE_FOLDER_PREFIX):
        raise unusable(f"'folder' must be named {PRIVATE_FOLDER_PREFIX}..., got {folder.name!r}")
    return folder


def choice_of(line: Mapping[str, Any], field: str, choices: tuple[str, ...]) -> str:
    """One of the choices; the first when the field is not there."""
    value = line.get(field, choices[0])
    if value not in choices:
        raise unusable(f"{field!r} must be one of {', '.join(choices)}, got {value!r}")
    return str(value)


def affine_of(line: Mapping[str, Any], field: str = "affine") -> Affine:
    """A field that must be 4 rows of 4 numbers."""
    rows = line.get(field)
    if not _is_matrix(rows):
        raise unusable(f"{field!r} must be 4 rows of 4 numbers")
    return tuple(tuple(float(value) for value in row) for row in rows)


def _is_matrix(rows: object) -> TypeGuard[list[list[float]]]:
    return (
        isinstance(rows, list)
        and len(rows) == 4
        and all(isinstance(row, list) and len(row) == 4 for row in rows)
        and all(isinstance(value, int | float) for row in rows for value in row)
    )


def unusable(reason: str) -> WMHError:
    """The error of a request that is not as it should be."""
    return WMHError("internal", f"The request cannot be used: {reason}.")


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
            sentence=error.sentence,
            way_out=error.way_out,
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
