"""One short fine-tuning; prints how long each step took and the most memory it needed, as JSON."""

from __future__ import annotations

import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from wmh_siamese.cases.case import Case
from wmh_siamese.finetuning.effort import finetuning_settings
from wmh_siamese.finetuning.finetune import finetune
from wmh_siamese.models.model_file import read_card
from wmh_siamese.networks.devices import choose_device
from wmh_siamese.networks.vgg_weights import read_vgg_weights

from bench.memory import status_bytes


def run(work: dict[str, Any]) -> dict[str, Any]:
    """Seconds of each step but the first, bytes at the peak (0 where unknown), and the device."""
    base, moments = Path(work["base"]), list[float]()
    vgg = read_vgg_weights(Path(work["vgg"])) if work["vgg"] else None
    finetune(
        base,
        [Case("bench", "case", Path(work["flair"]), Path(work["mask"]))],
        (),
        vgg,
        Path(work["output"]),
        finetuning_settings(read_card(base), 1, **work["settings"]),
        name="bench",
        on_step=lambda done: moments.append(time.perf_counter()),
    )
    status = Path("/proc/self/status")
    peak = status_bytes(status.read_text(encoding="ascii"))["VmHWM"] if status.exists() else 0
    seconds = [after - before for before, after in pairwise(moments)]
    return {"seconds": seconds, "peak": peak, "device": choose_device().type}


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]))))
