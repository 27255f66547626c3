"""Run by tests in a process of its own, because torch stays out of the Slicer side.

``model PATH``: save a tiny seeded generator.
``child MODEL PATH``: save a model that says it was made from another.
``reference MODEL FOLDER``: the engine's probability of every NIfTI file there, beside it.
"""

from __future__ import annotations

import sys
from pathlib import Path


def save_tiny_model(path: Path, threshold: float) -> None:
    import torch
    from wmh_siamese.models.model_file import ModelCard, save_model
    from wmh_siamese.networks.generator import DenseUNet
    from wmh_siamese.networks.preparation import Recipe

    torch.manual_seed(3)
    generator = DenseUNet(width=4, depth=2).train()
    with torch.no_grad():
        for _ in range(20):  # batch statistics of something like slices: answers spread over 0 to 1
            generator(100 * torch.randn(4, 3, 32, 32))
    generator.eval()
    card = ModelCard(
        name="tiny",
        architecture={"width": 4, "depth": 2},
        recipe=Recipe(size=32).to_dict(),
        threshold=threshold,
        training={"loss": "none"},
        created="2026-01-01T00:00:00Z",
    )
    save_model(path, generator, card)


def save_child(model: Path, path: Path) -> None:
    from dataclasses import replace

    from wmh_siamese.models.model_file import load_model, save_model

    generator, card = load_model(model)
    save_model(path, generator, replace(card, name="child", parent=card.sha256))


def write_references(model: Path, folder: Path) -> None:
    import nibabel
    import numpy as np
    from wmh_siamese.segmenting.inference import Segmenter
    from wmh_siamese.volumes.volume import Volume

    segmenter = Segmenter(model, "cpu")
    for path in sorted(folder.glob("*.nii")):
        image = nibabel.load(path)
        volume = Volume(np.asanyarray(image.dataobj), image.affine)
        np.save(path.with_suffix(".npy"), segmenter.probability(volume))


if __name__ == "__main__":
    if sys.argv[1] == "model":
        save_tiny_model(Path(sys.argv[2]), float((sys.argv[3:] or [0.5])[0]))
    elif sys.argv[1] == "child":
        save_child(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        write_references(Path(sys.argv[2]), Path(sys.argv[3]))
