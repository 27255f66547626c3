"""Damaged files by a seed: how many, and how a good one becomes a bad one."""

import copy
import json
import os
from typing import Any

import numpy as np

STRANGE = (
    *([], {}, [[]], {"a": []}, None, True, "", "\0", "\ud800", "x" * 5000, -1, 1e308),
    *(10**400, 10**30, float("nan"), float("inf"), [None] * 300, "../..", [[[[[[1]]]]]]),
)
"""What JSON can hold where something else is expected."""


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
    if spoilt == content:  # what was drawn stood there already
        spoilt[at] ^= 1
    return bytes(spoilt)


EXTREMES = np.concatenate(
    [
        np.array([np.nan, np.inf, -np.inf, 0, -1, 1e-30, 1e30], np.float32).view(np.uint32),
        np.array([0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF], np.uint32),
    ]
)


def strange_json(told: Any, draw: np.random.Generator) -> bytes:
    """JSON as it was, but for one to three values at any depth: strange ones, or gone."""
    spoilt = [copy.deepcopy(told)]
    for _ in range(int(draw.integers(1, 4))):
        place, key = spoilt, 0
        while True:
            inner = place[key]
            keys = list(inner) if isinstance(inner, dict) else []
            keys = list(range(len(inner))) if isinstance(inner, list) else keys
            if not keys or draw.random() < 0.15:
                break
            place, key = inner, keys[draw.integers(len(keys))]
        if place is not spoilt and draw.random() < 0.1:
            del place[key]
        else:
            place[key] = copy.deepcopy(STRANGE[draw.integers(len(STRANGE))])
    return json.dumps(spoilt[0]).encode()
