"""What a training is made of, what it is known by, and the card that it leaves."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.reading import recorded_id, scan_sha256
from wmh_siamese.errors import WMHError
from wmh_siamese.files.versions import versions
from wmh_siamese.models.card_checks import LONGEST_NAME
from wmh_siamese.models.model_file import ModelCard, read_card
from wmh_siamese.networks.vgg_weights import VGGWeights
from wmh_siamese.training.lesion_atlas import LesionAtlas
from wmh_siamese.training.settings import TrainingSettings, no_atlas, no_heads


@dataclass(frozen=True)
class Epoch:
    """What one epoch brought; ``validation_dice`` is NaN without validation cases."""

    number: int
    loss: float
    validation_dice: float
    threshold: float
    seconds: float

    def told(self, epochs: int) -> str:
        """In words, as the epoch of so many."""
        parts = [f"epoch {self.number + 1} of {epochs}: loss {self.loss:.5g}"]
        if not math.isnan(self.validation_dice):
            parts.append(
                f"validation Dice {self.validation_dice:.3f} at threshold {self.threshold:.2f}"
            )
        return ", ".join([*parts, f"{self.seconds:.0f} s"])


@dataclass(frozen=True)
class TrainingPlan:
    """All that a training starts from.

    Args:
        cases: to learn from.
        validation_cases: to choose the best epoch and the threshold by.
        vgg: the weights of the Siamese network; None where the loss does without.
        settings: everything else that decides the weights.
        name: of the model, for people.
        base: a model file whose weights are the start; None starts from chance.
        atlas: of lesions to paint, where the settings ask for them.
        simulated_cases: to learn from beside, where the settings ask for them.

    Attributes:
        parent: SHA-256 of the base.
        scans: SHA-256 of each learnt FLAIR's voxels by recorded id, those that the base has learnt
            from among them.
        recorded: how the card calls each case, by its id; both are read at once, because the files
            may be gone when the card is written.

    Raises:
        WMHError: ``bad-model`` when the loss needs a VGG19 and there is none, ``bad-path`` when
            lesions are to be painted and there is no atlas, simulated heads to be learnt from and
            there are none, or the name is too long for a card.
    """

    cases: Sequence[Case]
    validation_cases: Sequence[Case]
    vgg: VGGWeights | None
    settings: TrainingSettings
    name: str
    base: str | Path | None = None
    atlas: LesionAtlas | None = None
    simulated_cases: Sequence[Case] = ()
    parent: str | None = field(init=False, default=None)
    scans: dict[str, str] = field(init=False, default_factory=dict)
    recorded: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.name) > LONGEST_NAME:
            raise WMHError(
                "bad-path",
                f"The model's name has {len(self.name)} characters; at most {LONGEST_NAME} are "
                "kept.",
                "Shorten it.",
            )
        if self.base is not None:
            card = read_card(self.base)
            object.__setattr__(self, "parent", card.sha256)
            self.scans.update(card.training.get("scans", {}))
        if not self.settings.painted_share:
            object.__setattr__(self, "atlas", None)
        elif self.atlas is None:
            raise no_atlas()
        if not self.settings.simulated_share:
            object.__setattr__(self, "simulated_cases", ())
        elif not self.simulated_cases:
            raise no_heads()
        if not self.settings.needs_vgg:
            object.__setattr__(self, "vgg", None)
        elif self.vgg is None:
            raise WMHError(
                "bad-model", f"The loss {self.settings.loss} needs a VGG19.", "Name its weights."
            )
        learnt = (*self.cases, *self.simulated_cases)
        self.recorded.update({c.id: recorded_id(c) for c in (*learnt, *self.validation_cases)})
        self.scans.update({self.recorded[c.id]: scan_sha256(c) for c in learnt})

    def identity(self) -> str:
        """What tells this training from one with other settings or cases."""
        settings = self.settings.to_dict()
        del settings["epochs"]  # more epochs may be added to a run that has ended
        if self.settings.cosine:
            settings["steps"] = self.settings.steps
        learnt, validated, simulated = (
            [case.id for case in cases]
            for cases in (self.cases, self.validation_cases, self.simulated_cases)
        )
        files = [part and part.sha256 for part in (self.vgg, self.atlas)]
        return json.dumps([settings, learnt, validated, simulated, *files, self.parent])

    def card(self, epoch: Epoch, **made_by: Any) -> ModelCard:
        """The card of the model as it is after an epoch.

        Args:
            epoch: the last one.
            made_by: what else belongs in its training, such as the device.
        """
        training: dict[str, Any] = {
            "loss": self.settings.loss,
            "settings": self.settings.to_dict(),
            "cases": self._recorded(self.cases),
            "scans": self.scans,
            "validation_cases": self._recorded(self.validation_cases),
            "steps": (epoch.number + 1) * self.settings.batches,
            **made_by,
        }
        if self.vgg is not None:
            training["vgg"] = {"convention": self.vgg.convention, "sha256": self.vgg.sha256}
        if self.simulated_cases:
            training["simulated_cases"] = self._recorded(self.simulated_cases)
        if self.atlas is not None:
            training["lesion_atlas"] = {"masks": len(self.atlas), "sha256": self.atlas.sha256}
        return ModelCard(
            name=self.name,
            architecture={"width": self.settings.width, "depth": self.settings.depth},
            recipe=self.settings.recipe.to_dict(),
            threshold=epoch.threshold,
            training=training,
            parent=self.parent,
            metrics={"validation": {"dice": epoch.validation_dice, "epoch": epoch.number + 1}},
            versions=versions(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def _recorded(self, cases: Sequence[Case]) -> list[str]:
        return [self.recorded[case.id] for case in cases]
