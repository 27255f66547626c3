"""What a real Slicer exposes to Python, class by class, as a record to hold code against."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path

API_FILE = Path(__file__).with_name("slicer-5.12.3.json")

# PythonQt answers these without listing them: py_get_name / py_set_name of its standard
# decorators, its internal methods, and the trailing underscore of reserved words.
UNLISTED_QOBJECT = {"name": "property"}
UNLISTED = {"className": "slot", "inherits": "slot", "help": "slot", "delete": "slot"}
UNDERSCORED = {"exec": "exec_", "raise": "raise_", "print": "print_"}

# Slicer's own slicer.util uses these; the record lists widgets and a few helpers only.
UNLISTED_CLASSES = ("qt.QUiLoader", "qt.QSysInfo")

KINDS = ("property", "slot", "signal", "name")


@lru_cache(maxsize=1)
def record() -> dict:
    """Return the whole record read from the running application."""
    return json.loads(API_FILE.read_text(encoding="utf-8"))


@cache
def class_names(qualified: str) -> dict[str, str]:
    """Return every attribute of a class ("qt.QPushButton") with its kind.

    Raises KeyError when the class does not exist in Slicer.
    """
    entry = record()["classes"][qualified]
    names: dict[str, str] = {}
    for base in entry.get("has", ()):
        names.update(class_names(f"qt.{base}"))
    for kind in KINDS:
        names.update(dict.fromkeys(entry.get(kind, ()), kind))
    if qualified == "qt.QObject" or "QObject" in entry.get("has", ()):
        names.update(UNLISTED_QOBJECT)
    names.update(UNLISTED)
    for name, underscored in UNDERSCORED.items():
        if name in names:
            names[underscored] = names[name]
    return names


def class_exists(qualified: str) -> bool:
    """Tell whether Slicer has the class, "qt.QLabel" or "slicer.qMRMLWidget"."""
    return qualified in record()["classes"] or qualified in UNLISTED_CLASSES


@lru_cache(maxsize=1)
def application_names() -> frozenset[str]:
    """Return the attributes of slicer.app."""
    return frozenset(record()["slicer.app"]) | set(class_names("qt.QObject"))


def util_signatures() -> dict[str, str]:
    """Return each function of slicer.util with its signature, as text."""
    return record()["slicer.util"]


def module_names() -> list[str]:
    """Return the attributes of slicer.modules in a small build of Slicer."""
    return record()["slicer.modules"]
