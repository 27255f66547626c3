"""What a generator minimises: one of the paper's losses, perhaps with a second term."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from wmh_siamese.networks.losses import overlap_loss
from wmh_siamese.networks.siamese import ContentLoss
from wmh_siamese.training.settings import TrainingSettings


class TrainingLoss:
    """The loss of a batch: content or overlap loss, plus the weighted second term.

    Label 2 (other pathology) is not learnt from: where it lies, the prediction is replaced by the
    truth, so that no gradient comes from there.

    Args:
        settings: which losses, and the label values.
        content: the Siamese content loss; needed for ``"content"`` and ``"min-max"`` alone.
        whole: gives the whole batch from this process's share of it. The overlap losses are ratios
            over the batch; the content loss is a mean over slices and needs only the share.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        content: ContentLoss | None,
        whole: Callable[[Tensor], Tensor] = lambda share: share,
    ) -> None:
        self.settings, self._whole = settings, whole
        self._content = content
        self._overlap = _overlap(None if settings.needs_vgg else settings.loss)
        self._extra = _overlap(settings.extra_loss)

    def __call__(self, images: Tensor, labels: Tensor, prediction: Tensor) -> Tensor:
        """A scalar; its gradient reaches ``prediction`` alone.

        Args:
            images: in [0, 1], (N, 1, H, W).
            labels: 0, 1 (lesion) and 2 (other pathology), (N, 1, H, W).
            prediction: the generator's sigmoid output, (N, 1, H, W).
        """
        truth, seen = self.truth_and_seen(labels, prediction)
        if self._overlap is not None:
            loss = self._overlap(self._whole(seen), self._whole(truth))
        else:
            assert self._content is not None, f"the loss {self.settings.loss} needs a VGG19"
            loss = self._content(images, truth, seen)
        if self._extra is not None:
            lesion = (labels == 1).float()
            seen = torch.where(labels == 2, lesion, prediction.float())
            extra = self._extra(self._whole(seen), self._whole(lesion))
            loss = loss + self.settings.extra_weight * extra
        return loss

    def truth_and_seen(self, labels: Tensor, prediction: Tensor) -> tuple[Tensor, Tensor]:
        """Truth in label values, and the prediction as the loss sees it, both (N, 1, H, W)."""
        low, high = self.settings.label_values
        truth = low + (high - low) * (labels == 1).float()
        return truth, torch.where(labels == 2, truth, prediction.float())


def _overlap(name: str | None) -> Callable[[Tensor, Tensor], Tensor] | None:
    return None if name is None else overlap_loss(name)
