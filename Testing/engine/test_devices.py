"""Which device and which number format, and when two masks count as the same."""

import pytest
import torch
from wmh_siamese import precision
from wmh_siamese.devices import available_devices, choose_device, keep_freed_memory, placed
from wmh_siamese.errors import WMHError
from wmh_siamese.generator import DenseUNet
from wmh_siamese.precision import agrees, half_precision_of


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


def test_gpus_compute_float16_and_cpus_what_they_have_instructions_for(monkeypatch):
    assert half_precision_of(torch.device("cuda")) == "float16"
    assert half_precision_of(torch.device("mps")) == "float16"
    for computes, expected in ((True, "bfloat16"), (False, None)):
        monkeypatch.setattr(precision, "_cpu_computes_bfloat16", lambda c=computes: c)
        assert half_precision_of(torch.device("cpu")) == expected


def test_this_cpus_instructions_are_asked_for_without_a_fault():
    assert half_precision_of(torch.device("cpu")) in ("bfloat16", None)


def masks(first, second, both):
    """Two probabilities with so many voxels above 0.5 in one, the other, both."""
    a, b = torch.zeros(5000), torch.zeros(5000)
    a[:both], b[:both] = 0.9, 0.9
    a[both : both + first] = 0.5
    b[both + first : both + first + second] = 0.5
    return a, b


@pytest.mark.parametrize(
    ("first", "second", "both", "same"),
    [
        (0, 0, 0, True),  # no lesion in either
        (0, 0, 100, True),
        (1, 0, 499, False),  # Dice 998/999
        (1, 0, 500, True),  # Dice 1000/1001
        (1, 1, 1000, True),  # Dice 2000/2002
        (2, 2, 1000, False),
        (1, 0, 0, False),
    ],
)
def test_masks_are_the_same_from_dice_0_999_on(first, second, both, same):
    a, b = masks(first, second, both)
    assert agrees(a, b, 0.5) is same
    assert agrees(b, a, 0.5) is same
