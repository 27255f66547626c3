"""Figure 4 of the paper: slices with the truth, and each model's hits, misses and false alarms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from wmh_siamese.cases.case import LESION, Case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.evaluation.compared_slice import (
    HIT,
    Image,
    Mask,
    compared,
    explain_colours,
    show,
    tinted,
)
from wmh_siamese.evaluation.methods import TrainedModel
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.reproduction.experiment import LABELS, Experiment, Member
from wmh_siamese.reproduction.figures_file import Judged
from wmh_siamese.reproduction.tables import Results, case_sets
from wmh_siamese.segmenting.inference import Segmenter
from wmh_siamese.segmenting.shown_slice import grey_window, radiological, shown_grey
from wmh_siamese.volumes.volume import axial_view


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
        show(row[0], tinted(sample.grey, [(sample.truth, HIT)]), sample.aspect)
        row[0].set_title(f"{sample.case.cohort}: truth", fontsize=9)
        for axes, (label, mask) in zip(row[1:], sample.masks.items(), strict=True):
            show(axes, compared(sample.grey, sample.truth, mask), sample.aspect)
            axes.set_title(label, fontsize=9)
    explain_colours(figure)
    with written_whole(path) as partial:
        figure.savefig(partial, format="png")


def _sample(case: Case, methods: dict[str, TrainedModel]) -> Sample:
    flair, labels = read_case(case)
    view = axial_view(flair.affine)
    slices, truth = view.forward(flair.array), view.forward(labels.array == LESION)
    index = int(truth.sum(axis=(1, 2)).argmax())
    grey = shown_grey(slices[index], grey_window(slices))
    masks = {
        label: radiological(view.forward(method.mask(case, flair))[index])
        for label, method in methods.items()
    }
    row_mm, column_mm = view.spacing[1:]
    return Sample(case, grey, radiological(truth[index]), masks, aspect=row_mm / column_mm)
