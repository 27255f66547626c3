"""Training the generator as the paper does (sections 3.2.1 and 3.2.2), resumable at every epoch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from wmh_siamese.cases.case import Case
from wmh_siamese.networks.devices import choose_device
from wmh_siamese.networks.vgg_weights import VGGWeights
from wmh_siamese.training.lesion_atlas import LesionAtlas
from wmh_siamese.training.plan import Epoch, TrainingPlan
from wmh_siamese.training.processes import joined_processes
from wmh_siamese.training.run import Run
from wmh_siamese.training.settings import TrainingSettings

log = logging.getLogger(__name__)


def train(
    cases: Sequence[Case],
    validation_cases: Sequence[Case],
    vgg: VGGWeights | None,
    folder: str | Path,
    settings: TrainingSettings | None = None,
    *,
    name: str = "generator",
    base: str | Path | None = None,
    atlas: LesionAtlas | None = None,
    simulated: Sequence[Case] = (),
    device: str = "auto",
    cache: str | Path | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    on_step: Callable[[int], None] | None = None,
    say: Callable[[str], None] = log.warning,
    stopped: Callable[[], bool] | None = None,
) -> Path:
    """Train a generator; returns the best model's file.

    ``folder`` receives ``best.safetensors`` (highest validation Dice, or the last epoch without
    validation cases), ``last.safetensors`` and ``checkpoint.safetensors``. Called again with the
    same folder and settings it goes on after the last whole epoch, with the weights that an
    uninterrupted run would have. Under ``torchrun`` all processes train one generator
    (:mod:`wmh_siamese.training.processes`); the first one writes.

    Args:
        cases: to learn from.
        validation_cases: to choose the best epoch and the threshold by; never learnt from.
        vgg: the weights of the Siamese network; None where the loss does without.
        folder: for the results; made when missing.
        settings: the paper's by default.
        name: of the model, for people.
        base: a model file to go on from; None starts from chance.
        atlas: of lesions to paint, where the settings ask for them.
        simulated: cases to learn from beside, where the settings ask for them.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        cache: folder in which prepared slices are kept; None keeps them in memory.
        on_epoch: told after each epoch, in the first process.
        on_step: told after each step how many have been done since the training began.
        say: told, in a sentence, what the user should know (memory that is short).
        stopped: asked before each step; when it says so, training ends after a checkpoint of the
            last whole epoch.

    Raises:
        WMHError: ``bad-volume`` for unusable cases or when loss or weights are no longer numbers,
            ``bad-model`` when the folder belongs to other settings, ``stopped``.
    """
    settings = settings or TrainingSettings()
    plan = TrainingPlan(cases, validation_cases, vgg, settings, name, base, atlas, simulated)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    where = choose_device(device)
    with joined_processes(where) as processes:
        run = Run(plan, folder, where, processes, cache, on_step or (lambda done: None), say)
        with closing(run.batches):
            for number in range(run.epochs_done, plan.settings.epochs):
                epoch = run.epoch(number, stopped or (lambda: False))
                log.info(epoch.told(plan.settings.epochs))
                if on_epoch and processes.first:
                    on_epoch(epoch)
    return folder / "best.safetensors"
