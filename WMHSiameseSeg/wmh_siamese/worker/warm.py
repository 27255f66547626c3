"""``warm``: load a model before it is needed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wmh_siamese.worker.asker import Asker
from wmh_siamese.worker.lines import DEVICES, choice_of, path_of
from wmh_siamese.worker.workshop import Workshop


@dataclass(frozen=True)
class Warm:
    """Load a model and keep it."""

    model: Path
    device: str


def warm_request(line: Mapping[str, Any]) -> Warm:
    """The typed request of a line.

    Raises:
        WMHError: ``internal``, with the field that is missing or wrong.
    """
    return Warm(path_of(line, "model"), choice_of(line, "device", DEVICES))


def run_warm(work: Warm, asker: Asker, workshop: Workshop) -> dict[str, Any]:
    """The fields of the result event (``bad-model`` when the model cannot be used)."""
    began = time.perf_counter()
    segmenter = workshop.segmenter(work.model, work.device, asker)
    return {"device": segmenter.device_name, "seconds": time.perf_counter() - began}
