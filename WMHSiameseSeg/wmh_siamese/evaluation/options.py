"""The options of ``wmh-siamese evaluate``."""

from __future__ import annotations

import argparse
from pathlib import Path

from wmh_siamese.segmenting.options import probability_option, volume_option


def add_evaluate_options(parser: argparse.ArgumentParser) -> None:
    """What to judge, on which cases, and where the tables go."""
    add = parser.add_argument
    add(
        "--cases",
        type=Path,
        required=True,
        metavar="PLACE",
        help="CSV file (cohort, case, flair, mask) or data set folder",
    )
    add("--cohort", nargs="+", metavar="NAME", help="only cases of these cohorts")
    add("--case", nargs="+", metavar="ID", help="only these cases, as cohort/case")
    add(
        "--model",
        nargs="+",
        default=[],
        metavar="MODEL",
        help="model files, or names of bundled models (default: the first bundled one, when "
        "nothing else is to be judged)",
    )
    add(
        "--masks",
        nargs="+",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="finished masks of any origin: <cohort>/<case>.nii.gz or <case>.nii.gz",
    )
    add("--baseline", choices=("threshold",), help="a plain threshold on the FLAIR's intensities")
    add(
        "--threshold",
        type=probability_option,
        metavar="P",
        help="of the models' probabilities (default: each model's own)",
    )
    add(
        "--min-volume",
        type=volume_option,
        default=0.0,
        metavar="MM3",
        help="drop smaller lesions of models and baseline, in cubic millimetres (%(default)s)",
    )
    add("--csv", type=Path, metavar="TABLE", help="CSV table to write")
    add("--markdown", type=Path, metavar="TABLE", help="Markdown table to write")
    add(
        "--pictures",
        type=Path,
        metavar="FOLDER",
        help="for a picture a case of the slices with most misses and false alarms",
    )
    add("--skip-bad", action="store_true", help="leave out cases that cannot be used, and say so")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    add("--json", action="store_true", help="print one JSON object per case and cohort")
