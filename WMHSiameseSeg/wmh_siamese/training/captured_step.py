"""A training step's loss and gradients as one CUDA graph, so that no kernel waits for Python."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Compute = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Loss (a scalar) and prediction from images and labels; it reads nothing back from the GPU."""

WARM_UP = 3  # steps in which the libraries choose their kernels, as CUDA graphs ask for


class CapturedStep:
    """Loss and gradients of batches of one shape: the first steps as usual, then replayed.

    Every step is a step of the training; none is spent on capturing. Gradients lie where the graph
    writes them, so the optimiser must not let go of them between steps.

    Args:
        compute: what is captured, with everything in it on the GPU.
        optimiser: whose gradients are cleared before each of the first steps.
    """

    def __init__(self, compute: Compute, optimiser: torch.optim.Optimizer) -> None:
        self._compute, self._optimiser = compute, optimiser
        self._graph: torch.cuda.CUDAGraph | None = None
        self._aside = torch.cuda.Stream()
        self._done = 0

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, its gradients in place, and the prediction; both are overwritten by the next.

        Args:
            images, labels: (N, 1, H, W), of the same shape in every step.
        """
        self._done += 1
        if self._done <= WARM_UP:
            return self._as_usual(images, labels)
        if self._graph is None:
            self._capture(images, labels)
            assert self._graph is not None
        self._images.copy_(images)
        self._labels.copy_(labels)
        self._graph.replay()
        return self._loss, self._prediction

    def _as_usual(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """On a stream of its own, as the capture will be."""
        self._aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._aside):
            self._optimiser.zero_grad()
            loss, prediction = self._compute(images, labels)
            loss.backward()
        torch.cuda.current_stream().wait_stream(self._aside)
        return loss.detach(), prediction

    def _capture(self, images: Tensor, labels: Tensor) -> None:
        self._images, self._labels = images.clone(), labels.clone()
        self._optimiser.zero_grad()
        graph = torch.cuda.CUDAGraph()
        # of this thread alone: another one pins the next batch meanwhile
        with torch.cuda.graph(graph, stream=self._aside, capture_error_mode="thread_local"):
            loss, prediction = self._compute(self._images, self._labels)
            loss.backward()
        self._loss, self._prediction = loss.detach(), prediction.detach()
        self._graph = graph


def captured_step(
    compute: Compute, optimiser: torch.optim.Optimizer, device: torch.device
) -> CapturedStep | None:
    """A captured step where the device has CUDA graphs, None elsewhere."""
    return CapturedStep(compute, optimiser) if device.type == "cuda" else None
