"""A step captured as a CUDA graph teaches what a step of separate kernels teaches."""

import pytest
import torch
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.losses import overlap_loss
from wmh_siamese.networks.preparation import vgg_prepared
from wmh_siamese.training.captured_step import WARM_UP, CapturedStep

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU")
STEPS = WARM_UP + 4


def learning(captured):
    """The losses of a few steps on other slices each, and the weights after them."""
    torch.manual_seed(0)
    generator = DenseUNet(width=4, depth=2).cuda().train()
    optimiser = torch.optim.Adam(generator.parameters(), lr=1e-3, fused=True)
    dice = overlap_loss("dice")

    def compute(images, labels):
        prediction = generator(vgg_prepared(images))
        return dice(prediction, labels), prediction

    step = CapturedStep(compute, optimiser) if captured else None
    draw = torch.Generator().manual_seed(1)
    losses = []
    for _ in range(STEPS):
        images = torch.rand(4, 1, 32, 32, generator=draw)
        labels = (torch.rand(images.shape, generator=draw) > 0.9).float()
        images, labels = images.cuda(), labels.cuda()
        if step:
            loss, prediction = step(images, labels)
        else:
            optimiser.zero_grad()
            loss, prediction = compute(images, labels)
            loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
        assert prediction.shape == labels.shape
    return losses, [tensor.cpu() for tensor in generator.state_dict().values()]


def test_captured_steps_teach_what_others_teach():
    (found, weights), (expected, other) = learning(captured=True), learning(captured=False)
    assert found == pytest.approx(expected, rel=1e-3)
    assert len(set(found)) == STEPS
    for tensor, wanted in zip(weights, other, strict=True):
        torch.testing.assert_close(tensor, wanted, rtol=1e-2, atol=1e-2)
