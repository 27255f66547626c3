"""What a training is asked to do, and why it cannot be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

from WMHSiameseSegLib.panel.finding import Finding, Weight

EFFORTS = ("quick", "usual", "thorough")
DEVICES = ("auto", "cpu", "cuda", "mps")
LOSSES: dict[str, dict[str, Any]] = {
    "content": {},
    "content and generalised Dice": {"extra_loss": "generalised-dice"},
    "generalised Dice": {"loss": "generalised-dice"},
    "Tversky": {"loss": "tversky"},
    "Dice": {"loss": "dice"},
}


def effort_names() -> list[str]:
    """The efforts in words, in their order."""
    return [_("quick"), _("usual"), _("thorough")]


def loss_names() -> list[str]:
    """The losses in words, in the order of ``LOSSES``."""
    return [
        _("content loss"),
        _("content loss + generalised Dice"),
        _("generalised Dice"),
        _("Tversky"),
        _("Dice"),
    ]


@dataclass(frozen=True)
class TrainingChoices:
    """What a person chose.

    Attributes:
        library: folder of the corrected cases.
        base: model file to go on from.
        name: of the new model.
        effort: one of ``EFFORTS``.
        loss: one of ``LOSSES``.
        vgg: file of the VGG19 weights; none when there are none yet.
        device: one of ``DEVICES``.
        settings: numbers that replace the effort's.
        guarded: against forgetting other scanners.
    """

    library: Path | None
    base: Path | None
    name: str
    effort: str
    loss: str
    vgg: Path | None
    device: str
    settings: dict[str, Any] = field(default_factory=dict)
    guarded: bool = True

    @property
    def needs_vgg(self) -> bool:
        return self.loss.startswith("content")

    def check(self, naming: bool) -> list[Finding]:
        """Why this cannot be asked.

        Args:
            naming: whether a new model comes of it, which needs a name.
        """
        if self.library is None:
            return [Finding(Weight.STOP, _("Open a library and add corrected cases first."))]
        if self.base is None:
            return [Finding(Weight.STOP, _("Choose a base model."))]
        if naming and not self.name:
            return [Finding(Weight.STOP, _("Give the new model a name."))]
        if self.needs_vgg and self.vgg is None:
            said = _(
                "The content loss needs the VGG19 weights. Download them, choose their file, or "
                "choose another loss under “Advanced”."
            )
            return [Finding(Weight.STOP, said)]
        return []

    def request(self, what: str, output: Path | None, folder: Path | None = None) -> dict[str, Any]:
        """The worker's request.

        Args:
            what: ``train``, ``estimate`` or ``leave-one-out``.
            output: the new model's file, to train.
            folder: private to this run, for pictures of what changed and what else is temporary.
        """
        places = {"output": output, "folder": folder}
        return {
            "do": "finetune",
            "what": what,
            "library": str(self.library),
            "base": str(self.base),
            "name": self.name,
            "effort": self.effort,
            "device": self.device,
            "guarded": self.guarded,
            "vgg": str(self.vgg) if self.needs_vgg else None,
            "settings": {**LOSSES[self.loss], **self.settings},
            **{name: str(path) for name, path in places.items() if path is not None},
        }
