"""WMHSiameseSeg.json, the entry of the Extensions Index, made from what CMakeLists.txt says.

python Packaging/index_entry.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = (
    "https://raw.githubusercontent.com/Slicer/Slicer/main/Schemas/"
    "slicer-extension-catalog-entry-schema-v1.0.1.json#"
)
NO_DEPENDENCY = "NA"


def cmake_value(text: str, name: str) -> str:
    """What ``set(EXTENSION_<name> "...")`` says, read as the index reads it.

    Raises:
        ValueError: when it is not set to one quoted string.
    """
    found = re.findall(rf'^set\(EXTENSION_{name} "([^"]+)"\)', text, re.MULTILINE)
    if len(found) != 1:
        raise ValueError(f"CMakeLists.txt sets EXTENSION_{name} {len(found)} times, not once")
    return str(found[0])


def index_entry(cmake: str) -> dict[str, object]:
    """The entry for the extension of this CMakeLists.txt."""
    depends = cmake_value(cmake, "DEPENDS")
    return {
        "$schema": SCHEMA,
        "build_dependencies": [] if depends == NO_DEPENDENCY else depends.split(),
        "build_subdirectory": ".",
        "category": "Segmentation",
        "scm_revision": "main",
        "scm_url": f"{cmake_value(cmake, 'HOMEPAGE')}.git",
        "tier": 3,
    }


def entry_text(entry: dict[str, object]) -> str:
    """As the index keeps its entries: sorted keys, two spaces, one line feed at the end."""
    return json.dumps(entry, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    cmake = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    entry = ROOT / "WMHSiameseSeg.json"
    entry.write_text(entry_text(index_entry(cmake)), encoding="utf-8", newline="\n")
