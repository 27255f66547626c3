"""The dense U-Net against the figures of the method, and folding against the unfolded network."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d
from torch.utils.flop_counter import FlopCounterMode
from wmh_siamese.networks import convolution_sum
from wmh_siamese.networks.folding import folded
from wmh_siamese.networks.generator import ConvBlock, DenseBlock, DenseUNet


@pytest.fixture(scope="module")
def paper_generator():
    torch.manual_seed(0)
    return DenseUNet(width=32, depth=4)


def test_the_papers_generator_has_11_9_million_parameters(paper_generator):
    assert sum(p.numel() for p in paper_generator.parameters()) == 11_878_849


def test_one_slice_costs_29_9_gflop():
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        DenseUNet(width=32, depth=4)(torch.empty(1, 3, 224, 224))
    assert counter.get_total_flops() / 1e9 == pytest.approx(29.9, abs=0.05)


def test_each_dense_block_grows_by_half_its_filters_and_hands_on_all(paper_generator):
    blocks = [*paper_generator.encoder, paper_generator.bottleneck, *paper_generator.decoder]
    hands_on = [32, 64, 128, 256, 512, 256, 128, 64, 32]
    receives = [3, 32, 64, 128, 256, 512, 256, 128, 64]  # the decoder: what came up and the skip
    for block, received, filters in zip(blocks, receives, hands_on, strict=True):
        convolutions = [m for m in block.modules() if isinstance(m, nn.Conv2d)]
        assert [(c.in_channels, c.out_channels) for c in convolutions] == [
            (received, filters // 2),
            (received + filters // 2, filters // 2),
            (received + filters, filters),
        ]
        assert all(c.kernel_size == (3, 3) and c.padding == (1, 1) for c in convolutions)


def test_the_decoder_goes_up_by_transposed_convolutions(paper_generator):
    assert [
        (u.in_channels, u.out_channels, u.kernel_size, u.stride) for u in paper_generator.up
    ] == [
        (512, 256, (2, 2), (2, 2)),
        (256, 128, (2, 2), (2, 2)),
        (128, 64, (2, 2), (2, 2)),
        (64, 32, (2, 2), (2, 2)),
    ]
    assert paper_generator.head.kernel_size == (1, 1)
    assert paper_generator.head.out_channels == 1


def test_a_conv_block_is_convolution_then_batch_norm_then_leaky_relu():
    torch.manual_seed(0)
    block = ConvBlock(2, 3)
    x = torch.randn(4, 2, 6, 6)
    y = nn.functional.conv2d(x, block[0].weight, padding=1)
    mean, variance = y.mean((0, 2, 3), keepdim=True), y.var((0, 2, 3), correction=0, keepdim=True)
    y = (y - mean) / (variance + 1e-5).sqrt()
    torch.testing.assert_close(block(x), torch.where(y > 0, y, 0.1 * y), atol=1e-5, rtol=0)


def test_a_dense_block_feeds_every_conv_block_all_that_came_before():
    torch.manual_seed(0)
    block = DenseBlock(2, 4).eval()
    x = torch.randn(1, 2, 5, 5)
    first = block.first(x)
    second = block.second(torch.cat([x, first], 1))
    assert torch.equal(block(x), block.last(torch.cat([x, first, second], 1)))


def test_weights_start_as_he_and_biases_at_zero(paper_generator):
    """Standard deviation sqrt(2 / ((1 + 0.1^2) fan_in)), mean 0."""
    for module in paper_generator.modules():
        if isinstance(module, nn.Conv2d) and module.weight.numel() > 10_000:
            weight = module.weight.detach()
            fan_in = weight[0].numel()
            assert float(weight.std()) == pytest.approx(np.sqrt(2 / (1.01 * fan_in)), rel=0.03)
            assert abs(float(weight.mean())) < 0.03 * float(weight.std())
            tails = (weight.abs() > 2 * weight.std()).float().mean()
            assert float(tails) == pytest.approx(0.0455, abs=0.01)  # a normal one
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and module.bias is not None:
            assert not module.bias.any()


@pytest.mark.parametrize(
    ("width", "depth", "shape"), [(4, 2, (8, 12)), (2, 1, (2, 6)), (6, 3, (16, 8))]
)
def test_a_probability_for_every_pixel(width, depth, shape):
    torch.manual_seed(0)
    generator = DenseUNet(width, depth)
    x = 100 * torch.randn(3, 3, *shape)
    out = generator(x)
    assert out.shape == (3, 1, *shape)
    assert (out >= 0).all() and (out <= 1).all() and out.std() > 0
    torch.testing.assert_close(torch.sigmoid(generator.logits(x)), out)


@pytest.mark.parametrize(("width", "depth"), [(0, 4), (31, 4), (-2, 4), (1, 1), (32, 0), (32, -1)])
def test_a_width_or_depth_that_cannot_be_is_refused(width, depth):
    with pytest.raises(ValueError, match=f"got {width} and {depth}"):
        DenseUNet(width, depth)


@pytest.fixture
def trained_looking():
    """A generator whose batch norms hold statistics and scales far from their start."""
    torch.manual_seed(1)
    generator = DenseUNet(8, 3)
    for module in generator.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
    return generator


def test_folding_changes_nothing_but_the_speed(trained_looking):
    x = torch.randn(2, 3, 32, 32)
    before = {name: tensor.clone() for name, tensor in trained_looking.state_dict().items()}
    fast = folded(trained_looking)
    with torch.no_grad():
        torch.testing.assert_close(fast(x), trained_looking.eval()(x), atol=1e-5, rtol=0)

    assert not any(isinstance(m, nn.BatchNorm2d) for m in fast.modules())
    assert not any(p.requires_grad for p in fast.parameters())
    # the given one is as it was, and can still be trained
    assert all(torch.equal(t, before[n]) for n, t in trained_looking.state_dict().items())
    assert all(p.requires_grad for p in trained_looking.parameters())


@pytest.mark.parametrize("fuses", [True, False], ids=["fused", "in two passes"])
def test_a_convolution_is_added_to_what_is_there(fuses, monkeypatch):
    monkeypatch.setattr(convolution_sum, "_fuses", lambda: fuses)
    image, weight = torch.randn(2, 8, 9, 7), torch.randn(16, 8, 3, 3)
    before = torch.randn(2, 16, 9, 7)
    for layout in (torch.contiguous_format, torch.channels_last):
        total = before.to(memory_format=layout, copy=True)
        with torch.inference_mode():
            convolution_sum.add_convolved(total, image.to(memory_format=layout), weight)
        expected = before.double() + conv2d(image.double(), weight.double(), padding=1)
        torch.testing.assert_close(total.double(), expected, atol=1e-5, rtol=0)


def test_a_torch_without_the_fused_operator_computes_all_the_same(monkeypatch):
    def gone(*_):
        raise AttributeError("no such operator")

    monkeypatch.setattr(convolution_sum, "_add_fused", gone)
    convolution_sum._fuses.cache_clear()
    try:
        assert not convolution_sum._fuses()
    finally:
        convolution_sum._fuses.cache_clear()


def test_folding_leaves_the_mode_of_training_alone(trained_looking):
    folded(trained_looking.train())
    assert trained_looking.training
