"""The losses that the content loss is set beside: Dice, Tversky, generalised Dice (paper, 3.2.4).

Each takes the generator's sigmoid output and the labels, (N, 1, H, W), and gives a scalar. Sums run
over the whole batch: most slices hold no lesion, and the ratio of such a slice is decided by its
smoothing term alone, so a mean over slices would be ruled by the slices that teach least.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType

import torch
from torch import Tensor
from torch.nn import functional

from wmh_siamese.errors import WMHError

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
        WMHError: ``missing-dependency`` when the loss comes from MONAI, which is not installed.

    Example:
        >>> truth = torch.tensor([[[[1.0, 0.0]]]])
        >>> round(overlap_loss("cross-entropy")(torch.full_like(truth, 0.5), truth).item(), 4)
        0.6931
    """
    if name not in LOSSES:
        raise ValueError(f"The loss must be one of {', '.join(LOSSES)}, got {name!r}.")
    loss = LOSSES[name]()

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


def dice() -> Loss:
    """1 - (2 sum pg + 1) / (sum p^2 + sum g^2 + 1) (Milletari et al. 2016)."""
    loss: Loss = _monai().DiceLoss(squared_pred=True, smooth_nr=1, smooth_dr=1, batch=True)
    return loss


def tversky() -> Loss:
    """1 - (sum pg + 1) / (sum pg + 0.3 sum p(1-g) + 0.7 sum (1-p)g + 1) (Salehi et al. 2017)."""
    loss: Loss = _monai().TverskyLoss(alpha=0.3, beta=0.7, smooth_nr=1, smooth_dr=1, batch=True)
    return loss


def generalised_dice() -> Loss:
    """1 - 2 sum_c w_c sum p_c g_c / sum_c w_c (sum p_c + sum g_c) (Sudre et al. 2017).

    The classes are lesion (p, g) and background (1-p, 1-g), w_c = 1 / (sum g_c)^2. A class without
    a pixel in the batch takes the other's weight, so nothing needs smoothing.
    """
    weighted = _monai().GeneralizedDiceLoss(w_type="square", smooth_nr=0, smooth_dr=0, batch=True)

    def of_two_classes(prediction: Tensor, truth: Tensor) -> Tensor:
        loss: Tensor = weighted(
            torch.cat([prediction, 1 - prediction], dim=1), torch.cat([truth, 1 - truth], dim=1)
        )
        return loss

    return of_two_classes


def cross_entropy() -> Loss:
    """The mean of -g log p - (1-g) log(1-p); logarithms are kept above -100."""
    return functional.binary_cross_entropy


LOSSES: Mapping[str, Callable[[], Loss]] = {
    "dice": dice,
    "tversky": tversky,
    "generalised-dice": generalised_dice,
    "cross-entropy": cross_entropy,
}


def _monai() -> ModuleType:
    """MONAI's losses, imported where one is asked for: segmenting does without the package."""
    try:
        import monai.losses
    except ModuleNotFoundError as error:
        raise WMHError(
            "missing-dependency",
            "The overlap losses come from the Python package monai, which is not installed.",
            "Install it (pip install monai) and try again.",
        ) from error
    return monai.losses
