"""How a model sees slices and says lesions, as every model file keeps it; without torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeGuard, get_args

Scale = Literal["maximum", "foreground", "head"]


def is_whole(value: object) -> TypeGuard[int]:
    """Whether it is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class Recipe:
    """How slices are prepared, and what counts as a lesion; stored in every model file.

    Args:
        name: ``"paper"`` takes the text at its word, ``"robust"`` is the recipe that ships.
        size: height and width of a prepared slice in pixels.
        scale: what intensity becomes 1. ``"maximum"``: the volume's maximum (paper).
            ``"foreground"``: ``foreground_gain`` times the median of the voxels above the volume's
            mean; brighter voxels are clipped. ``"head"``: the same gain times the level of the
            head's foreground (:mod:`wmh_siamese.volumes.head`), whatever lies around it.
        foreground_gain: see ``scale``.
        square: pad a slice to a square field of view first, in mm, so that nothing is stretched.
        pixel_mm: size of a prepared pixel; the field of view is then ``size`` such pixels about the
            head, and larger only where the head is. None takes the whole slice, whatever its size.
        certainty: how far up from the threshold to 1 a lesion's probability has to reach somewhere,
            in [0, 1); 0 asks for the threshold alone (paper).

    Raises:
        ValueError: when a field means nothing.
    """

    name: str = "paper"
    size: int = 224
    scale: Scale = "maximum"
    foreground_gain: float = 1.65
    square: bool = False
    certainty: float = 0.0
    pixel_mm: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise ValueError(f"name must be a text, got {self.name!r}")
        if self.scale not in get_args(Scale):
            raise ValueError(f"scale must be one of {get_args(Scale)}, got {self.scale!r}")
        if not is_whole(self.size) or self.size < 1:
            raise ValueError(f"size must be a whole number of pixels, got {self.size!r}")
        if not (is_number(self.foreground_gain) and 0 < self.foreground_gain < float("inf")):
            raise ValueError(f"foreground_gain must be positive, got {self.foreground_gain!r}")
        if not (is_number(self.certainty) and 0 <= self.certainty < 1):
            raise ValueError(f"certainty must be 0 to below 1, got {self.certainty!r}")
        if self.pixel_mm is not None and not (
            is_number(self.pixel_mm) and 0.1 <= self.pixel_mm <= 10 and self.square
        ):
            raise ValueError(
                f"pixel_mm must be 0.1 to 10, of a square field of view, got {self.pixel_mm!r}"
            )
        if not isinstance(self.square, bool):
            raise ValueError(f"square must be true or false, got {self.square!r}")

    def without_certainty(self) -> Recipe:
        """The same preparation of slices, with nothing asked of lesions."""
        return replace(self, certainty=0.0)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def certain_level(threshold: float, certainty: float) -> float:
    """The probability that a lesion has to reach somewhere, in [threshold, 1]."""
    return threshold + certainty * (1 - threshold)


PAPER = Recipe()
ROBUST_1 = Recipe(name="robust", scale="foreground", square=True, certainty=0.5)
"""The first version, which older model files ask for. Padding changes what it sees."""
ROBUST = Recipe(name="robust 2", scale="head", square=True, certainty=0.5, pixel_mm=1.0)
"""The version that new models are trained with."""
