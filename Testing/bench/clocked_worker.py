"""The worker with a clock on its generator: ``python -m bench.clocked_worker CLOCK``.

At each event ``result`` the file CLOCK holds a line ``BEGAN ENDED`` for every batch
since the process began, in seconds.
"""

from __future__ import annotations

import sys
from pathlib import Path

from wmh_siamese.worker import service
from wmh_siamese.worker.streams import Events

from bench.generator_clock import clocked_generator


def main() -> None:
    """Serve as the worker does."""
    clock = Path(sys.argv[1])
    plain = Events.send
    with clocked_generator() as runs:

        def send(self: Events, **event: object) -> None:
            if event.get("event") == "result":
                clock.write_text(
                    "\n".join(f"{run.began} {run.ended}" for run in runs), encoding="ascii"
                )
            plain(self, **event)

        Events.send = send  # type: ignore[method-assign]
        service.main()


if __name__ == "__main__":
    main()
