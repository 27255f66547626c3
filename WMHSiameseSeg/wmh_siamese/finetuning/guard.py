"""Against forgetting: what the base model knew is rehearsed, and half of its weights stay.

Fine-tuned on one scanner alone, a model forgets the others; docs/finetuning.md has the figures.
Weights between those before and after fine-tuning keep most of both (Wortsman et al. 2022, robust
fine-tuning of zero-shot models).
"""

from __future__ import annotations

from pathlib import Path

from wmh_siamese.cases.case import Case
from wmh_siamese.models.model_file import load_model, save_model
from wmh_siamese.training.averaging import weights_between

BASE_SHARE = 0.5
SAMPLE_FOLDER = Path(__file__).resolve().parents[2] / "Resources" / "SampleData"


def bundled_sample() -> Case | None:
    """The simulated head that goes with the extension; its true lesions are known.

    None where the engine is installed without the extension.
    """
    flair = SAMPLE_FOLDER / "simulated_flair.nii.gz"
    mask = SAMPLE_FOLDER / "simulated_lesions.nii.gz"
    there = flair.is_file() and mask.is_file()
    return Case("bundled", "simulated", flair, mask) if there else None


def draw_towards(base: Path, model: Path, share: float) -> None:
    """Replace a model's weights by ones between the base model's and its own.

    Args:
        base: the model that it was fine-tuned from.
        model: the fine-tuned model's file, written anew.
        share: of the base model's weights, in [0, 1].
    """
    before, _ = load_model(base)
    generator, card = load_model(model)
    states = (before.float().state_dict(), generator.float().state_dict())
    generator.load_state_dict(weights_between(states, (share, 1 - share)))
    save_model(model, generator, card)
