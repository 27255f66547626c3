"""The bench's own arithmetic, and that every measurement runs."""

import json
import os

import numpy as np
import pytest
import torch
from bench.__main__ import MEASUREMENTS, main
from bench.click_to_mask import Click
from bench.convolution_rate import convolution_flops
from bench.generator_clock import busy_seconds, clocked_generator, flops_of, seconds_of, slices_of
from bench.half_precision import dice, rounded_generator
from bench.memory import status_bytes
from bench.nnunet import mirrored_mean
from bench.report import Figure, markdown, plain_table, rounded
from bench.setting import quick_volume, with_slices
from engine.random_vgg import random_vgg
from wmh_siamese.networks.folding import folded
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.volumes.volume import axial_view


@pytest.mark.parametrize(
    ("value", "bounds", "verdict"),
    [
        (80.0, {"at_least": 80}, "PASS"),
        (79.9, {"at_least": 80}, "FAIL"),
        (0.3, {"at_most": 0.3}, "PASS"),
        (0.31, {"at_most": 0.3}, "FAIL"),
        (0.0, {"at_least": 0, "at_most": 0}, "PASS"),
        (float("nan"), {"at_most": 1}, "FAIL"),
        (5.0, {}, ""),
        (None, {"at_most": 1}, ""),
    ],
)
def test_a_figure_is_held_against_its_target(value, bounds, verdict):
    assert Figure("group", "name", value, **bounds).verdict == verdict


def test_figures_are_rounded_to_three_digits_but_whole_above_a_hundred():
    assert [rounded(v) for v in (0.012345, 1.2345, 99.94, 1234.5)] == [
        "0.0123",
        "1.23",
        "99.9",
        "1234",
    ]


def test_a_figure_near_its_target_can_show_more_digits():
    assert Figure("G", "a", 0.99873, "Dice", digits=5).measured == "0.99873 Dice"
    assert Figure("G", "a", 0.99873, "Dice").measured == "0.999 Dice"
    assert Figure("G", "a", 48, digits=3).measured == "48"


def test_the_tables_show_what_was_not_measured_and_why():
    figures = [Figure("G", "a", 1.0, "s", at_most=2), Figure("G", "b", None, "s", note="no | GPU")]
    assert "| G | a | 1 s | <= 2 s | PASS |  |" in markdown(figures, {})
    assert "no \\| GPU" in markdown(figures, {})
    assert "not measured" in plain_table(figures)


def test_flops_of_the_generator_are_those_of_its_convolutions():
    # depth 1, width 2 on 8x8: blocks of 2, 4 and 2 filters, by hand
    def block(channels, filters, pixels):
        growth = filters // 2
        products = channels * growth + (channels + growth) * growth
        return 9 * pixels * (products + (channels + 2 * growth) * filters)

    up, head = 4 * 2 * 64, 2 * 64
    wanted = 2 * (block(3, 2, 64) + block(2, 4, 16) + up + block(4, 2, 64) + head)
    assert flops_of(2, 1, (1, 3, 8, 8)) == wanted
    assert flops_of(2, 1, (5, 3, 8, 8)) == 5 * wanted


def test_flops_of_a_convolution_count_products_and_sums():
    assert convolution_flops(channels=4, side=8, batch=2) == 2 * 9 * 4 * 4 * 64 * 2


def test_the_clock_sees_every_batch_and_leaves_the_generator_as_it_was():
    plain = DenseUNet.logits
    generator = DenseUNet(2, 1).eval()
    with clocked_generator() as runs:
        generator.logits(torch.zeros(3, 3, 8, 8))
        generator(torch.zeros(1, 3, 8, 8))
    assert [run.shape for run in runs] == [(3, 3, 8, 8), (1, 3, 8, 8)]
    assert all(run.ended > run.began for run in runs)
    assert slices_of(runs) == 4
    assert seconds_of(runs) > 0
    assert DenseUNet.logits is plain


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        ([], 0.0),
        ([(1.0, 2.0), (5.0, 5.5)], 1.5),
        ([(2.0, 4.0), (1.0, 3.0)], 3.0),
        ([(1.0, 9.0), (2.0, 3.0), (4.0, 5.0)], 8.0),
    ],
)
def test_batches_that_run_side_by_side_count_once(spans, seconds):
    assert busy_seconds(spans) == seconds


def test_the_rest_of_a_click_is_what_the_network_did_not_take():
    assert Click(total=4.0, network=3.0, stages={}).rest == 1.0


def test_sizes_are_read_from_the_status_of_a_process():
    text = "Name:\tpython\nVmHWM:\t    2048 kB\nRssAnon:\t 1 kB\nThreads:\t3\n"
    assert status_bytes(text) == {"VmHWM": 2 << 20, "RssAnon": 1024}


def test_a_volume_is_given_more_slices_by_repeating_its_own():
    volume = quick_volume()
    longer = with_slices(volume, 14)
    assert longer.shape == (32, 32, 14)
    view = axial_view(volume.affine)
    slices, repeated = view.forward(volume.array), view.forward(longer.array)
    assert (repeated[6:12] == slices).all() and (repeated[12:] == slices[:2]).all()
    assert longer.array.flags.f_contiguous


def test_a_network_that_follows_its_input_is_not_changed_by_the_four_mirrors():
    image = torch.rand(2, 1, 4, 6)
    assert torch.allclose(mirrored_mean(lambda x: 2 * x, image), 2 * image)


def test_dice_of_two_empty_masks_is_one():
    empty, full = torch.zeros(4, dtype=torch.bool), torch.ones(4, dtype=torch.bool)
    assert dice(empty, empty) == 1.0
    assert dice(empty, full) == 0.0
    assert dice(full, torch.tensor([True, True, False, False])) == pytest.approx(2 / 3)


def test_emulated_half_precision_rounds_operands_and_results():
    torch.manual_seed(0)
    generator = folded(DenseUNet(2, 1))
    images = torch.randn(1, 3, 8, 8)
    full = generator.logits(images)
    half = rounded_generator(generator, torch.bfloat16).logits(images)
    assert (half == half.bfloat16().float()).all()
    assert 0 < float((half - full).abs().max()) < 0.1 * float(full.abs().max())


@pytest.fixture
def one_thread():
    """Many small runs: more threads only wait for each other."""
    before, variable = torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    yield
    torch.set_num_threads(before)
    if variable is None:
        del os.environ["OMP_NUM_THREADS"]
    else:
        os.environ["OMP_NUM_THREADS"] = variable


@pytest.mark.timeout(900)  # half a minute alone; it starts several processes that import torch
@pytest.mark.usefixtures("one_thread")
def test_every_measurement_runs_in_a_quick_bench(tmp_path, capsys):
    vgg = tmp_path / "caffe.npz"
    np.savez(vgg, **{name: part.numpy() for name, part in random_vgg().tensors.items()})
    main(["--quick", "--output", str(tmp_path), "--vgg", str(vgg)])
    written = json.loads((tmp_path / "bench.json").read_text())
    groups = {figure["group"] for figure in written["figures"]}
    assert len(groups) == len(MEASUREMENTS)
    assert {"processor", "cores", "memory", "torch", "date"} <= set(written["setting"])
    for figure in written["figures"]:
        assert figure["value"] is None or np.isfinite(figure["value"]), figure
        assert figure["value"] is not None or figure["note"], figure
    loads = [f for f in written["figures"] if f["name"] == "model loading in the second run"]
    assert [f["verdict"] for f in loads] == ["PASS"]
    assert "untrained" in capsys.readouterr().out
    assert (tmp_path / "bench.md").exists()
