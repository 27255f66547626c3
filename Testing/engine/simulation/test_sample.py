"""The bundled sample: its files agree with each other, and the code that made them still does."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from wmh_siamese.segmenting.readouts import read_out
from wmh_siamese.volumes.nifti_file import read_mask, read_volume
from wmh_siamese.volumes.volume import Volume, check_volume

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "Resources/SampleData"
SHIPPED = ROOT / "WMHSiameseSeg/Resources/SampleData"


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "simulated.json").read_text()))


@pytest.fixture(scope="module")
def flair() -> Volume:
    return read_volume(SHIPPED / "simulated_flair.nii.gz")


@pytest.fixture(scope="module")
def lesions() -> Volume:
    return read_mask(SHIPPED / "simulated_lesions.nii.gz")


def test_the_lesions_are_what_the_description_says(facts: dict[str, Any], lesions: Volume) -> None:
    readouts = read_out(lesions.array, lesions.affine)
    assert readouts.volume_ml == pytest.approx(facts["lesion_volume_ml"], abs=1e-3)
    assert readouts.lesion_count == facts["lesion_count"]
    assert readouts.positive_voxels == facts["lesion_voxels"]


def test_scan_and_lesions_share_one_oblique_grid(
    facts: dict[str, Any], flair: Volume, lesions: Volume
) -> None:
    check_volume(flair)
    assert facts["simulated"] is True
    assert flair.array.dtype == np.int16
    assert flair.shape == lesions.shape == tuple(facts["shape"])
    assert np.array_equal(flair.affine, lesions.affine)
    assert flair.spacing == pytest.approx(facts["spacing_mm"], abs=1e-4)
    directions = flair.affine[:3, :3] / flair.spacing
    assert np.count_nonzero(np.abs(directions) > 1e-3) == 9
    assert (SHIPPED / "simulated_flair.nii.gz").stat().st_size < 3_000_000


def test_lesions_are_brighter_than_the_head_around_them(flair: Volume, lesions: Volume) -> None:
    tissue = flair.array[flair.array > 0.5 * np.median(flair.array[lesions.array])]
    assert 1.3 < np.median(flair.array[lesions.array]) / np.median(tissue) < 1.7


def test_the_same_seed_makes_the_same_scan(
    facts: dict[str, Any], flair: Volume, lesions: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("nilearn")
    monkeypatch.syspath_prepend(str(FOLDER))
    made_flair, made_lesions, affine = importlib.import_module("make_sample").simulate(
        facts["seed"]
    )
    assert np.allclose(affine, flair.affine, atol=1e-4)
    # other processors and libraries may round the last bit of a voxel the other way
    assert np.abs(made_flair.astype(int) - flair.array).max() <= 1
    assert (made_flair != flair.array).mean() < 1e-3
    assert (made_lesions.astype(bool) != lesions.array).sum() <= 3
