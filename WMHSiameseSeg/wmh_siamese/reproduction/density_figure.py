"""Figure 5 of the paper: volume difference against how rare lesions are, model by model."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wmh_siamese.evaluation.evaluation import spread
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.reproduction.experiment import LABELS, Experiment
from wmh_siamese.reproduction.tables import Results

PAPER_BIN = 0.03
MOST_BINS = 12
HIGHEST_SHOWN = 200.0
"""Percent; larger differences are drawn at the upper edge, with an arrow."""


def density_bins(densities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Edges of bins of positive class density (%), from 0 to beyond the largest.

    They are 0.03 wide as the paper's, or a multiple of that when there would be more than twelve.

    Example:
        >>> density_bins(np.array([0.01, 0.07]))
        array([0.  , 0.03, 0.06, 0.09])
    """
    top = float(densities.max(initial=0.0))
    width = PAPER_BIN * max(1, math.ceil(top / PAPER_BIN / MOST_BINS))
    count = int(top / width) + 1
    return width * np.arange(count + 1, dtype=np.float64)


def draw_density_figure(path: Path, experiment: Experiment, results: Results) -> None:
    """Write Figure 5 as a PNG: all cases that were held out, of all scanners.

    Dots are cases (mean over seeds), bars the mean of the cases in a bin.
    """
    cases = experiment.judged_cases
    densities = np.array(
        [next(iter(results.values())).figures[i].truth_pcd_percent for i in range(len(cases))]
    )
    edges = density_bins(densities)
    at = np.clip(np.digitize(densities, edges) - 1, 0, len(edges) - 2)
    figure = Figure(figsize=(11, 2.1 * len(experiment.losses) + 0.8), layout="constrained")
    panels = figure.subplots(len(experiment.losses), 1, sharex=True, sharey=True, squeeze=False)
    for axes, loss in zip(panels[:, 0], experiment.losses, strict=True):
        differences = np.array(
            [
                [one.metrics.avd for one in judged.figures]
                for member, judged in results.items()
                if member.loss == loss
            ]
        ).mean(axis=0)
        shown = np.minimum(differences, HIGHEST_SHOWN)
        means = [spread(list(differences[at == i])).mean for i in range(len(edges) - 1)]
        axes.bar(edges[:-1], means, np.diff(edges), align="edge", color="#9ecae1", edgecolor="w")
        beyond = differences > HIGHEST_SHOWN
        axes.plot(densities[~beyond], shown[~beyond], "o", color="#08306b", markersize=4)
        axes.plot(densities[beyond], shown[beyond], "^", color="#a63603", markersize=6)
        axes.axhline(100, color="0.6", linewidth=0.8, linestyle=":")
        axes.set_title(LABELS[loss], loc="left", fontsize=10)
        axes.set_ylim(0, HIGHEST_SHOWN * 1.04)
        axes.set_ylabel("AVD (%)")
    panels[-1, 0].set_xlabel(
        f"Positive class density of the truth (%), bins of {edges[1]:.2g}. Dots: cases; bars: "
        f"means; triangles: above {HIGHEST_SHOWN:g} %"
    )
    with written_whole(path) as partial:
        figure.savefig(partial, dpi=110, format="png")
