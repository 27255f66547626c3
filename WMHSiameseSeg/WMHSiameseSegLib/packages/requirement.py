"""A package that the worker needs: its name, the least version that will do, its size."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slicer.i18n import tr as _

_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)\s*(?:>=\s*(?P<least>[0-9.]+))?\s*$")
# Downloads in MB as found in 2026, with what they bring along. Slicer has numpy and scipy itself.
_SIZES_MB = {"numpy": 20, "scipy": 40, "nibabel": 4, "safetensors": 1}
_TORCH_MB = {"linux": 2800, "win32": 250, "darwin": 110}


@dataclass(frozen=True)
class Requirement:
    """A package and the least version that will do; an empty one means any."""

    name: str
    least: str = ""

    def __str__(self) -> str:
        return f"{self.name}>={self.least}" if self.least else self.name

    @property
    def size_mb(self) -> int:
        if self.name == "torch":
            return _TORCH_MB.get(sys.platform, 300)
        return _SIZES_MB.get(self.name, 10)


def read_requirements(path: Path) -> list[Requirement]:
    """The packages of a requirements file; lines are ``name`` or ``name>=version``.

    Raises:
        ValueError: for any other line.
    """
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if not text:
            continue
        match = _REQUIREMENT.match(text)
        if match is None:
            raise ValueError(f"not a requirement of the form name>=version: {text!r}")
        found.append(Requirement(match["name"], match["least"] or ""))
    return found


def installed_version(name: str) -> str | None:
    """Found by the package's metadata; nothing is imported."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def total_size_text(requirements: Sequence[Requirement]) -> str:
    """How large the download is, as in "about 2.8 GB"."""
    return size_text(sum(requirement.size_mb for requirement in requirements))


def size_text(total: float) -> str:
    """Megabytes as a person reads them."""
    if total >= 1000:
        return _("about {size:.1f} GB").format(size=total / 1000)
    return _("about {size:.0f} MB").format(size=total)


def will_do(version: str | None, least: str) -> bool:
    """Whether an installed version is the least one or a later one."""
    return version is not None and _numbers(version) >= _numbers(least)


def _numbers(version: str) -> tuple[int, ...]:
    """The release numbers; what follows them (2.6.0+cpu, 2.7rc1) does not count here."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(part) for part in match.group().split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
