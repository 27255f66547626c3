"""The worker's peak memory for few and many slices."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.report import Figure
from bench.setting import Setting, with_slices
from bench.worker_line import WorkerLine

GROUP = "Worker's peak memory"
COUNTS = (20, 48, 182, 400)
QUICK_COUNTS = (6, 12)
SAMPLE_SECONDS = 0.02
KIB = 1024


@dataclass(frozen=True)
class Peak:
    """Highest resident memory of a process in bytes.

    Attributes:
        all: anonymous and file-backed together (VmHWM).
        anonymous: what it allocated; sampled.
        file: programs and the mapped volume and probability, which the system may take back;
            sampled.
    """

    all: int
    anonymous: int
    file: int


def figures(setting: Setting) -> Iterator[Figure]:
    """The peak by number of slices, and its growth."""
    if not Path("/proc/self/status").exists():
        yield Figure(GROUP, "peak", None, "GB", note="only measured on Linux")
        return
    counts = QUICK_COUNTS if setting.quick else COUNTS
    peaks = [peak_of_worker(setting, count) for count in counts]
    for count, peak in zip(counts, peaks, strict=True):
        note = f"allocated {peak.anonymous / 1e9:.2f} GB, file-backed {peak.file / 1e9:.2f} GB"
        yield Figure(GROUP, f"{count} slices", peak.all / 1e9, "GB", at_most=1.5, note=note)
    growth = 100 * (max(peak.anonymous for peak in peaks) / peaks[0].anonymous - 1)
    yield Figure(
        GROUP,
        f"growth of allocated memory, {counts[0]} to {counts[-1]} slices",
        growth,
        "%",
        at_most=10,
        note="file-backed memory holds the volume and its probability and grows with them",
    )


def peak_of_worker(setting: Setting, count: int) -> Peak:
    """The peak of a fresh worker that segments a volume of so many slices once."""
    with WorkerLine() as worker:
        status = Path(f"/proc/{worker.pid}/status")
        over = threading.Event()
        anonymous, file = [0], [0]

        def watch() -> None:
            while not over.wait(SAMPLE_SECONDS):
                now = status_bytes(status.read_text(encoding="ascii"))
                anonymous.append(now["RssAnon"])
                file.append(now["RssFile"] + now["RssShmem"])

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            worker.segment(with_slices(setting.volume, count), setting.model, setting.folder)
            peak = status_bytes(status.read_text(encoding="ascii"))["VmHWM"]
        finally:
            over.set()
            watcher.join()
    return Peak(peak, max(anonymous), max(file))


def status_bytes(text: str) -> dict[str, int]:
    """The sizes of a ``/proc/PID/status`` text, in bytes."""
    lines = (line.partition(":") for line in text.splitlines() if line.endswith(" kB"))
    return {name: int(value.split()[0]) * KIB for name, _, value in lines}
