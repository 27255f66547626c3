"""``wmh-siamese train``: a table of cases in, a model file out, epoch by epoch."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wmh_siamese.errors import WMHError

if TYPE_CHECKING:
    from wmh_siamese.cases import Case
    from wmh_siamese.siamese import VGGWeights
    from wmh_siamese.training import Epoch, TrainingSettings


def add_train_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``train``; those of the paper's schedule have the paper's defaults."""
    add = parser.add_argument
    add("cases", type=Path, metavar="CASES", help="CSV file: cohort, case, flair, mask")
    add(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="for best.safetensors, last.safetensors and the checkpoint; a training that was "
        "interrupted goes on there",
    )
    add("--cohort", nargs="+", metavar="NAME", help="only cases of these cohorts")
    add(
        "--validation",
        nargs="+",
        default=[],
        metavar="ID",
        help="cases, as cohort/case, that choose the best epoch and the threshold",
    )
    add(
        "--held-out",
        nargs="+",
        default=[],
        metavar="ID",
        help="cases, as cohort/case, that are never learnt from; their figures go into the header",
    )
    add("--vgg", type=Path, metavar="FILE", help="VGG19 weights (default: torchvision's download)")
    add("--vgg-convention", choices=("caffe", "torchvision"), help="the input these weights expect")
    add("--name", default="generator", help="of the model (default: %(default)s)")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    add("--json", action="store_true", help="print one JSON object per epoch")
    _add_settings(parser)


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
        lesion_slices=options.lesion_slices,
        soft_labels=None if options.soft_labels is None else tuple(options.soft_labels),
        mask_order=options.mask_order,
        seed=options.seed,
    )


def run_training(options: argparse.Namespace, on_epoch: Callable[[Epoch], None]) -> Path:
    """Train as the options say; returns the file of the model as it ships.

    Raises:
        WMHError: as :func:`wmh_siamese.training.train`; ``bad-path`` for a case that is not there.
    """
    from wmh_siamese.cases import read_case_table
    from wmh_siamese.release import release
    from wmh_siamese.training import train

    settings = settings_of(options)
    cases = read_case_table(options.cases, options.cohort)
    learning, validation, held_out = split(cases, options.validation, options.held_out)
    best = train(
        learning,
        validation,
        _vgg_weights(options) if settings.needs_vgg else None,
        options.folder,
        settings,
        name=options.name,
        device=options.device,
        on_epoch=on_epoch,
    )
    path: Path = options.folder / "generator.safetensors"
    release(best, held_out, path, options.device)
    return path


def split(
    cases: Sequence[Case], validation: Sequence[str], held_out: Sequence[str]
) -> tuple[list[Case], list[Case], list[Case]]:
    """Cases to learn from, to validate with and to hold out, by their ids.

    Raises:
        WMHError: ``bad-path`` when an id is unknown, named twice, or nothing is left to learn from.
    """
    named = [*validation, *held_out]
    unknown = sorted(set(named) - {case.id for case in cases})
    if unknown:
        raise WMHError("bad-path", f"There is no case {unknown[0]}.", "Name it as cohort/case.")
    twice = sorted(set(validation) & set(held_out))
    if twice:
        raise WMHError("bad-path", f"Case {twice[0]} has two uses.", "Name it once.")
    learning = [case for case in cases if case.id not in named]
    if not learning:
        raise WMHError("bad-path", "No case is left to learn from.", "Name fewer others.")
    return (
        learning,
        [case for case in cases if case.id in validation],
        [case for case in cases if case.id in held_out],
    )


def _vgg_weights(options: argparse.Namespace) -> VGGWeights:
    from wmh_siamese.siamese import download_vgg_weights, read_vgg_weights

    if options.vgg is None:
        return download_vgg_weights()
    return read_vgg_weights(options.vgg, options.vgg_convention)
