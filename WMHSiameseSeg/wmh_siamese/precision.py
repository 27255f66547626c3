"""Half precision: where it is quicker, and whether the mask stays the same."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Precision = Literal["float32", "float16", "bfloat16"]

SAME_DICE = 0.999


def half_precision_of(device: torch.device) -> Precision | None:
    """The half precision that this device computes faster than float32, if any.

    GPUs: float16, which keeps 11 significant bits. CPUs: bfloat16 where there are instructions for
    it; elsewhere it is emulated and slower.
    """
    if device.type in ("cuda", "mps"):
        return "float16"
    return "bfloat16" if _cpu_computes_bfloat16() else None


def agrees(full: Tensor, half: Tensor, threshold: float) -> bool:
    """Whether two probabilities give the same mask: Dice at least 0.999 at the threshold."""
    a, b = full >= threshold, half >= threshold
    both = float((a & b).sum())
    total = float(a.sum() + b.sum())
    return total == 0 or 2 * both / total >= SAME_DICE


def _cpu_computes_bfloat16() -> bool:
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, bool)() for name in checks)
