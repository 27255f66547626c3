"""The paper's trained Siamese network: VGG19 learns to raise what the generator lowers (2.2, 5)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from wmh_siamese.networks.siamese import ContentLoss


class LearningVGG:
    """VGG19 that maximises the content loss, one step after each step of the generator.

    Between its steps VGG19 is frozen as ever, so that the generator's step costs no more. Nothing
    is clipped: this is the variant that the paper reports as a failure.

    Args:
        content: the loss and its VGG19, which both sides share.
        learning_rate: Adam's, 1e-5 in the paper.
        averaged: gives the gradients of a network their mean over all processes.
    """

    def __init__(
        self,
        content: ContentLoss,
        learning_rate: float,
        averaged: Callable[[nn.Module], None] = lambda network: None,
    ) -> None:
        self.content, self._averaged = content, averaged
        self.optimiser = torch.optim.Adam(
            content.vgg.parameters(), lr=learning_rate, betas=(0.9, 0.999)
        )

    def step(self, unit: Tensor, truth: Tensor, prediction: Tensor) -> Tensor:
        """Raise the loss of a batch; returns the loss before the step, a scalar.

        Args:
            unit: images in [0, 1], (N, 1, H, W).
            truth: labels as the loss takes them, (N, 1, H, W).
            prediction: what the generator has just said of these images, (N, 1, H, W).
        """
        vgg = self.content.vgg.requires_grad_(True)
        try:
            loss = self.content.distance(unit, truth, prediction.detach())
            self.optimiser.zero_grad()
            (-loss).backward()
            self._averaged(vgg)
            self.optimiser.step()
        finally:
            vgg.requires_grad_(False)
        return loss.detach()
