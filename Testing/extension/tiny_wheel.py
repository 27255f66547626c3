"""Wheels of a few bytes, which a real pip takes."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path


def tiny_wheel(folder: Path, name: str = "tiny", needs: Sequence[str] = ()) -> Path:
    """A wheel with one empty module."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    told = {
        "METADATA": ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
        + [f"Requires-Dist: {need}" for need in needs],
        "WHEEL": ["Wheel-Version: 1.0", "Root-Is-Purelib: true", "Tag: py3-none-any"],
        "RECORD": [],
    }
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        for file, lines in told.items():
            wheel.writestr(f"{name}-1.0.dist-info/{file}", "\n".join(lines))
    return path
