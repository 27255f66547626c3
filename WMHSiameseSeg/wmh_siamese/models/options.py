"""The options of ``wmh-siamese models``."""

from __future__ import annotations

import argparse


def add_models_options(parser: argparse.ArgumentParser) -> None:
    """How the models are told."""
    parser.add_argument(
        "--json", action="store_true", help="print each whole card as one JSON object"
    )
