"""The versions that made a result: of the engine, of Python and of installed packages."""

from __future__ import annotations

import platform
from importlib import metadata

import wmh_siamese


def versions() -> dict[str, str | None]:
    """Versions of the engine, torch, numpy and Python; None for what is not installed."""
    return {
        "wmh_siamese": wmh_siamese.__version__,
        "torch": version_of("torch"),
        "numpy": version_of("numpy"),
        "python": platform.python_version(),
    }


def version_of(package: str) -> str | None:
    """The installed version, found without importing the package."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
