"""The options of ``wmh-siamese simulate``."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_simulate_options(parser: argparse.ArgumentParser) -> None:
    """Where the heads go, how many, and where their lesions come from."""
    add = parser.add_argument
    add(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="for the scans, the masks and cases.csv; heads that are there already are kept",
    )
    add(
        "--lesion-atlas",
        type=Path,
        required=True,
        metavar="FILE",
        help="masks of lesions on the MNI152 grid, as .npz",
    )
    add("--count", type=int, default=24, help="of the heads (%(default)s)")
    add("--seed", type=int, default=0, help="(%(default)s)")
    add("--json", action="store_true", help="print one JSON object per head")
