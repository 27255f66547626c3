"""One line of the worker's protocol: a JSON object, and how its fields are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

from wmh_siamese.errors import WMHError

LONGEST_LINE = 1 << 20
LONGEST_PATH = 4096
LONGEST_ECHO = 200
DEVICES = ("auto", "cpu", "cuda", "mps")
PRIVATE_FOLDER_PREFIX = "WMHSiameseSeg-"

Identity = int | str | None
Affine = tuple[tuple[float, ...], ...]


def identity_of(line: Mapping[str, Any]) -> Identity:
    """The request's own number, or None when it has none."""
    identity = line.get("id")
    if isinstance(identity, str):
        return identity if len(identity) <= LONGEST_ECHO else None
    return identity if isinstance(identity, int) and abs(identity) < 1 << 64 else None


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


def path_of(line: Mapping[str, Any], field: str) -> Path:
    """A field that must be a path."""
    value = line.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_PATH or not _is_writable(value):
        raise unusable(f"{field!r} must be a path, got {value!r}")
    return Path(value)


def _is_writable(text: str) -> bool:
    """Whether a file can have this name: no NUL, and no half of a character."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


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
        and all(_is_number(value) for row in rows for value in row)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 1 << 64)


def unusable(reason: str) -> WMHError:
    """The error of a request that is not as it should be."""
    shown = reason if len(reason) <= LONGEST_ECHO else f"{reason[: LONGEST_ECHO - 1]}…"
    return WMHError("internal", f"The request cannot be used: {shown}.")
