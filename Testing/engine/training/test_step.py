"""One step: its precision, its rate, what the loss sees, memory running short."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from engine.tiny_training import TINY, run
from safetensors.torch import load_file
from wmh_siamese.errors import WMHError
from wmh_siamese.models.model_file import load_model, read_card
from wmh_siamese.networks.siamese import ContentLoss
from wmh_siamese.training.loss import TrainingLoss
from wmh_siamese.training.settings import TrainingSettings


def same_weights(one, other):
    a, b = load_file(one), load_file(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_bfloat16_learns_alike_and_keeps_float32_weights(cases, tmp_path):
    losses = {}
    for precision in ("float32", "bfloat16"):
        told = losses[precision] = []
        settings = replace(TINY, precision=precision)
        run(
            cases, tmp_path / precision, settings, on_epoch=lambda e, told=told: told.append(e.loss)
        )
        weights = load_file(tmp_path / precision / "checkpoint.safetensors")
        assert {t.dtype for t in weights.values()} <= {torch.float32, torch.int64}
        card = read_card(tmp_path / precision / "last.safetensors")
        assert card.training["precision"] == precision
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.05)
    assert losses["bfloat16"] != losses["float32"]
    assert TrainingSettings().precision_on(torch.device("cpu")) == "float32"


def test_the_loss_sees_soft_labels_and_the_image_in_unit_range(cases, tmp_path, monkeypatch):
    truths, images, forward = set(), [], ContentLoss.forward

    def seen(self, unit, truth, prediction):
        truths.update(round(value, 6) for value in truth.unique().tolist())
        images.append(unit)
        return forward(self, unit, truth, prediction)

    monkeypatch.setattr(ContentLoss, "forward", seen)
    run(cases, tmp_path, replace(TINY, epochs=1))
    assert truths == {0.1, 0.9}
    assert all(image.min() >= 0 and 0.5 < image.max() <= 1 for image in images)
    truths.clear()
    run(cases, tmp_path / "hard", replace(TINY, epochs=1, soft_labels=(0.0, 1.0)))
    assert truths == {0.0, 1.0}


@pytest.mark.parametrize("cosine", [False, True])
def test_adam_takes_the_rate_of_each_step(cases, tmp_path, monkeypatch, cosine):
    rates, step = [], torch.optim.Adam.step

    def seen(self, *arguments, **more):
        rates.append(self.param_groups[0]["lr"])
        assert self.param_groups[0]["betas"] == (0.9, 0.999)
        return step(self, *arguments, **more)

    monkeypatch.setattr(torch.optim.Adam, "step", seen)
    run(cases, tmp_path, replace(TINY, cosine=cosine))
    by_hand = [0.5e-3 * (1 + np.cos(np.pi * n / 6)) for n in range(6)] if cosine else [1e-3] * 6
    assert rates == pytest.approx(by_hand)


def gradients_at_once(slices_at_once, cases, folder):
    """The step's loss and gradients when so many slices fit into memory."""
    settings = replace(TINY, frozen_statistics=True, epochs=1, batches=1)
    told, whole = [], TrainingLoss.__call__

    def short(self, images, labels, prediction):
        if len(images) > slices_at_once:
            raise MemoryError
        return whole(self, images, labels, prediction)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingLoss, "__call__", short)
        run(cases, folder, settings, say=told.append)
    return told, load_file(folder / "checkpoint.safetensors")


def test_short_memory_lowers_the_slices_at_once_but_not_the_step(cases, tmp_path):
    told, enough = gradients_at_once(4, cases, tmp_path / "enough")
    assert told == []
    told, short = gradients_at_once(1, cases, tmp_path / "short")
    assert told == [
        "Memory is short: going on with 2 slices at a time.",
        "Memory is short: going on with 1 slices at a time.",
    ]
    for name, tensor in enough.items():
        if "exp_avg" in name and "sq" not in name:
            torch.testing.assert_close(short[name], tensor, rtol=1e-3, atol=1e-4)


def test_memory_too_short_for_one_slice_is_said(cases, tmp_path):
    with pytest.raises(WMHError) as refused:
        gradients_at_once(0, cases, tmp_path)
    assert refused.value.kind == "out-of-memory"


def test_a_step_that_cannot_be_captured_is_computed_as_ever(cases, whole_run, tmp_path):
    def refused(images, labels):
        raise RuntimeError("operation not permitted when stream is capturing\nmore of it")

    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wmh_siamese.training.step.captured_step", lambda *given: refused)
        run(cases, tmp_path, TINY, say=told.append)
    assert told == [
        "This GPU cannot replay a training step (operation not permitted when stream is "
        "capturing): going on, more slowly."
    ]
    assert same_weights(tmp_path / "last.safetensors", whole_run / "last.safetensors")


def test_frozen_statistics_stay_while_the_weights_learn(cases, whole_run, tmp_path):
    settings = replace(TINY, frozen_statistics=True, seed=8)
    before = load_model(whole_run / "best.safetensors")[0].state_dict()
    run(cases, tmp_path, settings, base=whole_run / "best.safetensors")
    after = load_model(tmp_path / "last.safetensors")[0].state_dict()
    for name, tensor in before.items():
        same = torch.equal(after[name], tensor)
        assert same == ("running" in name or "num_batches" in name), name


def test_each_step_is_told(cases, tmp_path):
    told = []
    run(cases, tmp_path, TINY, on_step=told.append)
    assert told == list(range(1, TINY.steps + 1))
