"""One model file: weights, recipe and card; which models come along."""
