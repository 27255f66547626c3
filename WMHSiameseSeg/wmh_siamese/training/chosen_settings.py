"""The settings of a training from the options of a command; numbers that make no sense refused."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from wmh_siamese.errors import WMHError
from wmh_siamese.networks.recipe import PAPER, ROBUST
from wmh_siamese.training.settings import TrainingSettings, no_atlas, no_heads

POSITIVE = (
    *("width", "depth", "size", "epochs", "batches", "batch_size"),
    *("learning_rate", "vgg_learning_rate"),
)


def settings_of(options: argparse.Namespace, **others: Any) -> TrainingSettings:
    """The options as the training takes them.

    Args:
        options: of a command; what it has no option for has the paper's value.
        others: fields of the settings that do not come from options.

    Raises:
        WMHError: ``bad-path`` when a number makes no sense.
    """
    given = {**vars(options), **others}
    check_positive(given)
    recipe = {"paper": PAPER, "robust": ROBUST}[options.recipe]
    given["recipe"] = replace(recipe, size=options.size or recipe.size)
    multiple = 2**options.depth
    if given["recipe"].size % multiple:
        raise WMHError(
            "bad-path",
            f"Slices of {given['recipe'].size} pixels cannot be halved {options.depth} times.",
            f"Choose a --size that divides by {multiple}.",
        )
    if options.crop and (options.crop % multiple or not 0 < options.crop <= given["recipe"].size):
        raise WMHError(
            "bad-path",
            f"--crop is {options.crop}.",
            f"It must divide by {multiple} and be no larger than a slice.",
        )
    _check_shares(given)
    if given.get("soft_labels") is not None:
        given["soft_labels"] = tuple(given["soft_labels"])
    known = {field.name for field in fields(TrainingSettings)}
    return TrainingSettings(**{name: value for name, value in given.items() if name in known})


def _check_shares(given: Mapping[str, Any]) -> None:
    """Refuse a share that is none, or one without what it is a share of (``bad-path``)."""
    painted, simulated = (given.get(f"{of}_share", 0.0) for of in ("painted", "simulated"))
    if not 0 <= painted <= 1:
        raise WMHError("bad-path", f"--painted-share is {painted}, not 0 to 1.")
    if not 0 <= simulated < 1:
        raise WMHError("bad-path", f"--simulated-share is {simulated}.", "Choose 0 to below 1.")
    if given.get("lesion_atlas") and not painted:
        raise WMHError(
            "bad-path",
            "A lesion atlas is named, but no share of the slices to paint in.",
            "Say how many with --painted-share, such as 0.5.",
        )
    if given.get("simulated") and not simulated:
        raise WMHError(
            "bad-path",
            "Simulated heads are named, but no share of the batch that comes from them.",
            "Say how much with --simulated-share, such as 0.4.",
        )
    if painted and not given.get("lesion_atlas"):
        raise no_atlas()
    if simulated and not given.get("simulated"):
        raise no_heads()


def check_positive(given: Mapping[str, Any]) -> None:
    """Refuse numbers of a training that must be above 0 and are not (``bad-path``)."""
    for name in POSITIVE:
        value = given.get(name)
        if value is not None and not value > 0:
            flag = name.replace("_", "-")
            raise WMHError("bad-path", f"--{flag} is {value}.", "It must be above 0.")
