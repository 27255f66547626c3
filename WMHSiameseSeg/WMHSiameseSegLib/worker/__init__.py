"""The engine's worker process: starting, asking, progress, cancel and death."""
