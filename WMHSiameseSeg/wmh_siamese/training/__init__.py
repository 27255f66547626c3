"""Training: slices and batches, the loss, checkpoints, validation, weight averaging."""
