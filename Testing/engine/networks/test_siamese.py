"""Equation 1 against plain numpy in float64, and what must never change: VGG19."""

import numpy as np
import pytest
import torch
from engine.random_vgg import random_vgg
from engine.torchvision_oracle import models
from numpy.lib.stride_tricks import sliding_window_view
from torch import nn
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.preparation import vgg_prepared
from wmh_siamese.networks.siamese import ContentLoss, VGGFeatures
from wmh_siamese.networks.vgg_weights import VGGWeights

MEAN_BGR = np.array([103.939, 116.779, 123.68]).reshape(1, 3, 1, 1)
ORDERS = ["center_first", "mask_first"]


@pytest.fixture(scope="module")
def weights():
    return random_vgg()


@pytest.fixture(scope="module")
def vgg(weights):
    return VGGFeatures(weights.tensors, "caffe")


@pytest.fixture
def batch():
    """Images, soft labels and a prediction, (2, 1, 16, 16)."""
    draw = torch.Generator().manual_seed(0)
    unit = torch.rand(2, 1, 16, 16, generator=draw)
    truth = 0.1 + 0.8 * (torch.rand(2, 1, 16, 16, generator=draw) > 0.7).float()
    return unit, truth, torch.rand(2, 1, 16, 16, generator=draw)


def convolved(x, weight, bias):
    """3x3 cross-correlation with zeros around, then ReLU; (N, C, H, W), float64."""
    windows = sliding_window_view(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), axis=(2, 3))
    y = np.tensordot(windows, weight, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)
    return np.maximum(y + bias.reshape(1, -1, 1, 1), 0)


def pooled(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))


def features(x, weights):
    """Both taps, flattened and concatenated: (N, L)."""
    w = {name: tensor.double().numpy() for name, tensor in weights.tensors.items()}

    def layer(x, number):
        return convolved(x, w[f"features.{number}.weight"], w[f"features.{number}.bias"])

    first = pooled(layer(layer(x, 0), 2))
    second = pooled(layer(layer(first, 5), 7))
    return np.concatenate([first.reshape(len(x), -1), second.reshape(len(x), -1)], axis=1)


def masked(unit, mask, order):
    if order == "center_first":
        return (unit * 255 - MEAN_BGR) * mask
    return unit * mask * 255 - MEAN_BGR


def equation_1(unit, truth, prediction, weights, order):
    wanted = features(masked(unit, truth, order), weights)
    found = features(masked(unit, prediction, order), weights)
    return np.mean(np.mean((wanted - found) ** 2, axis=1))


