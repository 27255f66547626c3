"""The options of ``wmh-siamese train``, and those that ``reproduce`` shares with it."""

from __future__ import annotations

import argparse
from pathlib import Path

CASES_HELP = (
    "CSV file (cohort, case, flair, mask, perhaps patient), or a folder: the WMH challenge's "
    "layout, BIDS with derivatives, or NAME.nii.gz beside NAME_mask.nii.gz"
)


def add_train_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``train``; those of the paper's schedule have the paper's defaults."""
    add = parser.add_argument
    add("cases", type=Path, metavar="CASES", help=CASES_HELP)
    add(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="for the new model, generator.safetensors, for best.safetensors, last.safetensors and "
        "the checkpoint; a training that was interrupted goes on there",
    )
    parts = add_part_options(parser)
    parts.add_argument("--cohort", nargs="+", metavar="NAME", help="only cases of these cohorts")
    parts.add_argument("--no-split", action="store_true", help="learn from all cases")
    add_case_names_option(parts)
    add_machine_options(parser)
    add("--base", type=Path, metavar="FILE", help="model to go on from (default: from chance)")
    add("--json", action="store_true", help="print one JSON object per epoch")
    add("--name", default="generator", help="of the model (default: %(default)s)")
    add(
        "--cache",
        type=Path,
        metavar="PATH",
        help="folder in which prepared slices are kept for this and other trainings "
        "(default: slices in FOLDER)",
    )
    schedule = add_schedule_options(parser)
    _add_painting_options(schedule)
    _add_simulation_options(schedule)
    _add_loss_options(schedule)
    schedule.add_argument("--seed", type=int, default=0, help="(%(default)s)")


def add_case_names_option(group: argparse._ActionsContainer) -> None:
    """Whether names that nobody chose for others to read go into the model file."""
    group.add_argument(
        "--case-names",
        action="store_true",
        help="where CASES is a folder, keep the names of its folders and files in the model file, "
        "which calls these cases by a hash of the scan otherwise",
    )


def add_part_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Which cases are learnt from; by default the paper's draw of 80, 10 and 10 per cent."""
    group = parser.add_argument_group("cases")
    add = group.add_argument
    add("--split", type=Path, metavar="FILE", help="which cases have which use, as kept in FOLDER")
    add(
        "--split-seed",
        type=int,
        default=0,
        metavar="N",
        help="of the draw of 80, 10 and 10 per cent of the patients, evenly over cohorts, to learn "
        "from, validate with and hold out (%(default)s); it is kept as split.json in FOLDER",
    )
    add(
        "--validation",
        nargs="+",
        default=[],
        metavar="ID",
        help="instead of a draw: cases, as cohort/case, that choose the best epoch and threshold",
    )
    add(
        "--held-out",
        nargs="+",
        default=[],
        metavar="ID",
        help="instead of a draw: cases, as cohort/case, that are never learnt from; their figures "
        "go into the model file",
    )
    add("--skip-bad", action="store_true", help="go on without cases that cannot be used")
    return group


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    """VGG19's weights and the device."""
    add = parser.add_argument
    add("--vgg", type=Path, metavar="FILE", help="VGG19 weights (default: torchvision's download)")
    add("--vgg-convention", choices=("caffe", "torchvision"), help="the input these weights expect")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")


def add_schedule_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """What decides the weights apart from cases, loss and seed."""
    group = parser.add_argument_group("schedule")
    add = group.add_argument
    add("--recipe", choices=("paper", "robust"), default="paper", help="how slices are prepared")
    add("--size", type=int, help="pixels along each side of a prepared slice (224)")
    add("--width", type=int, default=32, help="filters of the first block (%(default)s)")
    add("--depth", type=int, default=4, help="number of poolings (%(default)s)")
    add("--epochs", type=int, default=100, help="(%(default)s)")
    add("--batches", type=int, default=100, help="batches an epoch (%(default)s)")
    add("--batch-size", type=int, default=8, help="slices a batch (%(default)s)")
    add("--learning-rate", type=float, default=1e-3, help="Adam's rate (%(default)s)")
    add("--vgg-learning-rate", type=float, default=1e-5, help="VGG19's, min-max (%(default)s)")
    add("--cosine", action="store_true", help="let the rate fall to zero along half a cosine")
    add("--rotation-degrees", type=float, default=30.0, help="either way (%(default)s)")
    add(
        "--scanner-variation",
        action="store_true",
        help="also zoom and mirror slices, and give them other scanners' contrasts and artefacts",
    )
    add(
        "--stripped-copies",
        action="store_true",
        help="learn from every full head a second time, without its skull",
    )
    add("--crop", type=int, metavar="PIXELS", help="learn from parts of slices (whole slices)")
    add("--cases-alike", action="store_true", help="draw cases alike, not slices alike")
    add(
        "--frozen-statistics",
        action="store_true",
        help="keep the base model's means and variances of batch norm",
    )
    add("--lesion-slices", type=int, help="of each batch, from slices with lesions")
    add("--mask-order", choices=("center_first", "mask_first"), default="center_first")
    add_precision_option(group)
    return group


def add_precision_option(group: argparse._ArgumentGroup) -> None:
    """In which arithmetic it is trained."""
    group.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="of the arithmetic; auto is bfloat16 on GPUs that have it, else float32",
    )


def add_extra_loss_options(
    group: argparse._ArgumentGroup, weight: float | None = 1.0, usually: str = "%(default)s"
) -> None:
    """A second term beside the loss, and its weight where none is given, in words as well."""
    group.add_argument(
        "--extra-loss",
        choices=("dice", "tversky", "generalised-dice", "cross-entropy"),
        help="a second term, on hard labels",
    )
    group.add_argument(
        "--extra-weight", type=float, default=weight, help=f"of the second term ({usually})"
    )


def _add_painting_options(schedule: argparse._ArgumentGroup) -> None:
    add = schedule.add_argument
    add("--lesion-atlas", type=Path, metavar="FILE", help="masks of lesions to paint, as .npz")
    add(
        "--painted-share",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="of the slices, how many get lesions of --lesion-atlas painted in (%(default)s)",
    )


def _add_simulation_options(schedule: argparse._ArgumentGroup) -> None:
    add = schedule.add_argument
    add(
        "--simulated",
        type=Path,
        metavar="CASES",
        help="heads of wmh-siamese simulate, to learn from beside the cases",
    )
    add(
        "--simulated-share",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="of each batch, how much comes from --simulated (%(default)s)",
    )


def _add_loss_options(schedule: argparse._ArgumentGroup) -> None:
    add = schedule.add_argument
    add(
        "--loss",
        choices=("content", "dice", "tversky", "generalised-dice", "min-max"),
        default="content",
        help="what is minimised; min-max trains VGG19 against the generator (%(default)s)",
    )
    add_extra_loss_options(schedule)
    add(
        "--soft-labels",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="what 0 and 1 become (content and min-max: 0.1 0.9, else 0 1)",
    )
