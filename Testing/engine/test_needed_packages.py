"""An installation as the panel makes it is enough for all that the worker does."""

import json
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
import torch
from engine.random_vgg import random_vgg
from engine.tiny_training import simulated_cases
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from wmh_siamese.cases.reading import read_case
from wmh_siamese.library.library import Library
from wmh_siamese.models.model_file import read_card
from wmh_siamese.worker.probe import NEEDED

REQUIREMENTS = Path(__file__).parents[2] / "WMHSiameseSeg" / "Resources" / "requirements.txt"
SLICERS_OWN = ["pillow"]  # brought by Slicer beside numpy and scipy

# A worker that does not find what is hidden, as if it were not installed.
WORKER = """
import sys
from importlib.machinery import PathFinder

class Installed(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        hidden = name.partition(".")[0] in {hidden}
        return None if hidden else PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [Installed if finder is PathFinder else finder for finder in sys.meta_path]
from wmh_siamese.worker.service import main
main()
"""


def required():
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [Requirement(line).name for line in lines if not line.startswith("#")]


def hidden_modules():
    """First names of modules that neither the panel's installation nor Slicer brings."""
    there, left = set(), [*required(), *SLICERS_OWN]
    while left:
        name = canonicalize_name(left.pop())
        if name in there:
            continue
        there.add(name)
        try:
            needs = map(Requirement, requires(name) or [])
        except PackageNotFoundError:  # of another system
            continue
        left += [n.name for n in needs if n.marker is None or n.marker.evaluate({"extra": ""})]
    return {
        module
        for module, packages in packages_distributions().items()
        if not there & {canonicalize_name(package) for package in packages}
    } - {"wmh_siamese"}


def test_the_probe_asks_for_what_is_installed():
    assert sorted(NEEDED) == sorted(required())


@pytest.fixture
def fine_tuning(tmp_path, tiny_model):
    """Makes requests to go on for one step, from one patient, with another held out."""
    library = Library.create(tmp_path / "library")
    cases = simulated_cases(tmp_path, ("a", "b"))
    for case, role in zip(cases, ("training", "held-out"), strict=True):
        flair, labels = read_case(case)
        library.add(flair, labels.array, patient=case.name, role=role)
    (tmp_path / "WMHSiameseSeg-1").mkdir()

    def request(output, **settings):
        return {
            "do": "finetune",
            "what": "train",
            "library": str(library.folder),
            "base": str(tiny_model),
            "output": str(output),
            "effort": "quick",
            "device": "cpu",
            "vgg": str(tmp_path / "kept.safetensors"),
            "settings": {"epochs": 1, "batches": 1, **settings},
            "folder": str(tmp_path / "WMHSiameseSeg-1"),
        }

    return request


def test_fine_tuning_needs_no_other_package(start_worker, fine_tuning, tmp_path):
    hidden = hidden_modules()
    assert {"torchvision", "monai", "torchio", "matplotlib", "tqdm"} <= hidden
    assert not {"torch", "nibabel", "safetensors", "numpy", "scipy"} & hidden
    worker = start_worker("-c", WORKER.replace("{hidden}", repr(hidden)))
    torch.save(random_vgg().tensors, tmp_path / "vgg19.pth")
    kept = tmp_path / "kept.safetensors"
    worker.ask(id=1, do="vgg", kept=str(kept), file=str(tmp_path / "vgg19.pth"))
    result, _ = worker.answer(1)
    assert result.get("convention") == "torchvision", result
    for number, loss in enumerate(("content", "generalised-dice"), start=2):
        output = tmp_path / f"{loss}.safetensors"
        worker.ask(id=number, **fine_tuning(output, loss=loss))
        result, seen = worker.answer(number)
        assert result["event"] == "result", result
        assert [e["epoch"] for e in seen if e["event"] == "epoch"] == [0, 1], json.dumps(seen)
        assert read_card(output).sha256 == result["model"]["sha256"]
        assert result["comparison"]["rows"]