@pytest.mark.parametrize("order", ORDERS)
def test_the_loss_is_equation_1(vgg, weights, batch, order):
    expected = equation_1(*(t.double().numpy() for t in batch), weights, order)
    assert float(ContentLoss(vgg, order)(*batch)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("order", ORDERS)
def test_the_gradient_is_equation_1s(vgg, weights, batch, order):
    """Against central differences of the float64 equation, pixel by pixel."""
    unit, truth, prediction = batch
    prediction.requires_grad_()
    ContentLoss(vgg, order)(unit, truth, prediction).backward()
    exact = [t.detach().double().numpy() for t in batch]
    for pixel in [(0, 0, 3, 4), (0, 0, 0, 15), (1, 0, 8, 8), (1, 0, 15, 2)]:
        step = np.zeros_like(exact[2])
        step[pixel] = 1e-6
        up = equation_1(exact[0], exact[1], exact[2] + step, weights, order)
        down = equation_1(exact[0], exact[1], exact[2] - step, weights, order)
        slope = (up - down) / 2e-6
        assert float(prediction.grad[pixel]) == pytest.approx(slope, rel=1e-3, abs=1e-3)


def test_the_default_masks_the_centred_image(vgg, batch):
    assert float(ContentLoss(vgg)(*batch)) == float(ContentLoss(vgg, "center_first")(*batch))


def test_the_network_is_torchvisions_vgg19_up_to_its_second_pooling(weights, vgg):
    with torch.device("meta"):  # its other 143 million parameters are never allocated
        theirs = models.vgg19(weights=None, init_weights=False).features[:10].to_empty(device="cpu")
    theirs.load_state_dict({n.removeprefix("features."): t for n, t in weights.tensors.items()})
    image = torch.randn(2, 3, 32, 40, generator=torch.Generator().manual_seed(0))
    first, second = vgg(image)
    assert torch.equal(first, theirs[:5](image)) and torch.equal(second, theirs(image))


def test_making_the_network_leaves_the_random_numbers_as_they_are(weights):
    before = torch.get_rng_state()
    VGGFeatures(weights.tensors, "caffe")
    assert torch.equal(torch.get_rng_state(), before)


def test_taps_have_the_papers_shapes_and_length():
    vgg = VGGFeatures(random_vgg().tensors, "caffe").to("meta")
    taps = vgg(torch.empty(1, 3, 224, 224, device="meta"))
    assert [tuple(tap.shape) for tap in taps] == [(1, 64, 112, 112), (1, 128, 56, 56)]
    assert sum(tap.numel() for tap in taps) == 1_204_224


def test_the_batch_counts_as_the_mean_of_its_slices(vgg, batch):
    loss = ContentLoss(vgg)
    alone = [float(loss(*(t[n : n + 1] for t in batch))) for n in range(2)]
    assert float(loss(*batch)) == pytest.approx(np.mean(alone), rel=1e-5)


@pytest.mark.parametrize("order", ORDERS)
def test_a_perfect_prediction_costs_nothing_and_has_no_gradient(vgg, batch, order):
    unit, truth, _ = batch
    prediction = truth.clone().requires_grad_()
    loss = ContentLoss(vgg, order)(unit, truth, prediction)
    loss.backward()
    assert loss.item() == 0
    assert not prediction.grad.any()


def test_the_gradient_reaches_the_prediction_alone(vgg, batch):
    unit, truth, prediction = batch
    truth.requires_grad_()
    prediction.requires_grad_()
    graphs = []
    hook = vgg.features[0].register_forward_hook(
        lambda module, args, output: graphs.append(output.requires_grad)
    )
    ContentLoss(vgg)(unit, truth, prediction).backward()
    hook.remove()
    assert graphs == [False, True]  # the truth's path keeps no graph
    assert truth.grad is None
    assert prediction.grad.any()
    assert all(p.grad is None for p in vgg.parameters())


def test_vgg_does_not_change_by_training(weights):
    vgg = VGGFeatures(weights.tensors, "caffe")
    before = {name: tensor.clone() for name, tensor in vgg.state_dict().items()}
    torch.manual_seed(0)
    generator = DenseUNet(2, 1)
    loss = ContentLoss(vgg).train()
    optimiser = torch.optim.Adam([*generator.parameters(), *loss.parameters()], lr=0.1)
    unit = torch.rand(2, 1, 16, 16)
    for _ in range(3):
        optimiser.zero_grad()
        loss(unit, (unit > 0.5).float(), generator(vgg_prepared(unit))).backward()
        optimiser.step()
    assert all(torch.equal(tensor, before[name]) for name, tensor in vgg.state_dict().items())
    assert all(p.grad is None and not p.requires_grad for p in vgg.parameters())
    assert not any(isinstance(m, nn.BatchNorm2d | nn.Dropout) for m in vgg.modules())
    # and its weights are its own: training another copy cannot reach them
    assert all(p.data_ptr() != weights.tensors[n].data_ptr() for n, p in vgg.named_parameters())


def test_mixed_precision_sums_in_float32(vgg, batch):
    unit, truth, prediction = (t.repeat(1, 1, 4, 4) for t in batch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        wanted = vgg(vgg.prepared(unit) * truth)
        found = vgg(vgg.prepared(unit) * prediction)
        loss = ContentLoss(vgg)(unit, truth, prediction)
    assert wanted[0].dtype == torch.bfloat16
    assert loss.dtype == torch.float32
    squares = sum(
        float(((a.double() - b.double()) ** 2).sum()) for a, b in zip(wanted, found, strict=True)
    )
    assert float(loss) == pytest.approx(squares / sum(t.numel() for t in wanted), rel=1e-5)


def test_both_conventions_of_one_network_give_the_same_features():
    """torchvision's first convolution, rewritten by algebra for Oxford's input."""
    torchvision = random_vgg("torchvision")
    weight, bias = (torchvision.tensors[f"features.0.{part}"] for part in ("weight", "bias"))
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    mean_rgb = torch.from_numpy(MEAN_BGR.ravel()[::-1].copy()).float()
    # (v - mean) / std, with v = (x + mean_rgb) / 255, is x / (255 std) + offset
    offset = (mean_rgb / 255 - mean) / std
    caffe = VGGWeights(
        torchvision.tensors
        | {
            "features.0.weight": (weight / (255 * std).view(1, 3, 1, 1)).flip(1),
            "features.0.bias": bias + (weight * offset.view(1, 3, 1, 1)).sum((1, 2, 3)),
        },
        "caffe",
        sha256="",
    )
    unit = torch.rand(1, 1, 48, 48, generator=torch.Generator().manual_seed(0))
    taps = []
    for weights in (torchvision, caffe):
        network = VGGFeatures(weights.tensors, weights.convention)
        taps.append(network(network.prepared(unit)))
    for a, b, border in zip(*taps, (2, 3), strict=True):  # zeros around differ: the border
        inner = (..., slice(border, -border), slice(border, -border))
        torch.testing.assert_close(a[inner], b[inner], atol=1e-4, rtol=1e-4)
        assert a[inner].std() > 0.1


def test_torchvisions_input_is_normalised_red_green_blue():
    vgg = VGGFeatures(random_vgg().tensors, "torchvision")
    unit = torch.full((1, 1, 2, 2), 0.5)
    red, green, blue = vgg.prepared(unit)[0, :, 0, 0].tolist()
    assert (red, green, blue) == pytest.approx(
        ((0.5 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (0.5 - 0.406) / 0.225), abs=1e-6
    )
