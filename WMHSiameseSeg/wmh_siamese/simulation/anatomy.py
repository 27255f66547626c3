"""An individual head without a patient: the MNI152 template's tissues, warped, in a modelled head.

Coordinates are millimetres, RAS, in the template's space. The template holds a brain only; skull,
scalp, face and sinuses are modelled around it from distances and simple solids.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import nibabel
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float32]
Points = tuple[Array, Array, Array]
"""Coordinates x, y, z in mm, one array each, all of one shape."""

BOX_LOW = np.array([-112.0, -150.0, -120.0])
BOX_HIGH = np.array([112.0, 120.0, 120.0])
SHAPE_SPACING = 2.0
"""Spacing in mm of the grid on which distances and warps are computed."""


@dataclass(frozen=True)
class Map:
    """A scalar array on a regular grid: `origin` is its first voxel, `spacing` its edge in mm."""

    array: Array
    origin: NDArray[np.float64]
    spacing: float

    def at(self, points: Points) -> Array:
        """Linear interpolation; the nearest voxel outside the grid."""
        index = [(p - o) / self.spacing for p, o in zip(points, self.origin, strict=True)]
        out: Array = ndimage.map_coordinates(self.array, index, order=1, mode="nearest")
        return out


@dataclass(frozen=True)
class Anatomy:
    """What lies at each of many points; fractions are in [0, 1] and sum to at most 1.

    Attributes:
        csf, grey, white: tissue fractions; zero outside the inner table of the skull.
        head: the head's signal outside the brain, relative to white matter.
        ventricle_mm: distance to the lateral ventricles.
        points: coordinates in the template's space.
        white_map: white matter of the template, 0 to 255.
        ventricle_map: distance to the lateral ventricles in the template's space.
    """

    csf: Array
    grey: Array
    white: Array
    head: Array
    ventricle_mm: Array
    points: Points
    white_map: Map
    ventricle_map: Map


def build_anatomy(scanner_points: Points, rng: np.random.Generator) -> Anatomy:
    """The individual's tissues at points given in the template's space before the warp."""
    template = _template()
    points = _warp(scanner_points, template.ventricle_mm, rng)
    ventricle_mm = template.ventricle_mm.at(points)
    csf, grey_matter, white_matter = _tissues(template, points, ventricle_mm)
    inside = soft(-template.skull_mm.at(points), 0.5)
    return Anatomy(
        csf=csf * inside,
        grey=grey_matter * inside,
        white=white_matter * inside,
        head=_head_signal(template, points, rng) * (1 - inside),
        ventricle_mm=ventricle_mm,
        points=points,
        white_map=template.white,
        ventricle_map=template.ventricle_mm,
    )


def near_head(points: Points) -> NDArray[np.bool_]:
    """Points that may lie in a head; all others are air."""
    x, y, z = points
    height = np.maximum(z, 0) / 106
    return np.asarray((x / 94) ** 2 + ((y + 14) / 122) ** 2 + height**2 < 1)


def smooth_noise(rng: np.random.Generator, length_mm: float) -> Map:
    """Random field over the whole box, mean 0, deviation 1, correlated over `length_mm`."""
    spacing = length_mm / 2
    shape = np.ceil((BOX_HIGH - BOX_LOW) / spacing).astype(int) + 1
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), 1.5)
    return Map((noise / noise.std()).astype(np.float32), BOX_LOW, spacing)


@dataclass(frozen=True)
class Template:
    """What all heads share, in the template's space.

    Attributes:
        sharp_t1, sharp_grey, sharp_white: T1 image and tissue maps (0 to 255), crisper than the
            average of many.
        white: white matter as it comes.
        ventricle_mm: distance to the lateral ventricles.
        skull_mm: distance to the inner table of the skull, negative inside.
        skin_mm: distance to the skin, positive inside.
    """

    sharp_t1: Map
    sharp_grey: Map
    sharp_white: Map
    white: Map
    ventricle_mm: Map
    skull_mm: Map
    skin_mm: Map


@cache
def _template() -> Template:
    t1, grey, white = (_shipped(name) for name in ("t1", "gm", "wm"))
    coarse = _box_points()
    brain = t1.at(coarse) > 30
    skull = _signed_distance(_inner_skull(brain))
    return Template(
        sharp_t1=_sharpened(t1, 1.2),
        sharp_grey=_sharpened(grey, 0.5),
        sharp_white=_sharpened(white, 0.5),
        white=white,
        ventricle_mm=_box_map(_distance_to(_ventricles(t1.at(coarse), brain))),
        skull_mm=_box_map(skull),
        skin_mm=_box_map(-_signed_distance(_outer_head(skull, coarse))),
    )


def _shipped(name: str) -> Map:
    """A map of the MNI152 template (0-255), shipped inside nilearn."""
    resource = files("nilearn") / "datasets/data"
    file = resource / f"mni_icbm152_{name}_tal_nlin_sym_09a_converted.nii.gz"
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(file.read_bytes()))
    return Map(np.asarray(image.dataobj, dtype=np.float32), image.affine[:3, 3], 1.0)


def _sharpened(source: Map, amount: float) -> Map:
    detail = source.array - ndimage.gaussian_filter(source.array, 2.5)
    return Map(source.array + amount * detail, source.origin, source.spacing)


def _box_points() -> Points:
    axes = [
        np.arange(low, high + SHAPE_SPACING / 2, SHAPE_SPACING, dtype=np.float32)
        for low, high in zip(BOX_LOW, BOX_HIGH, strict=True)
    ]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    return x, y, z


def _box_map(array: NDArray[np.generic]) -> Map:
    return Map(np.asarray(array, dtype=np.float32), BOX_LOW, SHAPE_SPACING)


def soft(value: Array, width: float) -> Array:
    """Logistic step from 0 to 1 at zero."""
    out: Array = 1 / (1 + np.exp(-np.clip(value / width, -30, 30)))
    return out


def _distance_to(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray(ndimage.distance_transform_edt(~mask, sampling=SHAPE_SPACING))


def _signed_distance(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Millimetres to the surface, positive outside, smoothed to below the grid's steps."""
    inside = np.asarray(ndimage.distance_transform_edt(mask, sampling=SHAPE_SPACING))
    return np.asarray(ndimage.gaussian_filter(_distance_to(mask) - inside, 1.2))


