"""Volumes as the panel hands them over: plain array files, mapped, never copied."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wmh_siamese.errors import WMHError
from wmh_siamese.files.foreign import read_or_refused
from wmh_siamese.volumes.volume import Volume
from wmh_siamese.worker.lines import Affine


def volume_in(file: Path, affine: Affine) -> Volume:
    """The volume in an array file (``bad-volume`` when the file is another)."""
    damaged = WMHError(
        "bad-volume", f"The array file {file.name} is damaged or of another kind.", "Try again."
    )
    with read_or_refused(damaged):
        array = np.load(file, mmap_mode="r", allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise WMHError("bad-volume", "The volume's file holds several arrays.", "Try again.")
    return Volume(array, np.array(affine, dtype=np.float64))
