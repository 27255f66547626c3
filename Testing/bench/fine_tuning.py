"""Fine-tuning as the panel does it: a step's time and the peak memory of a process of its own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from wmh_siamese.volumes.nifti_file import write_volume

from bench.report import Figure
from bench.setting import Setting
from bench.worker_line import BENCH, ENGINE

GROUP = "Fine-tuning step"
LOSSES = ("content", "generalised-dice")
BATCH, QUICK_BATCH = 8, 2
STEPS = 6
BRIGHTEST = 0.999


def figures(setting: Setting) -> Iterator[Figure]:
    """Seconds a step and peak memory with the paper's loss, and with one that needs no VGG19."""
    flair, mask = _case(setting)
    batch = QUICK_BATCH if setting.quick else BATCH
    for loss in LOSSES:
        if loss == "content" and setting.vgg is None:
            note = "no VGG19 weights given (--vgg FILE)"
            yield Figure(GROUP, f"{loss}: seconds a step", None, "s", note=note)
            continue
        told = _run(
            {
                "flair": str(flair),
                "mask": str(mask),
                "base": str(setting.model),
                "vgg": str(setting.vgg) if loss == "content" else None,
                "output": str(setting.folder / f"{loss}.safetensors"),
                "settings": {"loss": loss, "epochs": 1, "batches": STEPS, "batch_size": batch},
            }
        )
        seconds, peak = statistics.median(told["seconds"]), told["peak"] / 1e9 or None
        note = f"batch {batch}, median of {len(told['seconds'])}, {told['device']}"
        yield Figure(GROUP, f"{loss}: seconds a step", seconds, "s", note=note)
        note = "of the whole process" if peak else "only measured on Linux"
        yield Figure(GROUP, f"{loss}: peak memory", peak, "GB", at_most=4, note=note)


def _case(setting: Setting) -> tuple[Path, Path]:
    """The volume and, as a mask, its brightest voxels: what is learnt does not matter here."""
    flair, mask = setting.folder / "flair.nii.gz", setting.folder / "mask.nii.gz"
    array = setting.volume.array
    bright = array >= np.quantile(array, BRIGHTEST)
    write_volume(flair, array, setting.volume.affine)
    write_volume(mask, bright.astype(np.uint8), setting.volume.affine)
    return flair, mask


def _run(work: dict[str, object]) -> dict[str, object]:
    path = os.pathsep.join([str(ENGINE), str(BENCH)])
    done = subprocess.run(
        [sys.executable, "-m", "bench.one_fine_tuning", json.dumps(work)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))
