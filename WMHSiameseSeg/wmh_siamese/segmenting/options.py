"""The options of ``wmh-siamese segment``."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path

from wmh_siamese.segmenting.output_plan import MASK_ENDINGS, SegmentRequest

SEPARATORS = ("/", os.sep)


def add_segment_options(parser: argparse.ArgumentParser) -> None:
    """What to segment, how, and where the results go."""
    add = parser.add_argument
    add("flair", nargs="+", type=Path, metavar="FLAIR", help="NIfTI file, .nii or .nii.gz")
    add(
        "--output",
        "-o",
        action="append",
        default=[],
        metavar="MASK",
        help="mask to write: .nii.gz, .nii or .seg.nrrd (a segmentation for 3D Slicer); may be "
        "given again; a folder, made if need be, where it ends in / or there are several inputs",
    )
    add("--probability", help="probability to write, .nii.gz or .nii; or a folder")
    add("--picture", help="overlay to draw, .png; or a folder")
    add("--csv", type=Path, metavar="TABLE", help="table to append one row per input to")
    add(
        "--format",
        choices=MASK_ENDINGS,
        default=".nii.gz",
        help="of masks written to a folder (default: %(default)s)",
    )
    add(
        "--threshold",
        type=probability_option,
        metavar="P",
        help="a voxel is lesion from this probability on (default: the model's own)",
    )
    add(
        "--min-volume",
        type=volume_option,
        default=0.0,
        metavar="MM3",
        help="drop smaller lesions, in cubic millimetres (default: %(default)s)",
    )
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    add("--model", metavar="MODEL", help="model file, or the name of a bundled model")
    add(
        "--nonfinite",
        choices=("refuse", "zero"),
        default="refuse",
        help="what to do with NaN or infinite voxels (default: %(default)s)",
    )
    add(
        "--accept-doubts",
        action="store_true",
        help="segment also what may be no FLAIR of a head (another sequence in its name, CT)",
    )
    add("--json", action="store_true", help="print one JSON object per input")
    add("--quiet", "-q", action="store_true", help="no progress bar and no figures")


def request_of(options: argparse.Namespace) -> SegmentRequest:
    """The options as the command takes them."""
    further = [place for place in (options.probability, options.picture) if place]
    return SegmentRequest(
        inputs=tuple(options.flair),
        masks=tuple(map(Path, options.output)),
        probability=Path(options.probability) if options.probability else None,
        picture=Path(options.picture) if options.picture else None,
        folders=frozenset(Path(p) for p in (*options.output, *further) if p.endswith(SEPARATORS)),
        table=options.csv,
        mask_ending=options.format,
        threshold=options.threshold,
        min_volume_mm3=options.min_volume,
        nonfinite=options.nonfinite,
        accept_doubts=options.accept_doubts,
    )


def probability_option(text: str) -> float:
    """An option's number in [0, 1]."""
    value = _number(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def volume_option(text: str) -> float:
    """An option's number of mm3, 0 or more."""
    value = _number(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value
