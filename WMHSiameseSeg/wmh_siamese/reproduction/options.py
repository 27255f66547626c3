"""The options of ``wmh-siamese reproduce``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from wmh_siamese.training.options import (
    CASES_HELP,
    add_machine_options,
    add_part_options,
    add_schedule_options,
)

if TYPE_CHECKING:
    from wmh_siamese.training.settings import LossName

LOSSES: tuple[LossName, ...] = ("dice", "tversky", "generalised-dice", "content", "min-max")


def add_reproduce_options(parser: argparse.ArgumentParser) -> None:
    """Cases, models, seeds and one schedule for all; the paper's by default."""
    add = parser.add_argument
    add("cases", type=Path, metavar="CASES", help=CASES_HELP)
    add(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="for models, tables, figures and index.html; a run that was interrupted goes on there",
    )
    parts = add_part_options(parser)
    parts.add_argument(
        "--learn-from",
        nargs="+",
        metavar="COHORT",
        help="cohorts to split and learn from; all others are scanners that no model saw "
        "(default: all cohorts, and no others)",
    )
    parts.add_argument(
        "--lesion-free",
        nargs="+",
        type=Path,
        default=[],
        metavar="FLAIR",
        help="heads without lesions: what is found there are false alarms",
    )
    models = parser.add_argument_group("models").add_argument
    models("--losses", nargs="+", choices=LOSSES, default=LOSSES, help="(default: all five)")
    models(
        "--seeds", nargs="+", type=int, default=[0, 1], help="of each model's trainings (0 and 1)"
    )
    add_machine_options(parser)
    add_schedule_options(parser)
