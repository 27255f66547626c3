"""The losses that the content loss is set beside: Dice, Tversky, generalised Dice (paper, 3.2.4).

Each takes the generator's sigmoid output and the labels, (N, 1, H, W), and gives a scalar. Sums run
over the whole batch: most slices hold no lesion, and the ratio of such a slice is decided by its
smoothing term alone, so a mean over slices would be ruled by the slices that teach least.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

Loss = Callable[[Tensor, Tensor], Tensor]


def overlap_loss(name: str) -> Loss:
    """The loss of that name, from prediction and truth to a scalar.

    It computes in float32, or in float64 where both are given so, also under autocast.

    Args:
        name: ``"dice"``, ``"tversky"``, ``"generalised-dice"`` or ``"cross-entropy"``.

    Returns:
        A function of ``prediction``, sigmoid output in [0, 1], and ``truth``, labels in [0, 1],
        hard or soft, both (N, 1, H, W).

    Raises:
        ValueError: for another name.

    Example:
        >>> truth = torch.tensor([[[[1.0, 0.0]]]])
        >>> round(overlap_loss("cross-entropy")(torch.full_like(truth, 0.5), truth).item(), 4)
        0.6931
    """
    if name not in LOSSES:
        raise ValueError(f"The loss must be one of {', '.join(LOSSES)}, got {name!r}.")
    loss = LOSSES[name]

    def in_full_precision(prediction: Tensor, truth: Tensor) -> Tensor:
        if prediction.shape != truth.shape:
            raise ValueError(
                f"The prediction's shape {tuple(prediction.shape)} is not the truth's "
                f"{tuple(truth.shape)}."
            )
        precision = torch.promote_types(
            torch.promote_types(prediction.dtype, truth.dtype), torch.float32
        )
        with torch.autocast(prediction.device.type, enabled=False):
            return loss(prediction.to(precision), truth.to(precision))

    return in_full_precision


def dice(p: Tensor, g: Tensor) -> Tensor:
    """1 - (2 sum pg + 1) / (sum p^2 + sum g^2 + 1) (Milletari et al. 2016)."""
    return 1 - (2 * (p * g).sum() + 1) / (p.square().sum() + g.square().sum() + 1)


def tversky(p: Tensor, g: Tensor) -> Tensor:
    """1 - (sum pg + 1) / (sum pg + 0.3 sum p(1-g) + 0.7 sum (1-p)g + 1) (Salehi et al. 2017)."""
    shared, alarms, missed = (p * g).sum(), (p * (1 - g)).sum(), ((1 - p) * g).sum()
    return 1 - (shared + 1) / (shared + 0.3 * alarms + 0.7 * missed + 1)


def generalised_dice(prediction: Tensor, truth: Tensor) -> Tensor:
    """1 - 2 sum_c w_c sum p_c g_c / sum_c w_c (sum p_c + sum g_c) (Sudre et al. 2017).

    The classes are lesion (p, g) and background (1-p, 1-g), w_c = 1 / (sum g_c)^2. A class without
    a pixel in the batch takes the other's weight, so nothing needs smoothing.
    """
    p, g = (torch.stack([x, 1 - x]).flatten(1) for x in (prediction, truth))  # (2, pixels)
    sizes = g.sum(1)
    weights = 1 / torch.where(sizes > 0, sizes, sizes.max()).square()
    shared, whole = (p * g).sum(1), p.sum(1) + sizes
    return 1 - 2 * (weights * shared).sum() / (weights * whole).sum()


def cross_entropy(p: Tensor, g: Tensor) -> Tensor:
    """The mean of -g log p - (1-g) log(1-p); logarithms are kept above -100."""
    return functional.binary_cross_entropy(p, g)


LOSSES: Mapping[str, Loss] = {
    "dice": dice,
    "tversky": tversky,
    "generalised-dice": generalised_dice,
    "cross-entropy": cross_entropy,
}
