"""How much a mask changes when only what surrounds or counts the intensities changes.

Each real scan is segmented as it is and in variants: padded with air, cut to the head, with an
offset, another scale, z-scored, noisy, and so on. Volume and Dice are those of the variant's mask,
brought back onto the scan's grid, beside the scan's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from wmh_siamese.cases.case import Case
from wmh_siamese.cases.finding import find_cases
from wmh_siamese.errors import WMHError
from wmh_siamese.segmenting.inference import Segmenter
from wmh_siamese.segmenting.readouts import lesion_mask
from wmh_siamese.volumes.nifti_file import read_volume
from wmh_siamese.volumes.volume import Volume, axial_view

from bench.report import Figure
from bench.setting import Setting

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEAST_ML = 1.0
MOST_CHANGE_PERCENT = 2.0
LEAST_DICE = 0.98
SCANS = (
    *("ms3seg/101627", "ms3seg/104899", "mslesseg/P14_T1", "openms/patient19"),
    *("nichart/Subj6", "nichart/Subj19", "openms/patient01"),
)


@dataclass(frozen=True)
class Variant:
    """One change of a scan.

    Attributes:
        name: for the table.
        change: the scan's axial slices (N, H, W) and its spacing, to the variant's.
        back: the variant's mask to the scan's shape.
        bounded: whether the mask has to stay as it is.
    """

    name: str
    change: Callable[[Array, tuple[float, ...]], tuple[Array, tuple[float, ...]]]
    back: Callable[[Mask, tuple[int, ...]], Mask] = lambda mask, shape: mask
    bounded: bool = False


def figures(setting: Setting) -> Iterator[Figure]:
    """The largest change of each variant over all scans with 1 ml or more."""
    if setting.data is None:
        yield Figure("stability", "masks of changed scans", None, note="needs --data")
        return
    segmenter = Segmenter(setting.model, "cpu")
    cases = [case for case in find_cases(setting.data) if case.id in SCANS]
    found: dict[str, list[tuple[str, float, float]]] = {}
    for case in cases[: setting.volumes]:
        for name, change, dice in changes(segmenter, case):
            found.setdefault(name, []).append((case.id, change, dice))
    for variant in VARIANTS:
        rows = found.get(variant.name, [])
        if not rows:
            continue
        scan, change, _ = max(rows, key=lambda row: abs(row[1]))
        dice = min(row[2] for row in rows)
        yield Figure(
            "stability",
            f"{variant.name}: volume",
            change,
            "%",
            at_least=-MOST_CHANGE_PERCENT if variant.bounded else None,
            at_most=MOST_CHANGE_PERCENT if variant.bounded else None,
            note=f"largest of {len(rows)} scans, {scan}",
        )
        yield Figure(
            "stability",
            f"{variant.name}: Dice",
            dice,
            at_least=LEAST_DICE if variant.bounded else None,
            note=f"lowest of {len(rows)} scans",
        )


def changes(segmenter: Segmenter, case: Case) -> Iterator[tuple[str, float, float]]:
    """Name, change of the volume in per cent and Dice of each variant of a case's scan."""
    volume = read_volume(case.flair)
    view = axial_view(volume.affine)
    slices = np.ascontiguousarray(view.forward(volume.array), dtype=np.float32)
    own = masked(segmenter, slices, view.spacing)
    if own.sum() * np.prod(view.spacing) / 1000 < LEAST_ML:
        return
    for variant in VARIANTS:
        other, spacing = variant.change(slices, view.spacing)
        try:
            mask = variant.back(masked(segmenter, other, spacing), slices.shape)
        except WMHError:
            yield variant.name, float("nan"), 0.0
            continue
        change = (mask.sum() / own.sum() - 1) * 100
        yield variant.name, float(change), float(2 * (mask & own).sum() / (mask.sum() + own.sum()))


def masked(segmenter: Segmenter, slices: Array, spacing: tuple[float, ...]) -> Mask:
    """The mask of axial slices (N, H, W), as the model's card cuts it."""
    affine = np.diag([spacing[2], spacing[1], spacing[0], 1.0])
    volume = Volume(np.asfortranarray(slices.transpose(2, 1, 0)), affine)
    probability = segmenter.probability(volume, nonfinite="zero")
    certainty = segmenter.recipe.certainty
    mask = lesion_mask(
        probability, segmenter.card.threshold, 0.0, volume.voxel_volume_mm3, certainty
    )
    return np.ascontiguousarray(mask.transpose(2, 1, 0))


