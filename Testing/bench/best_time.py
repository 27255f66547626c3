"""The best of several times: what the machine can do when nothing disturbs it."""

from __future__ import annotations

import time
from collections.abc import Callable


def best_seconds(work: Callable[[], object], least_seconds: float, repeats: int = 3) -> float:
    """Seconds of the quickest run of ``work``, after one that does not count.

    Args:
        work: what to time.
        least_seconds: it is repeated at least so long,
        repeats: and at least so often.
    """
    work()
    times: list[float] = []
    while len(times) < repeats or sum(times) < least_seconds:
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
