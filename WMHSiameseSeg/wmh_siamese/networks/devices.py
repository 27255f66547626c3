"""Where the networks run, and how memory is kept on a CPU."""

from __future__ import annotations

import ctypes
import re
import sys
import warnings
from typing import TypeVar

import torch
from torch import nn

from wmh_siamese.errors import WMHError

DEVICES = ("auto", "cpu", "cuda", "mps")

Network = TypeVar("Network", bound=nn.Module)

_old_driver: list[str] = []

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; ``"auto"`` takes a GPU when there is one.

    Raises:
        WMHError: ``missing-dependency`` when the device is not there.
    """
    if name == "auto":
        return torch.device(next((n for n in ("cuda", "mps") if _there(n)), "cpu"))
    if name not in DEVICES:
        raise WMHError("bad-path", f"There is no device {name!r}.", f"Choose {', '.join(DEVICES)}.")
    if not _there(name):
        trouble = gpu_trouble() if name == "cuda" else ""
        raise WMHError(
            "missing-dependency",
            trouble or f"PyTorch {torch.__version__} finds no {name} device on this computer.",
            "Choose auto or cpu.",
        )
    return torch.device(name)


def available_devices() -> list[str]:
    """The names that :func:`choose_device` accepts here, apart from ``"auto"``."""
    return [name for name in DEVICES[1:] if _there(name)]


def gpu_trouble() -> str:
    """Why a graphics card that is there cannot be used; empty when PyTorch tells of no reason.

    A driver that is too old for PyTorch's build is no error to it: it warns, and finds no device.
    """
    if _cuda_there() or not _old_driver:
        return ""
    found = re.search(r"found version (\w+)", _old_driver[-1])
    version = f" (found version {found[1]})" if found else ""
    return (
        f"The graphics card's driver is too old{version} for PyTorch {torch.__version__}, which "
        "uses the CPU: update the driver, or install a PyTorch that was built for it."
    )


def placed(network: Network, device: torch.device) -> Network:
    """The network on the device, its weights laid out channels-last: quicker convolutions."""
    return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def keep_freed_memory() -> None:
    """Let the C library keep freed memory for the next allocation of this process.

    By default glibc returns every large buffer to the system and fetches it again, zeroed page by
    page: measured on two cores, a training step takes 3.1 s instead of 9 to 12 s without that.
    Other systems' allocators are left as they are.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            libc.mallopt(_M_MMAP_MAX, 0)
            libc.mallopt(_M_TRIM_THRESHOLD, -1)


def _there(name: str) -> bool:
    if name == "cuda":
        return _cuda_there()
    if name == "mps":
        return torch.backends.mps.is_available()
    return name == "cpu"


def _cuda_there() -> bool:
    """Keeps PyTorch's word on an old driver, which it gives once in a process."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        there = torch.cuda.is_available()
    said = [str(warning.message) for warning in warned]
    _old_driver.extend(text for text in said if "driver" in text and "too old" in text)
    return there