def _padded(factor: float) -> Variant:
    def margins(shape: tuple[int, ...]) -> list[tuple[int, int]]:
        added = [0, *(round(length * (factor - 1)) for length in shape[1:])]
        return [(count // 2, count - count // 2) for count in added]

    def change(slices: Array, spacing: tuple[float, ...]) -> tuple[Array, tuple[float, ...]]:
        return np.pad(slices, margins(slices.shape), constant_values=air_of(slices)), spacing

    def back(mask: Mask, shape: tuple[int, ...]) -> Mask:
        window = tuple(
            slice(before, before + length)
            for (before, _), length in zip(margins(shape), shape, strict=True)
        )
        return mask[window]

    return Variant(f"padded x{factor:g}", change, back, bounded=True)


def air_of(slices: Array) -> float:
    """What a program would pad with: 0 where the scan has it, else its lowest intensity."""
    return 0.0 if slices.min() <= 0 else float(slices.min())


def head_box(slices: Array) -> tuple[slice, ...]:
    """The smallest window that holds all voxels above a fifth of the 98th percentile."""
    inside = slices > 0.2 * np.percentile(slices, 98)
    box: tuple[slice, ...] = ndimage.find_objects(inside.astype(np.uint8))[0]
    return (slice(None), *box[1:])


def _cut() -> Variant:
    boxes: dict[tuple[int, ...], tuple[slice, ...]] = {}

    def change(slices: Array, spacing: tuple[float, ...]) -> tuple[Array, tuple[float, ...]]:
        boxes[slices.shape] = head_box(slices)
        return np.ascontiguousarray(slices[boxes[slices.shape]]), spacing

    def back(mask: Mask, shape: tuple[int, ...]) -> Mask:
        whole = np.zeros(shape, dtype=bool)
        whole[boxes[shape]] = mask
        return whole

    return Variant("cut to the head", change, back, bounded=True)


def _counted(name: str, change: Callable[[Array], Array], bounded: bool = False) -> Variant:
    return Variant(name, lambda slices, spacing: (change(slices), spacing), bounded=bounded)


def white_of(slices: Array) -> float:
    """A level near white matter's, to measure offsets and noise by."""
    return float(np.median(slices[slices > 0.3 * np.percentile(slices, 98)]))


def _noisy(slices: Array) -> Array:
    draw = np.random.default_rng(0)
    noise = draw.normal(0, 0.03 * white_of(slices), (2, *slices.shape))
    changed = np.hypot(slices + noise[0], noise[1])
    return np.where(slices == 0, 0, changed).astype(np.float32)


def _biased(slices: Array) -> Array:
    _, height, width = slices.shape
    rows, columns = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    return (slices * (1 + 0.15 * rows + 0.15 * columns)).astype(np.float32)


def _scored(slices: Array) -> Array:
    head = slices > 0.2 * np.percentile(slices, 98)
    return ((slices - slices[head].mean()) / slices[head].std()).astype(np.float32)


def _wrapped(slices: Array) -> Array:
    """Negative numbers of 16 bits read as if there were none."""
    return slices.round().astype(np.int16).view(np.uint16).astype(np.float32)


def _resampled(factor: float) -> Variant:
    def change(slices: Array, spacing: tuple[float, ...]) -> tuple[Array, tuple[float, ...]]:
        zoomed = ndimage.zoom(slices, (1, factor, factor), order=1, grid_mode=True, mode="nearest")
        scale = [length / new for length, new in zip(slices.shape, zoomed.shape, strict=True)]
        return zoomed, tuple(edge * by for edge, by in zip(spacing, scale, strict=True))

    def back(mask: Mask, shape: tuple[int, ...]) -> Mask:
        factors = [length / other for length, other in zip(shape, mask.shape, strict=True)]
        grey = ndimage.zoom(
            mask.astype(np.float32), factors, order=1, grid_mode=True, mode="nearest"
        )
        return np.asarray(grey >= 0.5)

    return Variant(f"resampled x{factor:g} in plane", change, back)


def _mirror() -> Variant:
    return Variant(
        "mirrored",
        lambda slices, spacing: (np.ascontiguousarray(slices[:, :, ::-1]), spacing),
        lambda mask, shape: mask[:, :, ::-1],
    )


def _other_axis() -> Variant:
    """Coronal slices where axial ones are expected."""
    return Variant(
        "slices through another axis",
        lambda slices, spacing: (
            np.ascontiguousarray(slices.transpose(1, 0, 2)),
            (spacing[1], spacing[0], spacing[2]),
        ),
        lambda mask, shape: np.ascontiguousarray(mask.transpose(1, 0, 2)),
    )


VARIANTS = (
    *(_padded(factor) for factor in (1.25, 1.5, 2.0)),
    _cut(),
    _counted("offset +20 %", lambda s: s + np.float32(0.2 * white_of(s)), bounded=True),
    _counted("offset -20 %", lambda s: s - np.float32(0.2 * white_of(s)), bounded=True),
    _counted("x0.001", lambda s: s * np.float32(0.001), bounded=True),
    _counted("x1000", lambda s: s * np.float32(1000), bounded=True),
    _counted("z-scored", _scored),
    _counted("air at -1024", lambda s: np.where(s <= 0, np.float32(-1024), s)),
    _counted("negatives wrapped at 16 bits", _wrapped),
    _counted("noise of 3 %", _noisy),
    _counted("bias of 30 %", _biased),
    _mirror(),
    _resampled(0.5),
    _resampled(2.0),
    _other_axis(),
)
