"""Pictures of the held-out cases that a fine-tuning changed most."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.evaluation.methods import TrainedModel
from wmh_siamese.finetuning.comparison import Comparison
from wmh_siamese.finetuning.difference_picture import DifferencePicture, difference_picture
from wmh_siamese.segmenting.inference import Segmenter

MOST_PICTURES = 3


def most_changed(
    comparison: Comparison, base: Path, new: Path, device: str = "auto"
) -> Iterator[tuple[Case, DifferencePicture]]:
    """The cases whose Dice changed most, at most three; those whose masks are the same left out.

    Args:
        comparison: of these two models.
        base: the base model's file.
        new: the new model's file.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    """
    models = [TrainedModel(Segmenter(model, device)) for model in (base, new)]
    for pair in comparison.most_changed(MOST_PICTURES):
        flair, labels = read_case(pair.case)
        before, after = (model.mask(pair.case, flair) for model in models)
        picture = difference_picture(flair, labels.array, before, after)
        if picture is not None:
            yield pair.case, picture
