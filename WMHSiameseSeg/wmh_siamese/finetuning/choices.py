"""What a person may choose of a fine-tuning; known without loading torch."""

from __future__ import annotations

from typing import Literal, get_args

Effort = Literal["usual", "quick", "thorough"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)

WEIGHT_BESIDE_CONTENT = 3000.0
"""Of a second term, on [0, 1], beside the content loss: both send gradients of like size then
(docs/experiments.md)."""

SETTINGS = (
    *("loss", "extra_loss", "extra_weight", "epochs", "batches", "batch_size"),
    *("learning_rate", "rotation_degrees", "frozen_statistics", "seed", "precision"),
)
"""Fields of the training settings that may be given instead of the effort's choices."""
