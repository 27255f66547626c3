"""A warm worker as the panel uses it: a child process that is asked in JSON lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import wmh_siamese
from wmh_siamese.volumes.volume import Volume

ENGINE = Path(wmh_siamese.__file__).resolve().parents[1]
BENCH = Path(__file__).resolve().parents[1]


class WorkerLine:
    """Starts the worker and says hello; ends it with the block.

    Args:
        arguments: of Python; the worker itself when left out.
    """

    def __init__(self, arguments: tuple[str, ...] = ("-m", "wmh_siamese.worker")) -> None:
        path = os.pathsep.join([str(ENGINE), str(BENCH)])
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
        self.hello = self._next()

    def __enter__(self) -> WorkerLine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(30)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """The result of a request.

        Raises:
            RuntimeError: when the worker answers with an error or ends.
        """
        request = {"id": 1, "do": do, **fields}
        if self._process.stdin is None:
            raise RuntimeError("the worker has no stdin")
        self._process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
        self._process.stdin.flush()
        while True:
            event = self._next()
            if event["event"] == "result":
                return event
            if event["event"] == "error":
                raise RuntimeError(f"{event['sentence']} {event['way_out']}")

    def warm(self, model: Path, device: str = "cpu") -> dict[str, Any]:
        """Load a model."""
        return self.ask("warm", model=str(model), device=device)

    def segment(
        self, volume: Volume, model: Path, folder: Path, device: str = "cpu"
    ) -> tuple[Path, dict[str, Any]]:
        """Write the volume, ask, and tell where the probability lies."""
        flair, probability = folder / "flair.npy", folder / "probability.npy"
        np.save(flair, volume.array)
        answer = self.ask(
            "segment",
            volume=str(flair),
            affine=volume.affine.tolist(),
            model=str(model),
            device=device,
            probability=str(probability),
        )
        return probability, answer

    def _next(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise RuntimeError("the worker ended")
        event: dict[str, Any] = json.loads(line)
        return event
