"""The engine tests' small head and model."""

from engine.conftest import flair, head, tiny_model  # noqa: F401

collect_ignore = ["nursery.py"]
