"""How long to fine-tune: one choice instead of a schedule."""

from __future__ import annotations

import math
from typing import Any

from wmh_siamese.finetuning.choices import WEIGHT_BESIDE_CONTENT, Effort
from wmh_siamese.models.model_file import ModelCard
from wmh_siamese.training.settings import TrainingSettings

STEPS_FOR_ONE_CASE: dict[Effort, int] = {"quick": 24, "usual": 64, "thorough": 160}
EPOCHS = 8
LEARNING_RATE = 1e-4
LESION_SHARE = 0.75
LARGEST_SEED = 2**63 - 1


def batches_an_epoch(effort: Effort, cases: int) -> int:
    """Batches of each of the ``EPOCHS`` epochs: more for more cases, but not in proportion.

    Example:
        >>> [EPOCHS * batches_an_epoch("usual", cases) for cases in (1, 5, 50)]
        [64, 216, 432]
    """
    steps = STEPS_FOR_ONE_CASE[effort] * (1 + math.log2(max(cases, 1)))
    return math.ceil(steps / EPOCHS)


def finetuning_settings(
    base: ModelCard, cases: int, effort: Effort = "usual", **given: Any
) -> TrainingSettings:
    """Settings to fine-tune a model with.

    Against forgetting, batch norm keeps the base model's statistics and the rate is a tenth of the
    paper's. A second term beside the content loss counts as much as that one.

    Args:
        base: the model to go on from; width, depth and preparation are its own.
        cases: number of cases to learn from.
        effort: how long.
        given: fields of the settings that replace these; None leaves them.

    Raises:
        ValueError: when a field has no such value, or the seed is none.
    """
    settings: dict[str, Any] = {
        **base.architecture,
        "recipe": base.preparation_recipe(),
        "epochs": EPOCHS,
        "batches": batches_an_epoch(effort, cases),
        "learning_rate": LEARNING_RATE,
        "cosine": True,
        "cases_alike": True,
        "frozen_statistics": True,
    }
    settings |= {name: value for name, value in given.items() if value is not None}
    if settings.get("loss", TrainingSettings.loss) == "content" and settings.get("extra_loss"):
        settings.setdefault("extra_weight", WEIGHT_BESIDE_CONTENT)
    batch_size = settings.get("batch_size", TrainingSettings.batch_size)
    settings.setdefault("lesion_slices", round(LESION_SHARE * batch_size))
    made = TrainingSettings(**settings)
    if not 0 <= made.seed <= LARGEST_SEED:
        raise ValueError(f"the seed must be from 0 to {LARGEST_SEED}, got {made.seed}")
    return made
