"""Which cases a command learns from, validates with and holds out, as its options say."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.checks import checked_cases
from wmh_siamese.cases.splits import (
    Split,
    drawn_split,
    named_split,
    parted,
    read_split,
    write_split,
)
from wmh_siamese.errors import WMHError


def parts_of(
    options: argparse.Namespace, cases: Sequence[Case], complain: Callable[[str], None]
) -> tuple[list[Case], list[Case], list[Case]]:
    """Cases to learn from, to validate with and to hold out, all of them checked.

    Raises:
        WMHError: ``bad-path`` when the parts are named twice; as :mod:`wmh_siamese.cases.checks`
            and :mod:`wmh_siamese.cases.splits`.
    """
    everything = getattr(options, "no_split", False)
    named = everything or options.validation or options.held_out
    if options.split and named:
        raise WMHError("bad-path", "The parts are named twice, by --split and otherwise.")
    if options.split:
        split = read_split(options.split)
    elif named:
        split = named_split(cases, options.validation, options.held_out)
    else:
        split = None
    parts = parted(cases, split) if split else None  # told before every case is read
    checked = checked_cases(cases, options.skip_bad, complain)
    parts = parts or parted(checked.usable, _kept_draw(options, checked.usable))
    learning, validation, held_out = (
        [case for case in part if case.id not in checked.faults] for part in parts
    )
    if not learning or (parts[1] and not validation) or (parts[2] and not held_out):
        raise WMHError(
            "bad-volume",
            "Without the cases that cannot be used, a part of the split is empty.",
            "Repair them, or draw another split.",
        )
    return learning, validation, held_out


def _kept_draw(options: argparse.Namespace, cases: list[Case]) -> Split:
    """The draw of the seed, kept in the folder; another one that is there already is refused."""
    split = drawn_split(cases, options.split_seed)
    path: Path = options.folder / "split.json"
    if path.exists():
        if read_split(path) != split:
            raise WMHError(
                "bad-volume",
                f"{path} is a draw from other cases or of another seed.",
                "Choose an empty folder, or name the file with --split.",
            )
    elif first_process():
        options.folder.mkdir(parents=True, exist_ok=True)
        write_split(path, split)
    return split


def first_process() -> bool:
    """Whether this process writes and speaks, of those that ``torchrun`` started, or alone."""
    return os.environ.get("RANK", "0") == "0"
