"""Which device the networks run on, and how memory is kept."""

import pytest
import torch
from wmh_siamese.devices import available_devices, choose_device, keep_freed_memory, placed
from wmh_siamese.errors import WMHError
from wmh_siamese.generator import DenseUNet


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