def _ventricles(t1: Array, brain: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The lateral ventricles: the two dark regions deep in the brain that reach farthest in y."""
    depth = ndimage.distance_transform_edt(ndimage.binary_closing(brain, iterations=4))
    x, _, z = _box_points()
    dark = (t1 < 115) & (depth * SHAPE_SPACING > 16) & (np.abs(x) < 37) & (z > -6) & (z < 40)
    labels, _ = ndimage.label(dark)
    reach = [where[1].stop - where[1].start for where in ndimage.find_objects(labels)]
    return np.isin(labels, 1 + np.argsort(reach)[-2:])


def _warp(points: Points, to_ventricle: Map, rng: np.random.Generator) -> Points:
    """Template coordinates of the individual's points: own proportions, wider ventricles."""
    reach = np.exp(-to_ventricle.array / 12.0) * 4.0
    slope = np.gradient(ndimage.gaussian_filter(to_ventricle.array, 1.5), SHAPE_SPACING)
    warped = []
    for axis, own in enumerate(points):
        own_shape = smooth_noise(rng, 70).at(points) * 2.2 + smooth_noise(rng, 26).at(points) * 0.9
        widening = _box_map(reach * slope[axis]).at(points)
        warped.append((own + own_shape - widening).astype(np.float32))
    x, y, z = warped
    return x, y, z


def _tissues(template: Template, points: Points, ventricle_mm: Array) -> tuple[Array, Array, Array]:
    """Fractions of CSF, grey and white matter."""
    csf = soft(121 - template.sharp_t1.at(points), 8.0)
    share = soft(template.sharp_white.at(points) - template.sharp_grey.at(points), 26.0)
    # the template calls the blur between ventricle and white matter grey
    share = np.maximum(share, soft(3.0 - ventricle_mm, 0.5))
    return csf, (1 - csf) * (1 - share), (1 - csf) * share


def _inner_skull(brain: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The brain with its gaps closed: the inner table of the skull."""
    padded = ndimage.distance_transform_edt(~brain, sampling=SHAPE_SPACING) < 13.5
    closed = ndimage.distance_transform_edt(padded, sampling=SHAPE_SPACING) > 12
    return np.asarray(ndimage.gaussian_filter((closed | brain).astype(np.float32), 1.5) > 0.5)


def _outer_head(skull_mm: NDArray[np.float64], points: Points) -> NDArray[np.bool_]:
    """The skin's surface: the vault follows the skull, the lower head is a tapered ellipse."""
    x, y, z = points
    taper = 1 + np.minimum(z, 0) / 520
    face = (x / (79 * taper)) ** 2 + ((y + 11) / (98 * taper)) ** 2 < 1
    nose = (x / 11) ** 2 + ((y - 86) / 17) ** 2 + ((z + 58) / 22) ** 2 < 1
    scalp = 11.5 - 2.5 * np.clip(y / 80, -1, 1)
    head = (skull_mm < scalp) | (face & (z < 4)) | nose
    return np.asarray(ndimage.gaussian_filter(head.astype(np.float32), 2.5) > 0.5)


def _head_signal(template: Template, points: Points, rng: np.random.Generator) -> Array:
    """Signal of everything outside the inner skull, relative to white matter; air is 0."""
    skull_mm, skin_mm = template.skull_mm.at(points), template.skin_mm.at(points)
    uneven = smooth_noise(rng, 35).at(points)
    streaks = smooth_noise(rng, 9).at(points)
    _, y, z = points

    muscle = 0.62 + 0.08 * streaks
    signal = muscle + (1.55 - muscle) * soft(streaks - 0.95, 0.2)
    signal = _orbits_and_sinuses(signal, points, streaks)
    fat = soft(4.4 - 1.6 * y / 100 + 0.9 * uneven - skin_mm, 0.5)
    signal = signal + (1.65 + 0.12 * uneven - signal) * fat
    signal = signal + (0.95 - signal) * soft(1.6 - skin_mm, 0.4)

    bone_mm = 6.6 + 0.9 * uneven
    bone = soft(bone_mm - skull_mm, 0.45)
    marrow = np.exp(-(((skull_mm - 0.58 * bone_mm) / 1.3) ** 2)) * soft(z - 2 + 8 * streaks, 6)
    signal = signal + (0.09 + 0.34 * marrow - signal) * bone
    return np.asarray(signal * soft(skin_mm, 0.45), dtype=np.float32)


def _orbits_and_sinuses(signal: Array, points: Points, streaks: Array) -> Array:
    """Eyes in their fat, and the air of nose, sinuses and mastoids."""
    x, y, z = points
    side = np.abs(x)

    def put(value: Array | float, centre: tuple[float, ...], radii: tuple[float, ...]) -> None:
        nonlocal signal
        scaled = [(p - c) / r for p, c, r in zip((side, y, z), centre, radii, strict=True)]
        depth = (1 - np.sqrt(sum(s**2 for s in scaled))) * min(radii)
        signal = signal + (value - signal) * soft(np.asarray(depth, dtype=np.float32), 0.5)

    put(1.6, (27, 42, -36), (19, 30, 18))
    put(0.6, (15, 38, -36), (2.5, 20, 6))
    put(0.6, (40, 40, -36), (2.5, 18, 6))
    put(0.75, (26, 32, -36), (2.4, 20, 2.4))
    put(0.85, (31, 56, -37), (13.2, 13.2, 13.2))
    put(0.12, (31, 56, -37), (11.8, 11.8, 11.8))
    put(0.6, (31, 65, -37), (4.2, 2.2, 4.2))
    mucosa = np.where(streaks > 0.9, np.float32(1.1), np.float32(0.03))
    put(mucosa, (7, 52, -48), (6, 30, 20))
    put(0.03, (7, 18, -40), (7, 12, 9))
    put(0.03, (30, 48, -68), (15, 16, 15))
    put(0.05, (9, 76, -16), (10, 4, 9))
    cells = np.where(streaks > 0.6, np.float32(0.5), np.float32(0.04))
    put(cells, (54, -34, -42), (13, 17, 18))
    put(0.1, (36, -22, -40), (22, 9, 8))
    return signal
