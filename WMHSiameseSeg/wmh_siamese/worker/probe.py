"""``probe``: what is installed and which devices there are."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from wmh_siamese.files.versions import version_of
from wmh_siamese.networks.torch_loading import import_torch
from wmh_siamese.worker.asker import Asker
from wmh_siamese.worker.workshop import Workshop

NEEDED = ("torch", "numpy", "scipy", "nibabel", "safetensors")


@dataclass(frozen=True)
class Probe:
    """Tell what is installed and which devices there are."""


def probe_request(line: Mapping[str, Any]) -> Probe:
    """The request of a line; it has no fields."""
    return Probe()


def run_probe(work: Probe, asker: Asker, workshop: Workshop) -> dict[str, Any]:
    """What is installed; a torch that is missing is told, one that is broken is an error."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    devices, notes = ([], []) if "torch" in missing else _devices()
    return {
        "torch": version_of("torch"),
        "torchvision": version_of("torchvision"),
        "devices": devices,
        "missing": missing,
        "notes": notes,
        "python": python_version(),
    }


def _devices() -> tuple[list[str], list[str]]:
    """What networks can run on, and what a person should know of it."""
    import_torch()
    from wmh_siamese.networks.devices import available_devices, gpu_trouble

    return available_devices(), [note for note in [gpu_trouble()] if note]


def python_version() -> str:
    """As in ``3.12.1``."""
    return platform.python_version()
