"""``wmh-siamese train``: cases in, a model file out, epoch by epoch."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.checks import checked_cases
from wmh_siamese.cases.finding import find_cases
from wmh_siamese.cases.parts import first_process, parts_of
from wmh_siamese.cases.reading import scan_sha256
from wmh_siamese.cases.splits import of_same_patient
from wmh_siamese.errors import WMHError
from wmh_siamese.networks.vgg_blocks import vgg_weights
from wmh_siamese.terminal.output import DONE, STOPPED, complain, tell, tell_json
from wmh_siamese.training.checkpoint import epochs_done
from wmh_siamese.training.chosen_settings import settings_of
from wmh_siamese.training.lesion_atlas import LesionAtlas
from wmh_siamese.training.plan import Epoch
from wmh_siamese.training.release import release
from wmh_siamese.training.run import CHECKPOINT
from wmh_siamese.training.training import train


def run(options: argparse.Namespace) -> int:
    """Train a generator; its epochs are told as they end."""

    def tell_epoch(epoch: Epoch) -> None:
        if options.json:
            tell_json(vars(epoch))
        else:
            tell(epoch.told(options.epochs))

    try:
        best = run_training(options, tell_epoch)
    except KeyboardInterrupt:
        if first_process():
            complain(interrupted(options))
        return STOPPED
    if best is None:
        return DONE
    if options.json:
        tell_json({"model": str(best)})
    else:
        tell(f"best model: {best}")
    return DONE


def run_training(options: argparse.Namespace, on_epoch: Callable[[Epoch], None]) -> Path | None:
    """Train as the options say; returns the file of the model as it ships.

    Under ``torchrun`` the first process gives the file, the others None.

    Args:
        options: of the command.
        on_epoch: told after each epoch.

    Raises:
        WMHError: as :func:`wmh_siamese.training.training.train` and
            :func:`wmh_siamese.cases.parts.parts_of`.
    """
    settings = settings_of(options)
    atlas = LesionAtlas(options.lesion_atlas) if options.lesion_atlas else None
    simulated = find_cases(options.simulated) if options.simulated else []
    learning, validation, held_out = parts_of(options, _cases(options), complain)
    _check_simulated(simulated, learning, [*validation, *held_out])
    best = train(
        learning,
        validation,
        vgg_weights(options.vgg, options.vgg_convention) if settings.needs_vgg else None,
        options.folder,
        settings,
        name=options.name,
        base=options.base,
        atlas=atlas,
        simulated=simulated,
        device=options.device,
        cache=options.cache or options.folder / "slices",
        on_epoch=on_epoch,
    )
    if not first_process():
        return None
    path: Path = options.folder / "generator.safetensors"
    release(best, held_out, path, options.device)
    return path


def _cases(options: argparse.Namespace) -> list[Case]:
    cases = find_cases(options.cases, options.cohort)
    return [replace(case, named=True) for case in cases] if options.case_names else cases


def _check_simulated(
    simulated: Sequence[Case], learning: Sequence[Case], judged_on: Sequence[Case]
) -> None:
    """Simulated heads have to be usable, and no patient is learnt from under their name.

    Raises:
        WMHError: ``bad-volume`` when a head cannot be used, or is a scan or patient of the others.
    """
    if not simulated:
        return
    both = of_same_patient(simulated, [*learning, *judged_on])
    if both is None:
        scans = checked_cases(simulated, option="").scans
        both = next((case for case in judged_on if scan_sha256(case) in scans), None)
    if both is not None:
        raise WMHError(
            "bad-volume",
            f"{both.id} is among the simulated heads as well.",
            "Name a folder of wmh-siamese simulate with --simulated.",
        )


def interrupted(options: argparse.Namespace) -> str:
    """What is kept of a training that was stopped by Ctrl-C, and the command that goes on."""
    done = epochs_done(options.folder / CHECKPOINT)
    kept = f"{done} of {options.epochs} epochs are kept in {options.folder}"
    count = int(os.environ.get("WORLD_SIZE", "1"))
    program = ["wmh-siamese"]
    if count > 1:
        program = ["torchrun", "--standalone", "--nproc-per-node", str(count), "-m", "wmh_siamese"]
    again = shlex.join([*program, *options.arguments])
    return f"Stopped. {kept if done else 'No epoch was whole yet'}. Go on with: {again}"
