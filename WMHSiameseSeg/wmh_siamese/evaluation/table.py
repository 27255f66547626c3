"""An evaluation as CSV, for programs, and as Markdown, for people."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from wmh_siamese.evaluation.evaluation import FIGURES, METRICS, CaseFigures, CohortFigures, Spread
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.files.plain_cell import plain_cell

COLUMNS = ("row", "method", "cohort", "case", "cases", "role", *FIGURES, "seconds")

CASE_HEADINGS = {
    "dice": "Dice",
    "h95_mm": "H95 (mm)",
    "avd_percent": "AVD (%)",
    "lesion_recall": "Lesion recall",
    "lesion_f1": "Lesion F1",
    "truth_ml": "Truth (ml)",
    "found_ml": "Found (ml)",
    "truth_pcd_percent": "PCD truth (%)",
    "found_pcd_percent": "PCD found (%)",
}
_DECIMALS = {"h95_mm": 2, "avd_percent": 1, "truth_ml": 2, "found_ml": 2}

EXPLANATION = (
    "Means ± standard deviations (of the sample). NaN cases, where a figure does not exist, are "
    "left out of them and counted beside them. Dice, H95, AVD, lesion recall and lesion F1 are "
    "those of the MICCAI 2017 WMH challenge. PCD, positive voxels in percent of all, depends "
    "on the field of view."
)


def write_csv(path: Path, cases: Sequence[CaseFigures], cohorts: Sequence[CohortFigures]) -> None:
    """One row a case, then three a cohort: ``mean``, ``sd`` and ``nan`` (number of NaN cases).

    The first column says which of the four a row is; figures that do not exist are ``nan``.
    """
    with written_whole(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n", restval="")
        table.writeheader()
        for one in cases:
            row: dict[str, object] = {"row": "case", "cases": 1, **one.as_json()}
            row |= {name: round(one.figures[name], 6) for name in FIGURES}
            table.writerow({name: plain_cell(value) for name, value in row.items()})
        for cohort in cohorts:
            names = {"method": plain_cell(cohort.method), "cohort": plain_cell(cohort.cohort)}
            about = {**names, "cases": cohort.cases}
            spreads = cohort.spreads.items()
            for row_name, figures in (
                ("mean", {name: round(s.mean, 6) for name, s in spreads}),
                ("sd", {name: round(s.deviation, 6) for name, s in spreads}),
                ("nan", {name: s.missing for name, s in spreads}),
            ):
                table.writerow({"row": row_name, **about, **figures})


def write_markdown(
    path: Path,
    cases: Sequence[CaseFigures],
    cohorts: Sequence[CohortFigures],
    notes: Sequence[str] = (),
) -> None:
    """The cohorts' table, the notes, and the cases' table."""
    parts = [
        "## By cohort",
        cohort_table(cohorts),
        "\n".join(f"- {_escaped(note)}" for note in (EXPLANATION, *notes)),
        "## By case",
        case_table(cases),
    ]
    with written_whole(path) as partial:
        partial.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def cohort_table(cohorts: Sequence[CohortFigures]) -> str:
    """Markdown, one line a cohort and method."""
    lines = [
        [one.cohort, one.method, str(one.cases)]
        + [_spread(name, one.spreads[name]) for name in FIGURES]
        for one in cohorts
    ]
    return markdown_table(
        ["Cohort", "Method", "Cases", *(CASE_HEADINGS[name] for name in FIGURES)], lines
    )


def case_table(cases: Sequence[CaseFigures]) -> str:
    """Markdown, one line a case and method."""
    lines = [
        [one.case.cohort, one.case.name, one.method, one.role]
        + [figure_text(name, one.figures[name]) for name in FIGURES]
        for one in cases
    ]
    headings = ["Cohort", "Case", "Method", "Seen in training"]
    return markdown_table([*headings, *(CASE_HEADINGS[name] for name in FIGURES)], lines)


def in_words(figures: Mapping[str, float]) -> str:
    """The figures of a case in one line."""
    return ", ".join(
        f"{CASE_HEADINGS[name]} {figure_text(name, figures[name])}" for name in FIGURES
    )


def _spread(name: str, spread: Spread) -> str:
    text = figure_text(name, spread.mean)
    if not math.isnan(spread.deviation):
        text += f" ± {figure_text(name, spread.deviation)}"
    return f"{text} (NaN: {spread.missing})" if name in METRICS else text


def figure_text(name: str, value: float) -> str:
    """A figure with as many decimals as its name deserves."""
    return "NaN" if math.isnan(value) else f"{value:.{_DECIMALS.get(name, 3)}f}"


def markdown_table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table; line breaks and bars in a cell do not break it."""
    rule = ["---"] * len(headings)
    return "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in (headings, rule, *lines))


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
