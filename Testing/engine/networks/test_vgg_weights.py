"""VGG19 weight files of three kinds."""

import hashlib
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from engine.bomb import Bomb
from engine.random_vgg import random_vgg
from real_data import VGG, needs_vgg
from safetensors.torch import save_file
from wmh_siamese.errors import WMHError
from wmh_siamese.networks.siamese import ContentLoss, VGGFeatures
from wmh_siamese.networks.vgg_blocks import TORCHVISION
from wmh_siamese.networks.vgg_weights import read_vgg_weights

ROOT = Path(__file__).resolve().parents[3]


def write(path, tensors):
    if path.suffix == ".npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in tensors.items()})
    elif path.suffix == ".safetensors":
        save_file(tensors, path)
    else:
        torch.save(tensors, path)
    return path


@pytest.mark.parametrize(
    ("name", "convention"),
    [
        ("vgg19_caffe.npz", "caffe"),
        ("vgg19_caffe.safetensors", "caffe"),
        ("vgg19-dcbb9e9d.pth", "torchvision"),
    ],
)
def test_weights_are_read_from_all_three_kinds_of_file(tmp_path, name, convention):
    tensors = random_vgg().tensors
    others = {"classifier.0.weight": torch.ones(3, 3), "features.10.bias": torch.ones(4)}
    path = write(tmp_path / name, tensors | others)
    weights = read_vgg_weights(path)
    assert weights.convention == convention
    assert weights.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert weights.tensors.keys() == tensors.keys()
    assert all(torch.equal(weights.tensors[n], tensor) for n, tensor in tensors.items())
    assert read_vgg_weights(str(path), "caffe").convention == "caffe"


def test_the_arrays_that_the_guide_lists_are_enough(tmp_path):
    guide = (ROOT / "docs" / "finetuning.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\S+)`, `(\S+)` \| \((.*?)\), \((\d+),\) \|", guide, re.M)
    arrays = {}
    for weight, bias, shape, channels in rows:
        arrays[weight] = np.zeros([int(n) for n in shape.split(",")], np.float32)
        arrays[bias] = np.zeros(int(channels), np.float32)
    np.savez(tmp_path / "vgg19_caffe.npz", **arrays)
    assert read_vgg_weights(tmp_path / "vgg19_caffe.npz").tensors.keys() == arrays.keys()
    assert TORCHVISION.url in guide and f"`{TORCHVISION.sha256_begins}`" in guide


def test_half_precision_weights_become_float32(tmp_path):
    tensors = {name: tensor.half() for name, tensor in random_vgg().tensors.items()}
    weights = read_vgg_weights(write(tmp_path / "caffe.npz", tensors))
    assert {tensor.dtype for tensor in weights.tensors.values()} == {torch.float32}


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(WMHError, match=r"no VGG19 weight file .*nowhere\.npz") as refusal:
        read_vgg_weights(tmp_path / "nowhere.npz")
    assert refusal.value.kind == "bad-path"


def test_a_convention_that_cannot_be_told_must_be_said(tmp_path):
    path = write(tmp_path / "mine.npz", random_vgg().tensors)
    with pytest.raises(WMHError, match="does not tell which input") as refusal:
        read_vgg_weights(path)
    assert refusal.value.kind == "bad-model" and "caffe" in refusal.value.way_out
    assert read_vgg_weights(path, "torchvision").convention == "torchvision"


@pytest.mark.parametrize("ending", [".npz", ".safetensors", ".pth"])
@pytest.mark.parametrize("fault", ["a layer is missing", "a layer has another shape", "no file"])
def test_what_is_no_vgg19_is_refused(tmp_path, ending, fault):
    tensors = random_vgg().tensors
    path = tmp_path / f"caffe{ending}"
    if fault == "no file":
        path.write_bytes(b"\x93 neither numbers nor names" * 30)
    else:
        del tensors["features.5.bias"]
        if fault == "a layer has another shape":
            tensors["features.5.bias"] = torch.zeros(127)
        write(path, tensors)
    with pytest.raises(WMHError, match="does not hold the first two blocks") as refusal:
        read_vgg_weights(path)
    assert refusal.value.kind == "bad-model"


def test_no_code_of_a_weight_file_is_run(tmp_path):
    trace = tmp_path / "was run"
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Bomb(trace)))
    torch.save({"features.0.weight": Bomb(trace)}, tmp_path / "zipped.pth")
    np.savez(tmp_path / "caffe.npz", **{"features.0.weight": np.array([Bomb(trace)], object)})
    for path in ("plain.pth", "zipped.pth", "caffe.npz"):
        with pytest.raises(WMHError):
            read_vgg_weights(tmp_path / path)
        assert not trace.exists()


@needs_vgg
def test_the_imagenet_weights_see_that_a_mask_is_wrong():
    """A mask that misses more of a bright spot costs more."""
    weights = read_vgg_weights(VGG)
    unit = torch.full((1, 1, 64, 64), 0.3)
    unit[..., 24:40, 24:40] = 0.9
    truth = torch.full_like(unit, 0.1)
    truth[..., 24:40, 24:40] = 0.9
    loss = ContentLoss(VGGFeatures(weights.tensors, weights.convention))
    costs = []
    for missed in (0, 4, 8, 16):
        prediction = truth.clone()
        prediction[..., 24:40, 24 : 24 + missed] = 0.1
        costs.append(float(loss(unit, truth, prediction)))
    assert costs[0] == 0
    assert costs == sorted(costs) and len(set(costs)) == 4
