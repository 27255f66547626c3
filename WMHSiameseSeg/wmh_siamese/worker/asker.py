"""Whoever asked for a piece of work: hears how far it is, and may want it to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wmh_siamese.errors import WMHError


@dataclass(frozen=True)
class Asker:
    """Whoever asked for a piece of work, who hears of it while it runs and may stop it.

    Attributes:
        progress: takes stage, done and of.
        say: takes a sentence for the user.
        stopped: whether the user wants it to end.
        epoch: takes the fields of an epoch of a training.
        discarded: whether nothing is to be left of what was stopped.
    """

    progress: Callable[[str, int, int], None]
    say: Callable[[str], None]
    stopped: Callable[[], bool]
    epoch: Callable[[dict[str, Any]], None] = lambda fields: None
    discarded: Callable[[], bool] = lambda: False


def stopped() -> WMHError:
    """The error of a run that the user ended."""
    return WMHError("stopped", "The run was stopped.")
