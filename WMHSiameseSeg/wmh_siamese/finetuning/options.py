"""The options of ``wmh-siamese finetune``."""

from __future__ import annotations

import argparse
from pathlib import Path

from wmh_siamese.finetuning.choices import EFFORTS, WEIGHT_BESIDE_CONTENT
from wmh_siamese.training.options import (
    add_case_names_option,
    add_extra_loss_options,
    add_machine_options,
    add_precision_option,
)


def add_finetune_options(parser: argparse.ArgumentParser) -> None:
    """A library, a base model, and one choice of how long; the rest has defaults."""
    add = parser.add_argument
    add(
        "library",
        type=Path,
        metavar="LIBRARY",
        help="folder of corrected cases, as the panel keeps it, or other cases that train takes",
    )
    add("output", type=Path, metavar="MODEL", help="new .safetensors file; must not exist")
    add("--base", metavar="MODEL", help="file or name to go on from (default: the bundled one)")
    add("--name", help="of the new model (default: its file's)")
    add(
        "--held-out",
        nargs="+",
        default=[],
        metavar="ID",
        help="cases, as cohort/case, to compare on; a library knows its own",
    )
    add_case_names_option(parser)
    add("--effort", choices=EFFORTS, default="usual", help="how long (%(default)s)")
    add("--estimate", action="store_true", help="only tell how long it would take here")
    add(
        "--leave-one-out",
        action="store_true",
        help="train once without each of 2 to 5 patients and compare on that one; keeps no model",
    )
    add_machine_options(parser)
    add("--json", action="store_true", help="print one JSON object per epoch and case")
    add("--markdown", type=Path, metavar="TABLE", help="comparison to write")
    group = parser.add_argument_group("instead of the effort's choices")
    more = group.add_argument
    more(
        "--loss",
        choices=("content", "dice", "tversky", "generalised-dice"),
        default="content",
        help="(%(default)s)",
    )
    add_extra_loss_options(group, None, f"{WEIGHT_BESIDE_CONTENT:g} beside content, else 1")
    more("--epochs", type=int)
    more("--batches", type=int, help="batches an epoch")
    more("--batch-size", type=int, help="slices a batch (8)")
    more("--learning-rate", type=float, help="Adam's rate at the start (0.0001)")
    more("--rotation-degrees", type=float, help="either way (30)")
    more(
        "--free-statistics",
        dest="frozen_statistics",
        action="store_false",
        help="let batch norm follow the new cases",
    )
    more(
        "--rehearse",
        type=Path,
        metavar="CASES",
        help="further cases in the batches, against forgetting: a table or folder of cases, or the "
        "training cases of another library (default: the bundled simulated head)",
    )
    more(
        "--unguarded",
        dest="guarded",
        action="store_false",
        help="do nothing against forgetting: no bundled head in the batches, and no share of the "
        "base model's weights in the new one's",
    )
    more("--seed", type=int, default=0, help="(%(default)s)")
    add_precision_option(group)
