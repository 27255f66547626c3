"""Makes the bundled sample: a simulated FLAIR scan of a head, with lesions of known volume.

    python Resources/SampleData/make_sample.py [--seed 7] [--output FOLDER]

The same seed gives the same files. Needs nilearn, which carries the MNI152 template.
"""

from __future__ import annotations

import argparse
import json
import logging
from importlib.metadata import version
from pathlib import Path

import nibabel
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from wmh_siamese.simulation.anatomy import Anatomy, Array, build_anatomy, near_head, smooth_noise
from wmh_siamese.simulation.lesions import lesion_fractions
from wmh_siamese.simulation.scan_grid import ScanGrid

log = logging.getLogger("make_sample")

GRID = ScanGrid(
    shape=(256, 256, 48),
    spacing=(0.94, 0.94, 3.0),
    sheets=3,
    slice_angles=(-9.0, 1.5, -1.0),
    head_angles=(-6.0, 3.5, 4.0),
    isocentre=(2.5, 14.0, -6.0),
)

WHITE_MATTER = 150.0
SIGNAL = {"csf": 0.2, "grey": 1.2, "white": 1.0}
"""FLAIR signal relative to white matter, near the medians of clinical scans."""

BLUR_MM = 0.45
NOISE = 0.05
COIL_BIAS = 0.05

DEFAULT_SEED = 7


def simulate(seed: int) -> tuple[NDArray[np.int16], NDArray[np.uint8], NDArray[np.float64]]:
    """FLAIR (i, j, k), lesion mask (i, j, k) and their affine to RAS mm."""
    rng = np.random.default_rng(seed)
    points = GRID.points()
    near = near_head(points)
    x, y, z = (coordinate[near] for coordinate in points)
    anatomy = build_anatomy((x, y, z), rng)
    lesions, brightness = lesion_fractions(anatomy, rng)
    signal = _tissue_signal(anatomy, rng)
    signal += lesions * (brightness - signal)
    signal *= 1 + COIL_BIAS * smooth_noise(rng, 110).at(anatomy.points)
    flair = _acquire(GRID.slices(signal, near), rng)
    mask = GRID.slices(lesions, near) >= 0.5
    return flair, mask.astype(np.uint8), GRID.affine


def _tissue_signal(anatomy: Anatomy, rng: np.random.Generator) -> Array:
    """Signal relative to white matter, before any lesion."""
    brain = anatomy.white * SIGNAL["white"] + anatomy.grey * SIGNAL["grey"]
    brain *= 1 + 0.025 * smooth_noise(rng, 5).at(anatomy.points)
    brain *= 1 + 0.02 * smooth_noise(rng, 18).at(anatomy.points)
    out: Array = brain + anatomy.csf * SIGNAL["csf"] + anatomy.head
    return out


def _acquire(signal: Array, rng: np.random.Generator) -> NDArray[np.int16]:
    """Blur and Rician noise of a magnitude image, in scanner units."""
    sigma = [BLUR_MM / edge for edge in GRID.spacing[:2]]
    blurred = ndimage.gaussian_filter(signal, (*sigma, 0))
    noise = NOISE * (1 - 0.5 * np.clip(_centre_distance_mm() / 130, 0, 1) ** 2)
    real, imaginary = rng.standard_normal((2, *GRID.shape), dtype=np.float32) * noise
    magnitude = np.hypot(blurred + real, imaginary) * WHITE_MATTER
    return np.asarray(np.rint(np.clip(magnitude, 0, 32767)), dtype=np.int16)


def _centre_distance_mm() -> Array:
    """In-plane distance from the middle, where parallel imaging is noisiest; shape (i, j, 1)."""
    i, j = (
        (np.arange(n, dtype=np.float32) - (n - 1) / 2) * edge
        for n, edge in zip(GRID.shape[:2], GRID.spacing[:2], strict=True)
    )
    out: Array = np.hypot(i[:, None, None], j[None, :, None])
    return out


def describe(mask: NDArray[np.uint8], affine: NDArray[np.float64], seed: int) -> dict[str, object]:
    """What the sample's truth is, and what made it."""
    _, count = ndimage.label(mask, structure=np.ones((3, 3, 3)))
    voxel_mm3 = abs(float(np.linalg.det(affine[:3, :3])))
    return {
        "simulated": True,
        "seed": seed,
        "lesion_volume_ml": round(int(mask.sum()) * voxel_mm3 / 1000, 4),
        "lesion_voxels": int(mask.sum()),
        "lesion_count": int(count),
        "connectivity": 26,
        "shape": list(mask.shape),
        "spacing_mm": list(GRID.spacing),
        "template": "MNI152, ICBM 2009a nonlinear symmetric",
        "versions": {name: version(name) for name in ("nibabel", "nilearn", "numpy", "scipy")},
    }


def write(folder: Path, volume_folder: Path, seed: int) -> None:
    """Make the sample and write its three files; scan and lesions go with the extension."""
    flair, mask, affine = simulate(seed)
    facts = describe(mask, affine, seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in {"simulated_flair": flair, "simulated_lesions": mask}.items():
        image = nibabel.Nifti1Image(array, affine)
        image.header.set_xyzt_units("mm")
        image.header["descrip"] = b"simulated, not a patient"
        nibabel.save(image, volume_folder / f"{name}.nii.gz")
    (folder / "simulated.json").write_text(json.dumps(facts, indent=2) + "\n")
    log.info("%s ml in %s lesions", facts["lesion_volume_ml"], facts["lesion_count"])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Make the simulated sample FLAIR scan.")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--output", type=Path, help="one folder for all (default: in place)")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    here, output = Path(__file__).parent, arguments.output
    shipped = here.parents[1] / "WMHSiameseSeg" / "Resources" / "SampleData"
    write(output or here, output or shipped, arguments.seed)


if __name__ == "__main__":
    main()
