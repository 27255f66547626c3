"""A simulated FLAIR scan: an individual head, an atlas patient's lesions, any scanner's contrast.

Tissue maps become an image by TorchIO's label-to-image model (Billot et al. 2020), here with
partial volume and with contrasts drawn about those of FLAIR; TorchIO's bias field and ghosts
follow. What is bright in a FLAIR scan without being a lesion is put in on purpose: the rim of the
ventricles, choroid plexus, cortex of uneven brightness, fluid that flows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from wmh_siamese.simulation.anatomy import (
    Anatomy,
    Array,
    Points,
    build_anatomy,
    near_head,
    smooth_noise,
    soft,
)
from wmh_siamese.simulation.lesions import around_ventricles, deep_spots, within_white_matter
from wmh_siamese.simulation.scan_grid import ScanGrid
from wmh_siamese.training.lesion_atlas import LesionAtlas
from wmh_siamese.volumes.volume import Volume

THIN_SHARE = 0.5  # of the scans, 3D ones
WITHOUT_LESIONS = 0.1
PATIENTS = (0, 5)  # of the atlas, from and below, whose lesions come together in one head
AGED_SHARE = 0.4  # of the heads with lesions, with caps and bands about the ventricles
# A bright rim as thin as the first is healthy and a band as wide as the second is lesion, so that
# what is drawn between them is never both.
WIDEST_RIM_MM, NARROWEST_BAND_MM = 1.6, 2.8
SEPTUM_MM = 6.0  # |x| of the wall between the ventricles; bright there is healthy
SPOTS = (1, 26)  # from and below
SPOT_RADII_MM, LEAST_SPOT_MM = (1.0, 2.9), 0.8  # of a usual one, from head to head
VISIBLE = 0.4  # a voxel's share of lesion from which a person would mark it
LESION, LEAST_LESION = (1.2, 1.9), 0.04  # signal, and how far above grey matter at least
PLEXUS = ((17.0, -38.0, 12.0, 6.0), (8.0, -14.0, 16.0, 4.0))  # |x|, y, z and reach, mm


def simulated_head(atlas: LesionAtlas, draw: np.random.Generator) -> tuple[Volume, Volume]:
    """A FLAIR scan (int16) and its lesions (uint8, 0 and 1) on one grid.

    Args:
        atlas: masks on the MNI152 grid, of which some patients' are taken.
        draw: source of chance; the same one gives the same scan.

    Raises:
        ImportError: without nilearn or TorchIO.
    """
    grid = random_grid(draw)
    points = grid.points()
    near = near_head(points)
    x, y, z = (coordinate[near] for coordinate in points)
    anatomy = build_anatomy((x, y, z), draw)
    lesions = lesion_shares(anatomy, atlas, draw)
    shares = {
        name: grid.slices(part, near) for name, part in tissues(anatomy, lesions, draw).items()
    }
    flair = image_of(shares, grid, draw)
    mask = (shares["lesion"] >= VISIBLE).astype(np.uint8)
    return Volume(flair, grid.affine), Volume(mask, grid.affine)


def random_grid(draw: np.random.Generator) -> ScanGrid:
    """A 3D scan of voxels near 1 mm, or a 2D one of slices of 3 to 7 mm."""
    if draw.uniform() < THIN_SHARE:
        edge = draw.uniform(0.95, 1.3)
        spacing, sheets = (edge, edge, edge), 1
    else:
        in_plane, thickness = draw.uniform(0.7, 1.05), draw.uniform(3, 7)
        spacing, sheets = (in_plane, in_plane, thickness), round(thickness / 1.5)
    side = draw.uniform(205, 250)
    shape = round(side / spacing[0]), round(side / spacing[1]), round(165 / spacing[2])
    tilts, turns = draw.uniform(-12, 12, 2), draw.uniform(-5, 5, 4)
    return ScanGrid(
        shape, spacing, sheets, (tilts[0], turns[0], turns[1]), (tilts[1], turns[2], turns[3])
    )


def lesion_shares(anatomy: Anatomy, atlas: LesionAtlas, draw: np.random.Generator) -> Array:
    """How much of every point is lesion, in [0, 1]: atlas patients', spots, aged rims, or none."""
    if draw.uniform() < WITHOUT_LESIONS:
        return np.zeros_like(anatomy.white)
    edge = smooth_noise(draw, 5).at(anatomy.points)
    count = int(draw.integers(*SPOTS))
    radius = draw.uniform(*SPOT_RADII_MM)
    share, _ = deep_spots(anatomy, edge, draw, count, radius, LEAST_SPOT_MM)
    for _ in range(int(draw.integers(*PATIENTS))):
        mask = atlas.patient(int(draw.integers(len(atlas))))
        share = np.maximum(share, _at(mask, anatomy.points, draw))
    if draw.uniform() < AGED_SHARE:
        band = around_ventricles(anatomy, edge, draw, NARROWEST_BAND_MM)
        beside = np.asarray(np.abs(anatomy.points[0]) - SEPTUM_MM, dtype=np.float32)
        share = np.maximum(share, band * soft(beside, 0.5))
    return np.asarray(share * within_white_matter(anatomy), dtype=np.float32)


