"""The options of ``wmh-siamese average``."""

from __future__ import annotations

import argparse
from pathlib import Path

from wmh_siamese.segmenting.options import probability_option


def add_average_options(parser: argparse.ArgumentParser) -> None:
    """Which models, where the mean goes, and which cases it is judged on."""
    add = parser.add_argument
    add("models", type=Path, nargs="+", metavar="MODEL", help="states of one training")
    add("--output", type=Path, required=True, metavar="FILE", help="the new model file")
    add("--name", default="average", help="of the new model (default: %(default)s)")
    add(
        "--threshold",
        type=probability_option,
        default=0.5,
        metavar="P",
        help="of its probabilities (default: %(default)s, the paper's)",
    )
    add("--cases", type=Path, metavar="PLACE", help="where the held-out cases are")
    add(
        "--held-out",
        nargs="+",
        default=[],
        metavar="ID",
        help="cases, as cohort/case, whose figures go into the model file",
    )
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
