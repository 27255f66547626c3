"""What the panel remembers of its user, in Slicer's own settings and never in a scene."""

from __future__ import annotations

import hashlib
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


def library_word(folder: Path) -> str:
    """What a scene says of its library: the folder's name, and a hash of where it lies."""
    return f"{folder.name} {hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"


def library_of(word: str) -> Path | None:
    """The library that a scene's word means on this computer.

    Of two folders of one name the one in the same place; elsewhere than where the scene was made,
    the last used one of that name, or the last used one.
    """
    used = libraries()
    same = [folder for folder in used if library_word(folder) == word]
    name, _, _ = word.rpartition(" ")
    named = [folder for folder in used if folder.name in (name, word)]
    return next(iter([*same, *named, *used]), None)


def default_model() -> str:
    """File name of the model that the tab Segment offers first; empty for the bundled one."""
    return _read("defaultModel")


def previous_default_model() -> str:
    """File name of the model that was the default before; empty when there was no other."""
    return _read("previousDefaultModel")


def remember_default_model(name: str, before: str) -> None:
    """Keep a default, and the one before it, to go back to."""
    _write("defaultModel", name)
    if before != name:
        _write("previousDefaultModel", before)


def shown_names() -> dict[str, str]:
    """File name of a model -> the name that its user gave it."""
    try:
        names = json.loads(_read("modelNames") or "{}")
    except ValueError:
        return {}
    if not isinstance(names, dict):
        return {}
    return {str(file): str(name) for file, name in names.items()}


def remember_shown_name(file_name: str, name: str) -> None:
    """Show a model under another name; an empty one shows its own again."""
    names = {**shown_names(), file_name: name}
    _write("modelNames", json.dumps({file: name for file, name in names.items() if name}))


def _read(name: str) -> str:
    value = slicer.app.userSettings().value(f"{_GROUP}/{name}")
    return value if isinstance(value, str) else ""


def _write(name: str, text: str) -> None:
    slicer.app.userSettings().setValue(f"{_GROUP}/{name}", text)
