"""How soon the worker is warm, and that it stays so."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.report import Figure
from bench.setting import Setting
from bench.worker_line import WorkerLine

GROUP = "Start of the worker"


def figures(setting: Setting) -> Iterator[Figure]:
    """Seconds to hello and to the model, and model loads afterwards."""
    starts = [started(setting) for _ in range(setting.repeats)]
    hello, warm = (min(times) for times in zip(*starts, strict=True))
    note = f"best of {len(starts)}, programs in the file cache"
    yield Figure(GROUP, "process to hello", hello, "s", note=note)
    yield Figure(GROUP, "process to warm model", warm, "s", at_most=6, note=note)
    yield Figure(
        GROUP, "model loading in the second run", second_load(setting), "s", at_least=0, at_most=0
    )


def started(setting: Setting) -> tuple[float, float]:
    """Seconds from nothing to hello, and to the loaded model."""
    began = time.perf_counter()
    with WorkerLine() as worker:
        hello = time.perf_counter() - began
        worker.warm(setting.model)
        return hello, time.perf_counter() - began


def second_load(setting: Setting) -> float:
    """Seconds that a worker's second run spends on loading the model."""
    with WorkerLine() as worker:
        worker.segment(setting.volume, setting.model, setting.folder)
        _, answer = worker.segment(setting.volume, setting.model, setting.folder)
    return float(answer["timings"]["load"])
