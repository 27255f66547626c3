"""Figure 4 of the paper: slices with the truth, and each model's hits, misses and false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from wmh_siamese.atomic_file import written_whole
from wmh_siamese.cases import LESION, Case, read_case
from wmh_siamese.compared_methods import TrainedModel
from wmh_siamese.inference import Segmenter
from wmh_siamese.picture import grey_window, radiological
from wmh_siamese.reproduction.experiment import LABELS, Experiment, Member
from wmh_siamese.reproduction.figures_file import Judged
from wmh_siamese.reproduction.tables import Results, case_sets
from wmh_siamese.volume import axial_view

HIT, MISS, FALSE_ALARM = "#009e73", "#56b4e9", "#d55e00"
"""Apart for every common kind of colour blindness (Okabe and Ito)."""
TINT = 0.75

Mask = NDArray[np.bool_]
Image = NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """One axial slice: grey values in [0, 1], truth, and each model's mask, seen from below."""

    case: Case
    grey: Image
    truth: Mask
    masks: dict[str, Mask]
    aspect: float


def sampled_cases(experiment: Experiment, judged: Judged) -> list[Case]:
    """Of each set the case whose lesion volume is the (lower) median: neither best nor worst."""
    chosen = []
    for group in case_sets(experiment):
        volumes = {figures.case: figures.truth_ml for figures in judged.figures}
        ranked = sorted(group.cases, key=lambda case: (volumes[case], case.id))
        chosen.append(ranked[(len(ranked) - 1) // 2])
    return chosen


def draw_samples_figure(path: Path, experiment: Experiment, results: Results) -> None:
    """Write Figure 4 as a PNG: a row a set of cases, a column a model (the first seed's)."""
    cases = sampled_cases(experiment, next(iter(results.values())))
    methods = {
        LABELS[loss]: TrainedModel(
            Segmenter(experiment.model(Member(loss, experiment.seeds[0])), experiment.device)
        )
        for loss in experiment.losses
    }
    samples = [_sample(case, methods) for case in cases]
    figure = Figure(figsize=(2.4 * (len(methods) + 1), 2.9 * len(samples) + 0.6), dpi=110)
    figure.set_layout_engine("constrained")
    panels = figure.subplots(len(samples), len(methods) + 1, squeeze=False)
    for row, sample in zip(panels, samples, strict=True):
        _show(row[0], _tinted(sample.grey, [(sample.truth, HIT)]), sample.aspect)
        row[0].set_title(f"{sample.case.cohort}: truth", fontsize=9)
        for axes, (label, mask) in zip(row[1:], sample.masks.items(), strict=True):
            _show(axes, _compared(sample, mask), sample.aspect)
            axes.set_title(label, fontsize=9)
    names = {"hit": HIT, "missed": MISS, "false alarm": FALSE_ALARM}
    handles = [Patch(color=colour, label=name) for name, colour in names.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9, frameon=False)
    with written_whole(path) as partial:
        figure.savefig(partial, format="png")


def _sample(case: Case, methods: dict[str, TrainedModel]) -> Sample:
    flair, labels = read_case(case)
    view = axial_view(flair.affine)
    slices, truth = view.forward(flair.array), view.forward(labels.array == LESION)
    index = int(truth.sum(axis=(1, 2)).argmax())
    low, high = grey_window(slices)
    grey = np.clip((np.nan_to_num(slices[index].astype(np.float32)) - low) / (high - low), 0, 1)
    masks = {
        label: radiological(view.forward(method.mask(case, flair))[index])
        for label, method in methods.items()
    }
    row_mm, column_mm = view.spacing[1:]
    return Sample(
        case, radiological(grey), radiological(truth[index]), masks, aspect=row_mm / column_mm
    )


def _compared(sample: Sample, mask: Mask) -> Image:
    truth = sample.truth
    layers = [(truth & mask, HIT), (truth & ~mask, MISS), (mask & ~truth, FALSE_ALARM)]
    return _tinted(sample.grey, layers)


def _tinted(grey: Image, layers: Sequence[tuple[Mask, str]]) -> Image:
    shown = np.repeat(grey[..., None], 3, axis=2)
    for mask, colour in layers:
        shown[mask] = (1 - TINT) * shown[mask] + TINT * np.array(to_rgb(colour), np.float32)
    return shown


def _show(axes: Any, image: Image, aspect: float) -> None:
    axes.imshow(image, aspect=aspect, interpolation="nearest")
    axes.set_axis_off()
