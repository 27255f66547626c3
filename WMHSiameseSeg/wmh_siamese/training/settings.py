"""Everything that decides a generator's weights, apart from the cases (paper, section 3.2.2)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import torch

from wmh_siamese.errors import WMHError
from wmh_siamese.networks.preparation import PAPER, Recipe
from wmh_siamese.networks.siamese import MaskOrder

LossName = Literal["content", "dice", "tversky", "generalised-dice", "min-max"]
Precision = Literal["auto", "float32", "bfloat16"]
ExtraLossName = Literal["dice", "tversky", "generalised-dice", "cross-entropy"]

SIAMESE: tuple[LossName, ...] = ("content", "min-max")
SOFT_LABELS, HARD_LABELS = (0.1, 0.9), (0.0, 1.0)


@dataclass(frozen=True)
class TrainingSettings:
    """The paper's settings by default.

    Args:
        width: filters of the generator's first block.
        depth: its number of max poolings.
        recipe: how slices are prepared.
        loss: what the generator minimises. ``"content"``: the Siamese content loss. ``"min-max"``:
            the same, while VGG19 learns to raise it (the paper's trained Siamese network).
        extra_loss: a second term, always on hard labels; None for none (paper).
        extra_weight: what the second term is multiplied by.
        epochs: number of epochs.
        batches: batches an epoch.
        batch_size: slices a batch, over all processes together.
        learning_rate: the generator's, Adam's rate at the start.
        vgg_learning_rate: VGG19's, for ``"min-max"``.
        cosine: let the generator's rate fall to zero along half a cosine; the paper's is constant.
        rotation_degrees: largest random rotation either way.
        scanner_variation: also zoom and mirror slices, and give them other scanners' contrasts and
            artefacts (robust).
        stripped_copies: learn from every full head a second time, without its skull (robust).
        cases_alike: draw a case first, then one of its slices, so that a scan of 20 slices counts
            as much as one of 182 (robust); the paper draws from all slices alike.
        painted_share: of the slices, how many get lesions of an atlas painted in, in [0, 1]; 0
            needs no atlas (robust).
        simulated_share: of each batch, how much comes from simulated heads, in [0, 1); 0 needs none
            (robust).
        crop: pixels along each side of the part of a slice that is learnt from; None takes whole
            slices (paper). The generator is convolutional: parts cost less and teach the same.
        lesion_slices: of each batch, drawn from slices with lesions; None draws from all slices
            alike (paper).
        frozen_statistics: keep the means and variances of batch norm as the base model has them
            (fine-tuning); the paper trains from chance and lets them follow the batches.
        soft_labels: what 0 and 1 become. None chooses by the loss: 0.1 and 0.9 for the content
            loss (paper), 0 and 1 for the overlap losses, whose optimum soft labels would shift.
        mask_order: of the content loss.
        seed: of initialisation, sampling and augmentation.
        precision: of the networks' arithmetic; weights and losses stay float32. ``"auto"`` takes
            bfloat16 (autocast) on GPUs that have it and float32 elsewhere.

    Raises:
        ValueError: when a loss has no such name.
    """

    width: int = 32
    depth: int = 4
    recipe: Recipe = field(default=PAPER)
    loss: LossName = "content"
    extra_loss: ExtraLossName | None = None
    extra_weight: float = 1.0
    epochs: int = 100
    batches: int = 100
    batch_size: int = 8
    learning_rate: float = 1e-3
    vgg_learning_rate: float = 1e-5
    cosine: bool = False
    rotation_degrees: float = 30.0
    scanner_variation: bool = False
    stripped_copies: bool = False
    cases_alike: bool = False
    painted_share: float = 0.0
    simulated_share: float = 0.0
    crop: int | None = None
    lesion_slices: int | None = None
    frozen_statistics: bool = False
    soft_labels: tuple[float, float] | None = None
    mask_order: MaskOrder = "center_first"
    seed: int = 0
    precision: Precision = "auto"

    def __post_init__(self) -> None:
        if self.loss not in get_args(LossName):
            raise ValueError(f"loss must be one of {get_args(LossName)}, got {self.loss!r}")
        if self.extra_loss not in (None, *get_args(ExtraLossName)):
            raise ValueError(
                f"extra_loss must be one of {get_args(ExtraLossName)}, got {self.extra_loss!r}"
            )

    @property
    def steps(self) -> int:
        return self.epochs * self.batches

    @property
    def simulated_count(self) -> int:
        """Slices of each batch that come from simulated heads; at least one is left to others."""
        return min(round(self.simulated_share * self.batch_size), self.batch_size - 1)

    @property
    def needs_vgg(self) -> bool:
        return self.loss in SIAMESE

    @property
    def label_values(self) -> tuple[float, float]:
        """What 0 and 1 become for the loss."""
        return self.soft_labels or (SOFT_LABELS if self.needs_vgg else HARD_LABELS)

    def precision_on(self, device: torch.device) -> Precision:
        """What ``"auto"`` is on a device; any other precision as it is."""
        if self.precision != "auto":
            return self.precision
        able = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        return "bfloat16" if able else "float32"

    def learning_rate_at(self, step: int) -> float:
        """The generator's rate at a step: constant, or falling along half a cosine."""
        if not self.cosine:
            return self.learning_rate
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * step / self.steps))

    def to_dict(self) -> dict[str, Any]:
        """All fields, with the label values that were used."""
        return asdict(self) | {"soft_labels": self.label_values}


def no_atlas() -> WMHError:
    """Lesions are to be painted, and there are none."""
    return WMHError(
        "bad-path",
        "Lesions are to be painted, from no atlas.",
        "Name its file with --lesion-atlas.",
    )


def no_heads() -> WMHError:
    """Simulated heads are to be learnt from, and there are none."""
    return WMHError(
        "bad-path",
        "Simulated heads are to be learnt from, and there are none.",
        "Name their folder with --simulated.",
    )
