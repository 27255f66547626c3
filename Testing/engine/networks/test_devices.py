"""Which device the networks run on, and how memory is kept."""

import warnings

import pytest
import torch
from wmh_siamese.errors import WMHError
from wmh_siamese.networks import devices
from wmh_siamese.networks.devices import (
    available_devices,
    choose_device,
    gpu_trouble,
    keep_freed_memory,
    placed,
)
from wmh_siamese.networks.generator import DenseUNet


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(False, False, "cpu"), (True, False, "cuda"), (False, True, "mps"), (True, True, "cuda")],
)
def test_auto_takes_a_gpu_where_there_is_one(monkeypatch, cuda, mps, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device("auto").type == chosen
    assert available_devices() == ["cpu", *["cuda"] * cuda, *["mps"] * mps]


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(WMHError, match="finds no cuda device") as refusal:
        choose_device("cuda")
    assert refusal.value.kind == "missing-dependency"
    assert "cpu" in refusal.value.way_out


def warning_once(text):
    """As ``torch.cuda.is_available``: it finds nothing, and warns the first time."""
    left = [text]

    def is_available():
        if left:
            warnings.warn(left.pop(), stacklevel=2)
        return False

    return is_available


def test_a_driver_that_is_too_old_is_told_although_pytorch_warns_once(monkeypatch):
    monkeypatch.setattr(devices, "_old_driver", [])
    said = "CUDA initialization: The NVIDIA driver on your system is too old (found version 11040)."
    monkeypatch.setattr(torch.cuda, "is_available", warning_once(said))
    assert available_devices() == ["cpu"]
    assert "driver is too old (found version 11040)" in gpu_trouble()
    with pytest.raises(WMHError, match="driver is too old"):
        choose_device("cuda")


def test_a_computer_without_a_graphics_card_is_no_trouble(monkeypatch):
    monkeypatch.setattr(devices, "_old_driver", [])
    said = "CUDA initialization: Found no NVIDIA driver on your system."
    monkeypatch.setattr(torch.cuda, "is_available", warning_once(said))
    assert choose_device("auto").type == "cpu"
    assert gpu_trouble() == ""


def test_a_device_that_does_not_exist_is_refused():
    with pytest.raises(WMHError, match="There is no device 'tpu'"):
        choose_device("tpu")


def test_a_placed_network_is_laid_out_channels_last():
    network = placed(DenseUNet(4, 1), torch.device("cpu"))
    assert network.encoder[0].last[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_memory_is_kept_without_a_fault_and_more_than_once():
    keep_freed_memory()
    keep_freed_memory()
    assert torch.ones(1000, 1000).sum() == 1_000_000
