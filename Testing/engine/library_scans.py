"""Small scans to keep in a library, and a library that a test can look into."""

import json
from pathlib import Path

import numpy as np
from wmh_siamese.volumes.volume import Volume

SHAPE = (16, 18, 6)


def a_flair(seed=0, shape=SHAPE, dtype=np.int16, spacing=(1.0, 1.0, 4.0)):
    """A FLAIR that is like no other of another seed, in an oblique place."""
    turned = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    affine = np.eye(4)
    affine[:3, :3] = turned * spacing
    affine[:3, 3] = (-11.5, 7.25, 3.0)
    array = np.random.default_rng(seed).integers(1, 900, shape).astype(dtype)
    return Volume(array, affine)


def a_mask(seed=0, shape=SHAPE):
    """Labels 0, 1 and 2."""
    labels = np.zeros(shape, np.uint8)
    labels[3:6, 4:8, 2:4] = 1
    labels[10:12, 10:12, 1] = 2
    labels[seed % shape[0], 0, 0] = 1
    return labels


def manifest_of(folder):
    return json.loads((Path(folder) / "library.json").read_text())


def names(folder):
    """Every file and folder below a folder."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*"))