def _at(mask: Volume, points: Points, draw: np.random.Generator) -> Array:
    """An atlas mask at points of the template, half the time mirrored left to right."""
    soft_mask = ndimage.gaussian_filter(mask.array.astype(np.float32), 0.6)
    x, y, z = points
    at = np.stack([x * draw.choice([-1.0, 1.0]), y, z, np.ones_like(x)])
    index = np.linalg.inv(mask.affine)[:3] @ at
    found: Array = ndimage.map_coordinates(soft_mask, index, order=1, output=np.float32)
    return np.asarray(soft((found - 0.5) * 4, 0.5) * (found > 0.05), dtype=np.float32)


def tissues(anatomy: Anatomy, lesions: Array, draw: np.random.Generator) -> dict[str, Array]:
    """The share of each tissue at every point; uneven ones carry their unevenness with them."""
    x, y, z = anatomy.points
    rim = soft(draw.uniform(0.5, WIDEST_RIM_MM) - np.abs(anatomy.ventricle_mm - 0.6), 0.25)
    rim = rim * (anatomy.white + anatomy.grey) * (z > -8)
    plexus = np.zeros_like(lesions)
    for centre_x, centre_y, centre_z, reach in PLEXUS:
        away = (np.abs(x) - centre_x) ** 2 + (y - centre_y) ** 2 + (z - centre_z) ** 2
        plexus = np.maximum(plexus, np.exp(-away / (2 * reach**2)))
    plexus = plexus * soft(smooth_noise(draw, 5).at(anatomy.points), 0.3) * anatomy.csf
    flow = soft(smooth_noise(draw, 14).at(anatomy.points) - 1.6, 0.3) * (anatomy.csf - plexus)
    healthy = 1 - lesions
    cortex = 1 + draw.uniform(0, 0.18) * smooth_noise(draw, 28).at(anatomy.points)
    texture = 1 + draw.uniform(0, 0.05) * smooth_noise(draw, 6).at(anatomy.points)
    bright = 1 + draw.uniform(0, 0.25) * smooth_noise(draw, 16).at(anatomy.points)
    return {
        "white": anatomy.white * (1 - rim) * healthy * texture,
        "grey": anatomy.grey * (1 - rim) * healthy * texture * cortex.clip(0.8, 1.25),
        "rim": rim * healthy,
        "csf": anatomy.csf - plexus - flow,
        "plexus": plexus,
        "flow": flow,
        "head": anatomy.head,
        "lesion": lesions,
        "brighter": lesions * (bright - 1),
    }


def signals(draw: np.random.Generator) -> dict[str, float]:
    """The tissues' signal relative to white matter."""
    grey = draw.uniform(1.03, 1.38)
    csf = draw.uniform(0.03, 0.45)
    lesion = max(grey + LEAST_LESION, draw.uniform(*LESION))
    return {
        "white": 1.0,
        "grey": grey,
        "rim": draw.uniform(0.95, 1.1) * grey,
        "csf": csf,
        "plexus": draw.uniform(csf, 1.5),
        "flow": draw.uniform(csf, 1.2),
        "head": draw.uniform(0.4, 1.2),
        "lesion": lesion,
        "brighter": lesion - 1,
    }


def image_of(
    shares: Mapping[str, Array], grid: ScanGrid, draw: np.random.Generator
) -> NDArray[np.int16]:
    """The scan, with a magnitude image's noise, in scanner units."""
    import torchio

    tio: Any = torchio  # whose images have no types
    signal = signals(draw)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(draw.integers(2**31)))
        maps = tio.LabelMap(tensor=torch.from_numpy(np.stack(list(shares.values()))))
        means, grains = [signal[name] for name in shares], [draw.uniform(0, 0.06)] * len(shares)
        image = tio.LabelsToImage("tissues", means, grains, "flair")(tio.Subject(tissues=maps))
        blur = draw.uniform(0.3, 0.6) / np.array(grid.spacing)
        if grid.sheets > 1:
            blur[2] = 0  # thick slices are the mean of their sheets
        artefacts = tio.Compose(
            [
                tio.Blur(tuple(blur)),
                tio.RandomBiasField(coefficients=0.15, order=2, p=0.8),
                tio.RandomGhosting(intensity=(0.05, 0.25), axes=(0, 1), p=0.12),
            ]
        )
        clean = artefacts(image["flair"]).data[0].numpy().clip(0, None)
    noise = draw.uniform(0.01, 0.07)
    real, imaginary = draw.standard_normal((2, *clean.shape), dtype=np.float32) * noise
    scale = draw.uniform(80, 900)
    return np.asarray(np.hypot(clean + real, imaginary) * scale, dtype=np.int16)
