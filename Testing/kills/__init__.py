"""Commands, worker, trainings and imports, killed at any moment, and who sweeps what is left."""
