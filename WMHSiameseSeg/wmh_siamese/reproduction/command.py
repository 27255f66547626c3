"""``wmh-siamese reproduce``: trains the paper's five models and writes its tables and figures."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.checks import checked_cases
from wmh_siamese.cases.finding import find_cases
from wmh_siamese.cases.parts import parts_of
from wmh_siamese.errors import WMHError
from wmh_siamese.networks.vgg_blocks import vgg_weights
from wmh_siamese.networks.vgg_weights import VGGWeights
from wmh_siamese.reproduction.experiment import Experiment, judged, trained
from wmh_siamese.reproduction.options import LOSSES
from wmh_siamese.reproduction.results import write_results
from wmh_siamese.terminal.output import DONE, complain, tell
from wmh_siamese.training.chosen_settings import settings_of
from wmh_siamese.training.plan import Epoch

Tell = Callable[[str], None]


def run(options: argparse.Namespace) -> int:
    """Train the paper's five models alike and write its tables and figures."""
    tell(f"Results: {run_reproduction(options, tell, complain)}")
    return DONE


def run_reproduction(options: argparse.Namespace, tell: Tell, complain: Tell) -> Path:
    """Train, judge and write as the options say; returns the page with all results.

    A run that was interrupted goes on where it stopped.

    Args:
        options: of :mod:`wmh_siamese.reproduction.options`.
        tell: told how far it has come.
        complain: told, in a sentence, of each case that is left out.

    Raises:
        WMHError: for cases, settings and places that cannot be used.
    """
    experiment = experiment_of(options, complain)
    for member in experiment.members:

        def on_epoch(epoch: Epoch, name: str = member.name) -> None:
            tell(f"{name}: {epoch.told(options.epochs)}")

        trained(experiment, member, on_epoch)
    results = {}
    for member in experiment.members:

        def on_case(name: str, model: str = member.name) -> None:
            tell(f"{model}: judged on {name}")

        results[member] = judged(experiment, member, on_case)
    return write_results(experiment, results)


def experiment_of(options: argparse.Namespace, complain: Tell) -> Experiment:
    """What the options describe, with all cases checked."""
    settings = settings_of(options)
    for place in options.lesion_free:
        if not place.is_file():
            raise WMHError("bad-path", f"There is no file {place}.", "Check its name.")
    known = find_cases(options.cases, options.learn_from)
    learning, validation, held_out = parts_of(options, known, complain)
    others = _others(options, known, complain)
    if not (held_out or others):
        raise WMHError(
            "bad-volume",
            "There is no case to judge the models on.",
            "Hold some out, or name fewer cohorts with --learn-from.",
        )
    return Experiment(
        folder=options.folder,
        settings=settings,
        seeds=tuple(dict.fromkeys(options.seeds)),
        losses=[loss for loss in LOSSES if loss in options.losses],
        learning=learning,
        validation=validation,
        held_out=held_out,
        others=others,
        lesion_free=options.lesion_free,
        vgg=_vgg(options),
        device=options.device,
    )


def _others(options: argparse.Namespace, known: Sequence[Case], complain: Tell) -> list[Case]:
    """Cases of the cohorts that nothing is learnt from."""
    learnt = {case.cohort for case in known}
    others = [case for case in find_cases(options.cases) if case.cohort not in learnt]
    if not others:
        return []
    return checked_cases(others, options.skip_bad, complain).usable


def _vgg(options: argparse.Namespace) -> VGGWeights | None:
    needed = {"content", "min-max"} & set(options.losses)
    return vgg_weights(options.vgg, options.vgg_convention) if needed else None
