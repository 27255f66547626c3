"""How long a fine-tuning would take here, measured on a few real steps."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from wmh_siamese.cases.case import LESION, Case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.files.workplace import workplace
from wmh_siamese.models.model_file import load_model
from wmh_siamese.networks.devices import choose_device
from wmh_siamese.networks.vgg_weights import VGGWeights
from wmh_siamese.training.settings import TrainingSettings
from wmh_siamese.training.training import train
from wmh_siamese.training.validation import Validation

TIMED_STEPS = 3
LOOKS_BESIDE_EPOCHS = 3
"""At the held-out cases: the base model's first, and both models' for the comparison."""


@dataclass(frozen=True)
class Estimate:
    """What was measured, and what follows.

    Attributes:
        seconds_a_step: of training.
        steps: of the whole training.
        seconds_a_look: at one held-out case; 0 without any.
        looks: at held-out cases, after each epoch and for the comparison.
    """

    seconds_a_step: float
    steps: int
    seconds_a_look: float
    looks: int

    @property
    def minutes(self) -> float:
        return (self.seconds_a_step * self.steps + self.seconds_a_look * self.looks) / 60


def estimated(
    base: Path,
    cases: Sequence[Case],
    held_out: Sequence[Case],
    vgg: VGGWeights | None,
    settings: TrainingSettings,
    *,
    device: str = "auto",
    place: Path | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Estimate:
    """Time a few steps after one that does not count, and a look at a held-out case.

    Of either side only one case is prepared, the first that holds a lesion. Nothing is kept.

    Args:
        base: the model file to go on from.
        cases: to learn from.
        held_out: to compare on.
        vgg: the Siamese network's weights; None where the loss does without.
        settings: of the whole training.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        place: folder for temporary files; the system's by default.
        stopped: asked before each step.

    Raises:
        WMHError: ``stopped``; as :func:`wmh_siamese.training.training.train`.
    """
    moments: list[float] = []
    short = replace(settings, epochs=1, batches=TIMED_STEPS + 1)
    with workplace(place) as folder:
        train(
            [_first(cases)],
            (),
            vgg,
            folder,
            short,
            base=base,
            device=device,
            on_step=lambda done: moments.append(time.perf_counter()),
            stopped=stopped,
        )
    steps = [after - before for before, after in pairwise(moments)]
    return Estimate(
        statistics.median(steps),
        settings.steps,
        _seconds_a_look(base, held_out, settings, device) if held_out else 0.0,
        len(held_out) * (settings.epochs + LOOKS_BESIDE_EPOCHS),
    )


def holds_lesion(case: Case) -> bool:
    """Whether anything can be learnt from a case."""
    return bool((read_case(case)[1].array == LESION).any())


def _first(cases: Sequence[Case]) -> Case:
    """The first that holds a lesion, or the first."""
    return next((case for case in cases if holds_lesion(case)), cases[0])


def _seconds_a_look(
    base: Path, held_out: Sequence[Case], settings: TrainingSettings, device: str
) -> float:
    watch, where = Validation([_first(held_out)], settings.recipe), choose_device(device)
    generator, card = load_model(base)
    generator.to(where)
    began = time.perf_counter()
    watch.dice_at(generator, where, card.threshold)
    return time.perf_counter() - began
