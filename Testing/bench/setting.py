"""What the measurements run on: model, volume and how much of it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from wmh_siamese.models.model_file import ModelCard, bundled_models, save_model
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.preparation import ROBUST, Recipe
from wmh_siamese.volumes.nifti_file import read_volume
from wmh_siamese.volumes.volume import Volume, axial_view

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "WMHSiameseSeg" / "Resources" / "SampleData" / "simulated_flair.nii.gz"
QUICK_SHAPE = (32, 32, 6)


@dataclass(frozen=True)
class Setting:
    """One bench.

    Attributes:
        model: the model file.
        volume: the FLAIR, (i, j, k).
        folder: for temporary files.
        quick: a tiny model and volume, to see that every measurement runs.
        data: a table of real cases, or None.
        volumes: at most so many of them.
        vgg: VGG19 weights for the training step, or None.
    """

    model: Path
    volume: Volume
    folder: Path
    quick: bool = False
    data: Path | None = None
    volumes: int = 7
    vgg: Path | None = None

    @property
    def repeats(self) -> int:
        """How often a run is repeated for its best time."""
        return 1 if self.quick else 4

    @property
    def least_seconds(self) -> float:
        """How long a short piece of work is repeated for its best time."""
        return 0.01 if self.quick else 1.0


def chosen_model(wanted: Path | None, quick: bool, folder: Path) -> tuple[Path, str]:
    """The model file, and how to call it in the report."""
    if wanted is not None:
        return wanted, str(wanted.name)
    if quick:
        return seeded_model(folder, 4, 2, Recipe(size=32)), "untrained, width 4, depth 2"
    if models := bundled_models():
        return models[0], f"{models[0].name} (bundled)"
    return seeded_model(folder, 16, 4, ROBUST), "untrained, width 16, as no model is bundled yet"


def seeded_model(folder: Path, width: int, depth: int, recipe: Recipe) -> Path:
    """A model file with seeded random weights."""
    torch.manual_seed(0)
    path = folder / "seeded.safetensors"
    architecture = {"width": width, "depth": depth}
    card = ModelCard("seeded", architecture=architecture, recipe=recipe.to_dict())
    save_model(path, DenseUNet(**architecture), card)
    return path


def chosen_volume(wanted: Path | None, quick: bool) -> Volume:
    """The FLAIR to measure on; in a quick bench an ellipsoid with a bright spot."""
    return quick_volume() if quick and wanted is None else read_volume(wanted or SAMPLE)


def quick_volume() -> Volume:
    """An ellipsoid of noise with a bright spot, int16."""
    i, j, k = np.meshgrid(*(np.linspace(-1, 1, length) for length in QUICK_SHAPE), indexing="ij")
    noise = np.random.default_rng(0).normal(400, 20, i.shape)
    array = np.where(i**2 + j**2 + k**2 < 0.9, noise, 5).astype(np.int16)
    array[10:13, 12:15, 2:4] = 900
    return Volume(np.asfortranarray(array), np.diag([-1.0, 1.0, 4.0, 1.0]))


def with_slices(volume: Volume, count: int) -> Volume:
    """The volume with so many axial slices: its own, over and over."""
    view = axial_view(volume.affine)
    slices = view.forward(volume.array)
    chosen = np.arange(count) % len(slices)
    return Volume(np.asfortranarray(view.back(slices[chosen])), volume.affine)


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes with the bench."""
    return tempfile.TemporaryDirectory(prefix="wmh-bench-")
