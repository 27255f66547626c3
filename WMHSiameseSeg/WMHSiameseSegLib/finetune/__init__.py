"""The tab Fine-tune: training on corrected cases, and the comparison with the base model."""
