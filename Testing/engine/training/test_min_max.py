"""The trained Siamese network: VGG19 learns, alternates with the generator, and goes on after a
stop; under every other loss it stays as it was."""

from dataclasses import replace

import pytest
import torch
from engine.random_vgg import random_vgg
from engine.tiny_training import TINY, run, simulated_cases
from safetensors.torch import load_file
from wmh_siamese.networks.siamese import ContentLoss, VGGFeatures
from wmh_siamese.training.min_max import LearningVGG

MIN_MAX = replace(TINY, loss="min-max")


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return simulated_cases(tmp_path_factory.mktemp("cases"))


@pytest.fixture
def content():
    return ContentLoss(VGGFeatures(random_vgg().tensors, "caffe"))


@pytest.fixture
def batch():
    draw = torch.Generator().manual_seed(0)
    return [torch.rand(2, 1, 16, 16, generator=draw) for _ in range(3)]


def weights_of(content):
    return {name: tensor.clone() for name, tensor in content.vgg.state_dict().items()}


def test_a_step_of_vgg_raises_the_loss(content, batch):
    before = float(content(*batch))
    vgg = LearningVGG(content, 1e-5)
    assert float(vgg.step(*batch)) == pytest.approx(before)
    assert float(content(*batch)) > before * (1 + 1e-5)


def test_every_weight_of_vgg_moves_by_adams_first_step(content, batch):
    """Adam's first step is its rate in the gradient's direction, here upwards."""
    images, truth, prediction = batch
    before = weights_of(content)
    content.vgg.requires_grad_(True)
    content.distance(images, truth, prediction).backward()
    gradients = {name: p.grad.clone() for name, p in content.vgg.named_parameters()}
    content.vgg.requires_grad_(False)
    LearningVGG(content, 1e-3).step(*batch)
    assert len(gradients) == 8
    for name, weight in content.vgg.state_dict().items():
        clear = gradients[name].abs() > 1e-6  # well above Adam's epsilon of 1e-8
        assert clear.any()
        upwards = 1e-3 * gradients[name].sign()
        torch.testing.assert_close(
            (weight - before[name])[clear], upwards[clear], atol=2e-5, rtol=0
        )


def test_the_gradient_reaches_vgg_through_both_paths(content, batch):
    images, truth, prediction = batch
    one, other = [], []
    content.vgg.requires_grad_(True)
    for gradients, pair in ((one, (truth, prediction)), (other, (prediction, truth))):
        content.vgg.zero_grad()
        content.distance(images, *pair).backward()
        gradients.extend(p.grad.clone() for p in content.vgg.parameters())
    for a, b in zip(one, other, strict=True):  # the distance knows no order
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-6)


def test_between_its_steps_vgg_is_frozen_and_the_prediction_gets_no_gradient(content, batch):
    prediction = batch[2].requires_grad_()
    LearningVGG(content, 1e-5).step(batch[0], batch[1], prediction)
    assert prediction.grad is None
    assert not any(p.requires_grad for p in content.vgg.parameters())


@pytest.mark.parametrize("loss", ["content", "min-max"])
def test_vgg_changes_in_a_training_only_where_it_learns(cases, tmp_path, monkeypatch, loss):
    seen = []
    made = VGGFeatures.__init__

    def kept(self, *arguments):
        made(self, *arguments)
        seen.append(self)

    monkeypatch.setattr(VGGFeatures, "__init__", kept)
    run(cases, tmp_path, replace(TINY, loss=loss, epochs=1))
    changed = [
        not torch.equal(tensor, random_vgg().tensors[name])
        for name, tensor in seen[-1].state_dict().items()
    ]
    assert changed == [loss == "min-max"] * 8


def test_steps_alternate_one_by_one_at_their_own_rates(cases, tmp_path, monkeypatch):
    steps, step = [], torch.optim.Adam.step

    def seen(self, *arguments, **more):
        group = self.param_groups[0]
        steps.append((len(group["params"]), group["lr"]))
        return step(self, *arguments, **more)

    monkeypatch.setattr(torch.optim.Adam, "step", seen)
    run(cases, tmp_path, replace(MIN_MAX, epochs=1))
    generator, vgg = steps[:2]
    assert vgg == (8, 1e-5)
    assert generator[0] > 8 and generator[1] == 1e-3
    assert steps == [generator, vgg] * 3


def test_a_run_goes_on_with_both_networks_and_both_optimisers(cases, tmp_path):
    run(cases, tmp_path / "straight", MIN_MAX)
    run(cases, tmp_path / "stopped", replace(MIN_MAX, epochs=1))
    run(cases, tmp_path / "stopped", MIN_MAX)
    states = [load_file(tmp_path / f / "checkpoint.safetensors") for f in ("straight", "stopped")]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    parts = {name.split(".")[0] for name in states[0]}
    assert parts == {"generator", "optimiser", "vgg", "vgg_optimiser"}
