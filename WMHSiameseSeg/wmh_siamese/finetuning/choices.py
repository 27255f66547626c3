"""What a person may choose of a fine-tuning; known without loading torch."""

from __future__ import annotations

from typing import Literal, get_args

Effort = Literal["usual", "quick", "thorough"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)

SETTINGS = (
    *("loss", "extra_loss", "extra_weight", "epochs", "batches", "batch_size"),
    *("learning_rate", "rotation_degrees", "frozen_statistics", "seed", "precision"),
)
"""Fields of the training settings that may be given instead of the effort's choices."""
