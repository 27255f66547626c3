"""What makes one doubt that a volume is a FLAIR of a head: by its voxels, and by its name.

The panel asks its user, the command refuses unless doubts are accepted; both look here. Light:
numpy alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FEW_VALUES = 8
BRIGHT_SHARE_LIMIT = 0.6
CT_AIR_SHARE = 0.05
CT_AIR = -500.0
SAMPLED_VOXELS = 400_000
_OTHER_SEQUENCES = re.compile(
    r"(?<![a-z0-9])(t1w?|t1ce|t1gd|mprage|t2w|t2|pd|dwi|adc|swi|dti|bold|asl|ct|cta|mra|tof)"
    r"(?![a-z0-9])"
)

DoubtKind = Literal["mask", "sequence", "ct", "bright"]


@dataclass(frozen=True)
class VoxelFacts:
    """What a look at every voxel tells.

    Attributes:
        voxels: how many there are.
        nonfinite: how many are NaN or infinite.
        low, high: of the finite voxels; NaN when there is none.
        few_values: the distinct values when there are at most 8 and all are whole, else None.
        bright_share: share of the voxels above half of the 99.9th percentile; 0.02 to 0.25 in
            FLAIR volumes of five scanners.
        air_share: share of the voxels at or below -500, where CT has its air.
    """

    voxels: int
    nonfinite: int
    low: float
    high: float
    few_values: int | None
    bright_share: float
    air_share: float


@dataclass(frozen=True)
class Doubt:
    """One reason to ask.

    Attributes:
        kind: ``"mask"`` is no doubt but certain: a label map is never segmented.
        sentence: for people, in English.
        value: the sequence's name, the lowest intensity, or the bright share; what the sentence
            tells.
    """

    kind: DoubtKind
    sentence: str
    value: str | float = ""


def look_at_voxels(array: NDArray[Any]) -> VoxelFacts:
    """Slab by slab over the whole volume (i, j, k); no second copy of it."""
    low, high, nonfinite = np.inf, -np.inf, 0
    for slab in array.T:
        finite = slab[np.isfinite(slab)] if slab.dtype.kind == "f" else slab
        nonfinite += slab.size - finite.size
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    sample = array.T.reshape(-1)[:: max(1, array.size // SAMPLED_VOXELS)]
    sample = sample[np.isfinite(sample)]
    return VoxelFacts(
        voxels=array.size,
        nonfinite=nonfinite,
        low=low if np.isfinite(low) else np.nan,
        high=high if np.isfinite(high) else np.nan,
        few_values=_few_values(array),
        bright_share=_share(sample > 0.5 * np.percentile(sample, 99.9)) if sample.size else 0.0,
        air_share=_share(sample <= CT_AIR),
    )


def doubts_of(facts: VoxelFacts, name: str) -> list[Doubt]:
    """At most one doubt, the plainest first: a mask, another sequence in the name, CT, too bright.

    Args:
        facts: of the voxels.
        name: of the volume or its file.
    """
    if facts.few_values is not None:
        return [Doubt("mask", "This volume is already a mask or label map.")]
    words = name.lower().replace("_", " ")
    other = _OTHER_SEQUENCES.search(words)
    if other and "flair" not in words and "dark" not in words:
        sequence = other.group(1).upper()
        return [Doubt("sequence", f"The name says {sequence}, not FLAIR.", sequence)]
    if facts.air_share > CT_AIR_SHARE:
        return [Doubt("ct", f"Air is far below zero ({facts.low:g}), as in CT.", facts.low)]
    if facts.bright_share > BRIGHT_SHARE_LIMIT:
        share = f"{facts.bright_share:.0%}"
        sentence = f"{share} of the volume is bright, much more than in a FLAIR of a head."
        return [Doubt("bright", sentence, facts.bright_share)]
    return []


def _share(chosen: NDArray[np.bool_]) -> float:
    return float(np.mean(chosen)) if chosen.size else 0.0


def _few_values(array: NDArray[Any]) -> int | None:
    seen: set[float] = set()
    for slab in array.T:
        seen.update(np.unique(slab).tolist() if slab.size < 1024 else _distinct(slab))
        if len(seen) > FEW_VALUES:
            return None
    whole = all(np.isfinite(value) and value == int(value) for value in seen)
    return len(seen) if whole else None


def _distinct(slab: NDArray[Any]) -> list[float]:
    few = np.unique(slab.reshape(-1)[:1024])
    found: list[float] = few.tolist() if few.size > FEW_VALUES else np.unique(slab).tolist()
    return found
