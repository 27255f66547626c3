"""``segment``: an array file in, its probability in another, and what made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from wmh_siamese.worker.asker import Asker, stopped
from wmh_siamese.worker.lines import (
    DEVICES,
    Affine,
    affine_of,
    choice_of,
    path_of,
    private_folder_of,
)
from wmh_siamese.worker.stage_clock import StageClock
from wmh_siamese.worker.workshop import Workshop

NONFINITE = ("refuse", "zero")


@dataclass(frozen=True)
class Segment:
    """Segment the array file ``volume`` (i, j, k) and leave its probability in another.

    ``folder`` is private to this run, when given: it goes when whoever asked is gone.
    """

    volume: Path
    affine: Affine
    model: Path
    device: str
    nonfinite: Literal["refuse", "zero"]
    probability: Path
    folder: Path | None = None


def segment_request(line: Mapping[str, Any]) -> Segment:
    """The typed request of a line.

    Raises:
        WMHError: ``internal``, with the field that is missing or wrong.
    """
    return Segment(
        volume=path_of(line, "volume"),
        affine=affine_of(line),
        model=path_of(line, "model"),
        device=choice_of(line, "device", DEVICES),
        nonfinite=cast(Literal["refuse", "zero"], choice_of(line, "nonfinite", NONFINITE)),
        probability=path_of(line, "probability"),
        folder=private_folder_of(line),
    )


def run_segment(work: Segment, asker: Asker, workshop: Workshop) -> dict[str, Any]:
    """The fields of the result event.

    Raises:
        WMHError: as :class:`wmh_siamese.segmenting.inference.Segmenter`; ``disk-full``,
            ``stopped``.
    """
    from wmh_siamese.files.versions import versions
    from wmh_siamese.volumes.hashes import input_sha256
    from wmh_siamese.volumes.probability_file import probability_file
    from wmh_siamese.worker.array_file import volume_in

    workshop.private_folder = work.folder
    stages = StageClock(asker.progress)
    segmenter = workshop.segmenter(work.model, work.device, asker, stages)
    if asker.stopped():
        raise stopped()
    stages("reading", 0, 1)
    volume = volume_in(work.volume, work.affine)
    hashed = input_sha256(volume)
    with probability_file(work.probability, volume.shape) as out:
        stages("preparing", 0, 1)
        segmenter.probability(
            volume,
            nonfinite=work.nonfinite,
            progress=stages,
            stopped=asker.stopped,
            out=out,
        )
        stages("writing", 0, 1)
        del out
    stages("writing", 1, 1)
    card = segmenter.card
    return {
        "probability": str(work.probability),
        "model": {
            "sha256": card.sha256,
            "name": card.name,
            "recipe": card.recipe,
            "threshold": card.threshold,
        },
        "device": segmenter.device_name,
        "precision": segmenter.precision,
        "seconds": stages.total(),
        "timings": stages.timings(),
        "versions": versions(),
        "input_sha256": hashed,
    }
