"""``wmh-siamese segment``: FLAIR files in, masks and their figures out, one file after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wmh_siamese.errors import WMHError
from wmh_siamese.segmenting.output_plan import Job, SegmentRequest, name_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wmh_siamese.segmenting.inference import Segmenter
    from wmh_siamese.segmenting.readouts import Readouts
    from wmh_siamese.volumes.volume import Volume

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Result:
    """What one input gave; ``placement`` is the header's transform that was believed."""

    job: Job
    readouts: Readouts
    threshold: float
    min_volume_mm3: float
    model: dict[str, Any]
    device: str
    precision: str
    seconds: float
    input_sha256: str
    placement: str | None = None
    versions: dict[str, str | None] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For ``--json``: paths as text, figures as numbers."""
        job = self.job
        return {
            "input": str(job.source),
            "masks": [str(path) for path in job.masks],
            "probability": str(job.probability) if job.probability else None,
            "picture": str(job.picture) if job.picture else None,
            "table": str(job.table) if job.table else None,
            **asdict(self.readouts),
            "threshold": self.threshold,
            "min_volume_mm3": self.min_volume_mm3,
            "model": self.model,
            "device": self.device,
            "precision": self.precision,
            "seconds": round(self.seconds, 4),
            "versions": self.versions,
            "input_sha256": self.input_sha256,
            "placement": self.placement,
        }

    def as_row(self) -> dict[str, object]:
        """For the table; its columns are explained in docs/tables.md."""
        i, j, k = self.readouts.spacing_mm
        return {
            "input": str(self.job.source),
            "volume_ml": round(self.readouts.volume_ml, 6),
            "pcd_percent": round(self.readouts.pcd_percent, 6),
            "lesion_count": self.readouts.lesion_count,
            "positive_voxels": self.readouts.positive_voxels,
            "total_voxels": self.readouts.total_voxels,
            "spacing_i_mm": round(i, 6),
            "spacing_j_mm": round(j, 6),
            "spacing_k_mm": round(k, 6),
            "placement": self.placement,
            "threshold": self.threshold,
            "min_volume_mm3": self.min_volume_mm3,
            "model": self.model["name"],
            "model_sha256": self.model["sha256"],
            "device": self.device,
            "precision": self.precision,
            "seconds": round(self.seconds, 3),
            "input_sha256": self.input_sha256,
            "engine_version": self.versions["wmh_siamese"],
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        }


def read_input(
    source: Path, request: SegmentRequest, say: Callable[[str], None] = lambda sentence: None
) -> Volume:
    """The volume of an input that can be segmented.

    Args:
        source: its file.
        request: whether doubts that it is a FLAIR are accepted.
        say: told of an accepted doubt.

    Raises:
        WMHError: ``bad-path`` or ``bad-volume``, also for a doubt that is not accepted.
    """
    from wmh_siamese.volumes.flair_doubts import doubts_of, look_at_voxels
    from wmh_siamese.volumes.nifti_file import read_volume
    from wmh_siamese.volumes.volume import check_volume

    volume = read_volume(source)
    check_volume(volume, request.nonfinite)
    for contradiction in volume.placement.doubts if volume.placement else ():
        say(contradiction)
    for doubt in doubts_of(look_at_voxels(volume.array), source.name):
        if doubt.kind == "mask":
            raise WMHError("bad-volume", doubt.sentence, "Choose the FLAIR volume itself.")
        if not request.accept_doubts:
            raise WMHError(
                "bad-volume",
                f"{doubt.sentence} The model knows FLAIR only.",
                "Choose the FLAIR volume, or go on with --accept-doubts.",
            )
        say(f"{source}: {doubt.sentence}")
    return volume


def segment_one(
    job: Job, volume: Volume, request: SegmentRequest, segmenter: Segmenter, progress: Progress
) -> Result:
    """Segment one input and write all its outputs, or none of them.

    Raises:
        WMHError: for a place that cannot be written to or too little memory.
    """
    from wmh_siamese.files.versions import versions
    from wmh_siamese.segmenting.readouts import lesion_mask, read_out
    from wmh_siamese.volumes.hashes import input_sha256

    began = time.perf_counter()
    probability = segmenter.probability(volume, nonfinite=request.nonfinite, progress=progress)
    card = segmenter.card
    threshold = card.threshold if request.threshold is None else request.threshold
    mask = lesion_mask(
        *(probability, threshold, request.min_volume_mm3, volume.voxel_volume_mm3),
        card.preparation_recipe().certainty,
    )
    result = Result(
        job=job,
        readouts=read_out(mask, volume.affine),
        threshold=threshold,
        min_volume_mm3=request.min_volume_mm3,
        model={"name": card.name, "sha256": card.sha256, "recipe": card.recipe},
        device=segmenter.device_name,
        precision=segmenter.precision,
        seconds=time.perf_counter() - began,
        input_sha256=input_sha256(volume),
        placement=volume.placement.source if volume.placement else None,
        versions=versions(),
    )
    progress("writing", 0, 1)
    _write(result, volume, probability, mask)
    return result


def _write(
    result: Result, volume: Volume, probability: NDArray[np.float32], mask: NDArray[np.bool_]
) -> None:
    """All files under temporary names first, then the table's row, then the names."""
    from wmh_siamese.segmenting.overlay import draw_overlay
    from wmh_siamese.segmenting.result_table import append_row
    from wmh_siamese.volumes.nifti_file import write_volume
    from wmh_siamese.volumes.segmentation_file import write_segmentation

    job = result.job
    with ExitStack() as files:
        for path in job.masks:
            partial = files.enter_context(_appearing(path))
            if path.name.endswith(".seg.nrrd"):
                write_segmentation(partial, mask, volume.affine, _tags(result))
            else:
                write_volume(partial, mask, volume.affine, volume.placement)
        if job.probability:
            partial = files.enter_context(_appearing(job.probability))
            write_volume(partial, probability, volume.affine, volume.placement)
        if job.picture:
            partial = files.enter_context(_appearing(job.picture))
            note = f"{result.model['name']}, threshold {result.threshold:g}"
            draw_overlay(partial, volume, mask, result.readouts, name_of(job.source), note)
        if job.table:
            append_row(job.table, result.as_row())


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    from wmh_siamese.files.atomic_file import written_whole

    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as partial:
        yield partial


def _tags(result: Result) -> dict[str, str]:
    return {
        "WMHSiameseSeg.Model": str(result.model["name"]),
        "WMHSiameseSeg.ModelSHA256": str(result.model["sha256"]),
        "WMHSiameseSeg.Threshold": f"{result.threshold:g}",
        "WMHSiameseSeg.MinimumVolumeMm3": f"{result.min_volume_mm3:g}",
        "WMHSiameseSeg.InputSHA256": result.input_sha256,
    }
