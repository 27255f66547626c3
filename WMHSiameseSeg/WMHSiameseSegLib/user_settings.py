"""What the panel remembers of its user, in Slicer's own settings and never in a scene."""

from __future__ import annotations

import json
from pathlib import Path

import slicer

_GROUP = "WMHSiameseSeg"
_LIBRARIES_KEPT = 8


def libraries() -> list[Path]:
    """The library folders used so far, the last one first."""
    try:
        kept = json.loads(_read("libraries") or "[]")
    except ValueError:
        return []
    return [Path(folder) for folder in kept if isinstance(folder, str)]


def remember_library(folder: Path) -> None:
    """Put a library folder before all others."""
    others = [str(other) for other in libraries() if other != folder]
    _write("libraries", json.dumps([str(folder), *others][:_LIBRARIES_KEPT]))


def library_named(name: str) -> Path | None:
    """The last used library, or the last one whose folder has this name."""
    used = libraries()
    named = [folder for folder in used if folder.name == name]
    return next(iter([*named, *used]), None)


def _read(name: str) -> str:
    value = slicer.app.userSettings().value(f"{_GROUP}/{name}")
    return value if isinstance(value, str) else ""


def _write(name: str, text: str) -> None:
    slicer.app.userSettings().setValue(f"{_GROUP}/{name}", text)
