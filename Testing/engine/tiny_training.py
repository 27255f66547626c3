"""A training small enough to run in a test, and in a process of its own that may be killed."""

import json
import os

import numpy as np
import torch
from engine.random_vgg import random_vgg
from wmh_siamese.cases.case import Case
from wmh_siamese.networks.preparation import Recipe
from wmh_siamese.training.settings import TrainingSettings
from wmh_siamese.training.training import train
from wmh_siamese.volumes.nifti_file import write_volume

TINY = TrainingSettings(
    width=4, depth=2, recipe=Recipe(size=32), epochs=2, batches=3, batch_size=4, lesion_slices=2
)


def simulated_cases(folder, names=("a", "b", "v")):
    """Heads of 28 x 30 x 4 voxels with two bright lesions each; the last is for validation."""
    for number, name in enumerate(names):
        draw = np.random.default_rng(number)
        i, j, _ = np.meshgrid(*(np.linspace(-1, 1, n) for n in (28, 30, 4)), indexing="ij")
        flair = np.where(np.hypot(i, j) < 0.9, draw.normal(400, 30, i.shape), 5)
        mask = np.zeros(i.shape, bool)
        for _ in range(2):
            x, y, z = draw.integers((6, 6, 0), (18, 20, 3))
            mask[x : x + 4, y : y + 5, z : z + 2] = True
        flair[mask] = 900
        write_volume(folder / f"{name}-flair.nii", flair.clip(0).astype(np.int16), np.eye(4))
        write_volume(folder / f"{name}-mask.nii", mask, np.eye(4))
    return [
        Case("simulated", name, folder / f"{name}-flair.nii", folder / f"{name}-mask.nii")
        for name in names
    ]


def run(cases, folder, settings=TINY, **more):
    """Train on all cases but the last, which is for validation."""
    more = {"vgg": random_vgg(), "device": "cpu"} | more
    vgg = more.pop("vgg")
    return train(cases[:-1], cases[-1:], vgg, folder, settings, **more)


def run_until_killed(cases, folder, settings, threads):
    """For a process of its own, on as many threads as the one to compare with."""
    torch.set_num_threads(threads)
    run(cases, folder, settings)


def run_one_of_several(cases, folder, settings, environment, told):
    """For one of several processes, with the environment that torchrun gives; losses go to a file.

    The file is written by the process that is told of epochs.
    """
    os.environ.update(environment)
    epochs = []
    run(cases, folder, settings, on_epoch=epochs.append)
    if epochs:
        told.write_text(json.dumps([epoch.loss for epoch in epochs]))
