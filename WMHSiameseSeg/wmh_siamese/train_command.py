"""``wmh-siamese train``: cases in, a model file out, epoch by epoch."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from wmh_siamese.errors import WMHError

if TYPE_CHECKING:
    from wmh_siamese.cases import Case
    from wmh_siamese.siamese import VGGWeights
    from wmh_siamese.splits import Split
    from wmh_siamese.training import Epoch, TrainingSettings


def add_train_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``train``; those of the paper's schedule have the paper's defaults."""
    add = parser.add_argument
    add(
        "cases",
        type=Path,
        metavar="CASES",
        help="CSV file (cohort, case, flair, mask, perhaps patient), or a folder: the WMH "
        "challenge's layout, BIDS with derivatives, or NAME.nii.gz beside NAME_mask.nii.gz",
    )
    add(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="for best.safetensors, last.safetensors and the checkpoint; a training that was "
        "interrupted goes on there",
    )
    _add_parts(parser)
    add("--vgg", type=Path, metavar="FILE", help="VGG19 weights (default: torchvision's download)")
    add("--vgg-convention", choices=("caffe", "torchvision"), help="the input these weights expect")
    add("--base", type=Path, metavar="FILE", help="model to go on from (default: from chance)")
    add("--name", default="generator", help="of the model (default: %(default)s)")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    add("--json", action="store_true", help="print one JSON object per epoch")
    add(
        "--cache",
        type=Path,
        metavar="PATH",
        help="folder in which prepared slices are kept for this and other trainings "
        "(default: slices in FOLDER)",
    )
    _add_settings(parser)


def _add_parts(parser: argparse.ArgumentParser) -> None:
    """Which cases are learnt from; by default the paper's draw of 80, 10 and 10 per cent."""
    add = parser.add_argument_group("cases").add_argument
    add("--cohort", nargs="+", metavar="NAME", help="only cases of these cohorts")
    add("--split", type=Path, metavar="FILE", help="which cases have which use, as kept in FOLDER")
    add(
        "--split-seed",
        type=int,
        default=0,
        metavar="N",
        help="of the draw of 80, 10 and 10 per cent of the patients, evenly over cohorts, to learn "
        "from, validate with and hold out (%(default)s); it is kept as split.json in FOLDER",
    )
    add("--no-split", action="store_true", help="learn from all cases")
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


