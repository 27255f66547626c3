"""Damaged files by a seed: how many, and how a good one becomes a bad one."""

import os

import numpy as np


def fuzz_count(usual: int) -> int:
    """How many inputs a test tries: as many as it says, or as WMH_FUZZ says for a longer run."""
    return int(os.environ.get("WMH_FUZZ", usual))


def damaged(content: bytes, draw: np.random.Generator, within: int | None = None) -> bytes:
    """A file with one to eight bytes or numbers changed, cut short, or with bytes put in.

    Args:
        content: of the good file.
        draw: decides what happens.
        within: only the first bytes, such as a header, are changed.
    """
    spoilt = bytearray(content)
    reach = len(spoilt) if within is None else min(within, len(spoilt))
    kind = draw.integers(10)
    if kind == 0:
        return bytes(spoilt[: draw.integers(len(spoilt))])
    if kind == 1:
        at = int(draw.integers(reach))
        return bytes(spoilt[:at] + draw.bytes(int(draw.integers(1, 64))) + spoilt[at:])
    for _ in range(int(draw.integers(1, 9))):
        at = int(draw.integers(reach))
        if kind < 5:
            spoilt[at] = int(draw.integers(256))
        else:
            number = draw.choice(EXTREMES).tobytes()
            spoilt[at : at + 4] = number[: len(spoilt[at : at + 4])]
    return bytes(spoilt)


EXTREMES = np.concatenate(
    [
        np.array([np.nan, np.inf, -np.inf, 0, -1, 1e-30, 1e30], np.float32).view(np.uint32),
        np.array([0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF], np.uint32),
    ]
)
