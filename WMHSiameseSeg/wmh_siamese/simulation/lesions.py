"""White matter lesions for the simulated head: periventricular caps and bands, deep spots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.simulation.anatomy import Anatomy, Array, Points, smooth_noise, soft

HORNS = ((24.0, 33.0, 12.0, 7.5), (31.0, -52.0, 16.0, 7.5))
"""Where caps sit, as |x|, y, z and reach in mm: frontal horns and the atria."""

EDGE_MM = 0.35
SPOTS = 26
SPOT_RADII_MM = (2.2, 6.0)
SPOT_BOX_LOW = (-60.0, -90.0, 0.0)
SPOT_BOX_HIGH = (60.0, 60.0, 52.0)


def lesion_fractions(anatomy: Anatomy, rng: np.random.Generator) -> tuple[Array, Array]:
    """Lesion fraction of every point and its brightness relative to white matter.

    Lesions stay in white matter; their edges are soft over about a millimetre.
    """
    edge = smooth_noise(rng, 5).at(anatomy.points)
    around = around_ventricles(anatomy, edge, rng)
    spots, brightness = deep_spots(anatomy, edge, rng)
    fraction = np.maximum(around, spots) * within_white_matter(anatomy)
    texture = 0.04 * smooth_noise(rng, 6).at(anatomy.points)
    bright = np.where(spots > around, brightness, np.float32(1.57)) + texture
    return fraction.astype(np.float32), bright.astype(np.float32)


def within_white_matter(anatomy: Anatomy) -> Array:
    """How far every point lies in white matter, in [0, 1]: what lesions are multiplied by."""
    tissue = anatomy.white + anatomy.grey
    white = anatomy.white / np.maximum(tissue, 1e-3)
    within: Array = np.clip((white - 0.35) / 0.3, 0, 1) * tissue
    return within


def around_ventricles(
    anatomy: Anatomy, edge: Array, rng: np.random.Generator, least_mm: float = -np.inf
) -> Array:
    """A band along the ventricles whose width wanders, wide at the horns: the caps.

    Args:
        anatomy: what lies at the points.
        edge: of every point, how far the outline strays there.
        rng: source of chance.
        least_mm: there is no band where it would be narrower.
    """
    x, y, z = anatomy.points
    width = 1.7 + 1.7 * smooth_noise(rng, 22).at(anatomy.points)
    for centre_x, centre_y, centre_z, reach in HORNS:
        away = (np.abs(x) - centre_x) ** 2 + (y - centre_y) ** 2 + ((z - centre_z) * 1.1) ** 2
        width = width + reach * np.exp(-away / (2 * 9.0**2))
    above_base = np.clip((z + 6) / 6, 0, 1)
    width = np.where(width < least_mm, np.float32(0), width)
    return soft(width * above_base * (1 + 0.3 * edge) - anatomy.ventricle_mm - 0.4, EDGE_MM)


def deep_spots(
    anatomy: Anatomy,
    edge: Array,
    rng: np.random.Generator,
    count: int = SPOTS,
    radius_mm: float = 2.9,
    least_mm: float = SPOT_RADII_MM[0],
) -> tuple[Array, Array]:
    """Scattered spots of different sizes and brightness, irregular and slightly elongated.

    Args:
        anatomy: what lies at the points.
        edge: of every point, how far the outline strays there.
        rng: source of chance.
        count: at most so many.
        radius_mm: of a usual one.
        least_mm: radius of the smallest ones.
    """
    fraction = np.zeros_like(anatomy.white)
    brightness = np.full_like(anatomy.white, 1.5)
    for place in _spot_places(anatomy, rng, count):
        radius = float(rng.lognormal(np.log(radius_mm), 0.38))
        radius = min(max(radius, least_mm), SPOT_RADII_MM[1])
        stretch = rng.uniform(0.8, 1.35, 3)
        value = np.float32(rng.uniform(1.42, 1.62))
        near = _near(anatomy.points, place, 3 * radius)
        scaled = [(p[near] - c) / s for p, c, s in zip(anatomy.points, place, stretch, strict=True)]
        distance = np.sqrt(sum(s**2 for s in scaled))
        depth = np.asarray(radius * (1 + 0.22 * edge[near]) - distance, np.float32)
        spot = soft(depth, EDGE_MM)
        brightness[near] = np.where(spot > fraction[near], value, brightness[near])
        fraction[near] = np.maximum(fraction[near], spot)
    return fraction, brightness


def _spot_places(
    anatomy: Anatomy, rng: np.random.Generator, count: int
) -> list[NDArray[np.float64]]:
    """Places (x, y, z) in deep white matter, off the ventricles and not too close together."""
    tried = rng.uniform(SPOT_BOX_LOW, SPOT_BOX_HIGH, (20_000, 3))
    x, y, z = tried.T.astype(np.float32)
    off = anatomy.ventricle_map.at((x, y, z))
    white = anatomy.white_map.at((x, y, z)) > 242
    suitable = white & (off > 9) & (off < 34) & (np.abs(x) > 12)
    places: list[NDArray[np.float64]] = []
    for place in tried[suitable]:
        if all(np.linalg.norm(place - other) > 11 for other in places):
            places.append(place)
        if len(places) == count:
            break
    return places


def _near(points: Points, place: NDArray[np.float64], reach: float) -> NDArray[np.intp]:
    """Indices of the points within a cube around a place."""
    found = np.flatnonzero(np.abs(points[2] - place[2]) < reach)
    for axis in (0, 1):
        found = found[np.abs(points[axis][found] - place[axis]) < reach]
    return found
