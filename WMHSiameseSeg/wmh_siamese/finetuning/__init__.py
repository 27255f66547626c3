"""Fine-tuning: a model learns from corrected cases, and is compared with what it came from."""