def _add_settings(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("schedule").add_argument
    add("--recipe", choices=("paper", "robust"), default="paper", help="how slices are prepared")
    add(
        "--loss",
        choices=("content", "dice", "tversky", "generalised-dice", "min-max"),
        default="content",
        help="what is minimised; min-max trains VGG19 against the generator (%(default)s)",
    )
    add(
        "--extra-loss",
        choices=("dice", "tversky", "generalised-dice", "cross-entropy"),
        help="a second term, on hard labels",
    )
    add("--extra-weight", type=float, default=1.0, help="of the second term (%(default)s)")
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
    add("--cases-alike", action="store_true", help="draw cases alike, not slices alike")
    add("--lesion-slices", type=int, help="of each batch, from slices with lesions")
    add(
        "--soft-labels",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="what 0 and 1 become (content and min-max: 0.1 0.9, else 0 1)",
    )
    add("--mask-order", choices=("center_first", "mask_first"), default="center_first")
    add("--seed", type=int, default=0, help="(%(default)s)")
    add(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="of the arithmetic; auto is bfloat16 on GPUs that have it, else float32",
    )


def settings_of(options: argparse.Namespace) -> TrainingSettings:
    """The options as the training takes them.

    Raises:
        WMHError: ``bad-path`` when a number makes no sense.
    """
    from wmh_siamese.preparation import PAPER, ROBUST
    from wmh_siamese.training import TrainingSettings

    for option in (
        "width",
        "depth",
        "epochs",
        "batches",
        "batch_size",
        "learning_rate",
        "vgg_learning_rate",
    ):
        value = getattr(options, option)
        if not value > 0:
            name = option.replace("_", "-")
            raise WMHError("bad-path", f"--{name} is {value}.", "It must be above 0.")
    if options.split and (options.no_split or options.validation or options.held_out):
        raise WMHError("bad-path", "The parts are named twice, by --split and otherwise.")
    return TrainingSettings(
        width=options.width,
        depth=options.depth,
        recipe={"paper": PAPER, "robust": ROBUST}[options.recipe],
        loss=options.loss,
        extra_loss=options.extra_loss,
        extra_weight=options.extra_weight,
        epochs=options.epochs,
        batches=options.batches,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        vgg_learning_rate=options.vgg_learning_rate,
        cosine=options.cosine,
        rotation_degrees=options.rotation_degrees,
        scanner_variation=options.scanner_variation,
        stripped_copies=options.stripped_copies,
        cases_alike=options.cases_alike,
        lesion_slices=options.lesion_slices,
        soft_labels=None if options.soft_labels is None else tuple(options.soft_labels),
        mask_order=options.mask_order,
        seed=options.seed,
        precision=options.precision,
    )


def run_training(
    options: argparse.Namespace,
    on_epoch: Callable[[Epoch], None],
    complain: Callable[[str], None],
) -> Path | None:
    """Train as the options say; returns the file of the model as it ships.

    Under ``torchrun`` the first process gives the file, the others None.

    Args:
        options: of the command.
        on_epoch: told after each epoch.
        complain: told of each case that is left out.

    Raises:
        WMHError: as :func:`wmh_siamese.training.train` and :func:`parts_of`.
    """
    from wmh_siamese.release import release
    from wmh_siamese.training import train

    settings = settings_of(options)
    learning, validation, held_out = parts_of(options, complain)
    best = train(
        learning,
        validation,
        _vgg_weights(options) if settings.needs_vgg else None,
        options.folder,
        settings,
        name=options.name,
        base=options.base,
        device=options.device,
        cache=options.cache or options.folder / "slices",
        on_epoch=on_epoch,
    )
    if not first_process():
        return None
    path: Path = options.folder / "generator.safetensors"
    release(best, held_out, path, options.device)
    return path


def parts_of(
    options: argparse.Namespace, complain: Callable[[str], None]
) -> tuple[list[Case], list[Case], list[Case]]:
    """Cases to learn from, to validate with and to hold out, all of them checked.

    Raises:
        WMHError: as :mod:`wmh_siamese.cases`, :mod:`wmh_siamese.case_checks` and
            :mod:`wmh_siamese.splits`.
    """
    from wmh_siamese.case_checks import checked_cases
    from wmh_siamese.cases import find_cases
    from wmh_siamese.splits import named_split, parted, read_split

    cases = find_cases(options.cases, options.cohort)
    named = options.no_split or options.validation or options.held_out
    if options.split:
        split = read_split(options.split)
    elif named:
        split = named_split(cases, options.validation, options.held_out)
    else:
        split = None
    parts = parted(cases, split) if split else None  # told before every case is read
    checked = checked_cases(cases, options.skip_bad)
    for fault in checked.faults.values():
        complain(f"Left out: {fault.sentence}")
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
    from wmh_siamese.splits import drawn_split, read_split, write_split

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


def interrupted(options: argparse.Namespace) -> str:
    """What is kept of a training that was stopped by Ctrl-C, and the command that goes on."""
    from wmh_siamese.checkpoint import epochs_done
    from wmh_siamese.training import CHECKPOINT

    done = epochs_done(options.folder / CHECKPOINT)
    kept = f"{done} of {options.epochs} epochs are kept in {options.folder}"
    count = int(os.environ.get("WORLD_SIZE", "1"))
    program = ["wmh-siamese"]
    if count > 1:
        program = ["torchrun", "--standalone", "--nproc-per-node", str(count), "-m", "wmh_siamese"]
    again = shlex.join([*program, *options.arguments])
    return f"Stopped. {kept if done else 'No epoch was whole yet'}. Go on with: {again}"


def first_process() -> bool:
    """Whether this process writes and speaks, of those that ``torchrun`` started, or alone."""
    return os.environ.get("RANK", "0") == "0"


def _vgg_weights(options: argparse.Namespace) -> VGGWeights:
    from wmh_siamese.siamese import download_vgg_weights, read_vgg_weights

    if options.vgg is None:
        return download_vgg_weights()
    return read_vgg_weights(options.vgg, options.vgg_convention)
