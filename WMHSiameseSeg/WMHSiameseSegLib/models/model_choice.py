"""Which models there are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.models.model_file import ModelCard, bundled_models, read_card


@dataclass(frozen=True)
class Model:
    """A model file with its card, or the reason why it cannot be used.

    ``shown`` is the name that its user gave it, if any.
    """

    path: Path
    card: ModelCard | None
    problem: str = ""
    shown: str = ""

    @property
    def title(self) -> str:
        if self.shown:
            return self.shown
        return self.card.name if self.card is not None and self.card.name else self.path.stem


def read_model(path: Path) -> Model:
    """Read a card, or find out why it cannot be read."""
    try:
        return Model(path, read_card(path))
    except (WMHError, OSError) as error:
        return Model(path, None, str(from_exception(error)))


def bundled() -> list[Model]:
    """The models that come with the extension, the default first."""
    return [read_model(path) for path in bundled_models()]
