"""Tables 1 and 2 of the paper, our figures beside the paper's."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wmh_siamese.cases.case import Case
from wmh_siamese.evaluation.evaluation import METRICS, spread
from wmh_siamese.evaluation.table import markdown_table
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.reproduction.experiment import LABELS, Experiment, Member
from wmh_siamese.reproduction.figures_file import Judged
from wmh_siamese.training.settings import LossName

Results = Mapping[Member, Judged]

BENCHMARK_LOSSES: tuple[LossName, ...] = ("dice", "tversky", "generalised-dice", "content")
SIAMESE_LOSSES: tuple[LossName, ...] = ("min-max", "content")
HEADINGS = ("Dice", "H95 (mm)", "AVD (%)", "Lesion recall", "Lesion F1")
_DECIMALS = (3, 1, 1, 3, 3)

PAPER_HELD_OUT: dict[LossName, tuple[float, ...]] = {
    "dice": (0.73, 9.33, 17.54, 0.46, 0.55),
    "tversky": (0.78, 5.39, 10.79, 0.53, 0.63),
    "generalised-dice": (0.80, 4.43, 5.57, 0.61, 0.68),
    "content": (0.79, 9.14, 11.82, 0.79, 0.62),
    "min-max": (0.51, 24.49, 32.32, 0.23, 0.24),
}
PAPER_OTHER_SCANNER: dict[LossName, tuple[float, ...]] = {
    "dice": (0.45, 26.76, 55.69, 0.48, 0.47),
    "tversky": (0.43, 28.8, 52.52, 0.47, 0.48),
    "generalised-dice": (0.44, 21.40, 56.33, 0.50, 0.51),
    "content": (0.52, 24.26, 39.76, 0.75, 0.54),
    "min-max": (0.26, 61.12, 137.55, 0.16, 0.15),
}
"""Means of Tables 1 and 2: MICCAI 2017 hold-out, and CAIN, scanners that no model saw."""


@dataclass(frozen=True)
class CaseSet:
    """Cases that belong together in a table."""

    title: str
    cases: Sequence[Case]
    paper: Mapping[LossName, tuple[float, ...]]
    paper_title: str


@dataclass(frozen=True)
class Table:
    """Texts for readers, whatever form they are shown in."""

    title: str
    note: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Cell:
    """One metric of one loss on one set.

    Attributes:
        mean: over cases of each case's mean over the seeds; NaN cases are left out.
        deviation: standard deviation over cases; NaN for fewer than two.
        by_seed: each seed's own mean over cases.
        missing: cases without a value for any seed.
    """

    mean: float
    deviation: float
    by_seed: tuple[float, ...]
    missing: int


def case_sets(experiment: Experiment) -> list[CaseSet]:
    """The held-out cases, then each cohort that no model saw."""
    learnt = ", ".join(sorted({case.cohort for case in experiment.held_out}))
    sets = [CaseSet(f"Held out ({learnt})", experiment.held_out, PAPER_HELD_OUT, "MICCAI hold-out")]
    for cohort in dict.fromkeys(case.cohort for case in experiment.others):
        members = [case for case in experiment.others if case.cohort == cohort]
        sets.append(CaseSet(f"Other scanner ({cohort})", members, PAPER_OTHER_SCANNER, "CAIN"))
    return sets


def cell(results: Results, loss: LossName, cases: Sequence[Case], metric: str) -> Cell:
    """One metric of one loss over the cases and all seeds."""
    values = np.array(
        [
            [_value(judged, case, metric) for case in cases]
            for member, judged in results.items()
            if member.loss == loss
        ]
    )
    by_case = [spread(list(column)).mean for column in values.T]
    over_cases = spread(by_case)
    by_seed = tuple(spread(list(row)).mean for row in values)
    return Cell(over_cases.mean, over_cases.deviation, by_seed, over_cases.missing)


def model_tables(
    experiment: Experiment, results: Results, losses: Sequence[LossName]
) -> list[Table]:
    """One table a set: each loss with our figures, then the paper's."""
    tables = []
    for group in case_sets(experiment):
        rows = []
        for loss in losses:
            if loss not in experiment.losses:
                continue
            cells = (cell(results, loss, group.cases, metric) for metric in METRICS)
            ours = [_text(one, places) for one, places in zip(cells, _DECIMALS, strict=True)]
            rows.append([LABELS[loss], *ours])
            rows.append([f"{LABELS[loss]}, paper, {group.paper_title}", *_paper(group, loss)])
        count = f"{len(group.cases)} {'case' if len(group.cases) == 1 else 'cases'}"
        tables.append(Table(group.title, count, ["Model", *HEADINGS], rows))
    return tables


def false_alarm_table(experiment: Experiment, results: Results) -> Table:
    """Millilitres found in heads without lesions, each seed's."""
    rows = [
        [
            LABELS[loss],
            *(
                ", ".join(
                    f"{judged.false_alarms_ml[place.name]:.1f}"
                    for member, judged in results.items()
                    if member.loss == loss
                )
                for place in experiment.lesion_free
            ),
        ]
        for loss in experiment.losses
    ]
    headings = ["Model", *(f"{place.name} (ml)" for place in experiment.lesion_free)]
    return Table("False alarms", "each seed's", headings, rows)


def markdown_of(tables: Sequence[Table]) -> str:
    """The tables below each other, each below its title."""
    parts = [
        f"**{table.title}**, {table.note}\n\n{markdown_table(table.headings, table.rows)}"
        for table in tables
    ]
    return "\n\n".join(parts) + "\n"


def write_table_csv(
    path: Path, experiment: Experiment, results: Results, losses: Sequence[LossName]
) -> None:
    """One row a set, loss and metric: mean, deviation, each seed, NaN cases, the paper's mean."""
    seeds = [f"seed_{seed}" for seed in experiment.seeds]
    columns = ["set", "cases", "loss", "metric", "mean", "sd", *seeds, "nan", "paper_mean"]
    with written_whole(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        for group in case_sets(experiment):
            for loss in losses:
                if loss not in experiment.losses:
                    continue
                for metric, paper in zip(METRICS, group.paper[loss], strict=True):
                    one = cell(results, loss, group.cases, metric)
                    numbers = [round(v, 6) for v in (one.mean, one.deviation, *one.by_seed)]
                    row = [group.title, len(group.cases), loss, metric, *numbers]
                    table.writerow([*row, one.missing, paper])


def _value(judged: Judged, case: Case, metric: str) -> float:
    found = judged.of(case)
    return math.nan if found is None else found.figures[metric]


def _text(one: Cell, places: int) -> str:
    if math.isnan(one.mean):
        return "NaN"
    text = f"{one.mean:.{places}f}"
    if not math.isnan(one.deviation):
        text += f" ± {one.deviation:.{places}f}"
    if len(one.by_seed) > 1:
        text += f" (seeds {', '.join(f'{value:.{places}f}' for value in one.by_seed)})"
    return f"{text} [{one.missing} NaN]" if one.missing else text


def _paper(group: CaseSet, loss: LossName) -> list[str]:
    return [f"{value:.2f}" for value in group.paper[loss]]
