"""One run of the network: a private folder, the worker, and what came back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import qt
from numpy.typing import NDArray
from slicer.i18n import tr as _
from wmh_siamese.errors import from_exception
from wmh_siamese.segmenting.readouts import Lesions, Readouts

from WMHSiameseSegLib.scene.provenance import Provenance
from WMHSiameseSegLib.scene.voxels import Grid
from WMHSiameseSegLib.segment.run_state import RunState, RunStateMachine
from WMHSiameseSegLib.worker.background import Background, Job
from WMHSiameseSegLib.worker.client import Event, WorkerClient
from WMHSiameseSegLib.worker.private_folder import make_private_folder, remove_in_time

PATIENCE_MS = 1500


@dataclass(frozen=True)
class SegmentRequest:
    """A volume and what to do with it.

    Attributes:
        array: (i, j, k) as a view on the volume's voxels.
        affine: (4, 4), IJK to RAS mm in the volume's own space.
        model: the model file.
        device: auto, cpu, cuda or mps.
        nonfinite: "refuse", or "zero" for voxels that are NaN or infinite.
        threshold: of the mask, in (0, 1).
        min_volume_mm3: lesions smaller than this are dropped from the mask.
    """

    array: NDArray[Any]
    affine: NDArray[np.float64]
    model: Path
    device: str
    nonfinite: str
    threshold: float
    min_volume_mm3: float


@dataclass(frozen=True)
class RunResult:
    """What a run brought: probability (i, j, k), its lesions, mask and figures, and what the
    worker said about it."""

    probability: NDArray[np.float32]
    lesions: Lesions
    mask: NDArray[np.bool_]
    readouts: Readouts
    said: Event


class RunListener(Protocol):
    """Hears how a run goes."""

    def on_progress(self, stage: str, done: int, of: int) -> None: ...

    def on_log(self, text: str) -> None: ...

    def on_result(self, result: RunResult) -> None: ...

    def on_failure(self, kind: str, sentence: str, way_out: str) -> None: ...

    def on_cancelled(self) -> None: ...


class SegmentRun:
    """Drives one run through its states; begun by ``start`` and over when the state is idle.

    Args:
        worker: the warm worker.
        background: where files are written and read.
        states: the run's state, shared with the panel; ``start`` expects ``STARTING``.
        listener: hears progress and outcome.
    """

    def __init__(
        self,
        worker: WorkerClient,
        background: Background,
        states: RunStateMachine,
        listener: RunListener,
    ) -> None:
        self._worker = worker
        self._background = background
        self._states = states
        self._listener = listener
        self._folder: Path | None = None
        self._identity: int | None = None
        self._job: Job | None = None
        self._request: SegmentRequest | None = None

    def start(self, request: SegmentRequest) -> None:
        """Write the volume beside the event loop, then ask the worker."""
        self._request = request
        try:
            self._folder = folder = make_private_folder()
        except OSError as error:
            self._fail_by(error)
            return
        # Fortran order of (i, j, k) is the memory order of the node: written without a copy
        self._job = self._background.run(
            lambda: np.save(folder / "flair.npy", request.array), self._ask, self._fail_by
        )

    def cancel(self) -> None:
        """Ask the worker to stop; end it when it has not done so within 1.5 s."""
        if self._states.state in (RunState.IDLE, RunState.CANCELLING):
            return
        if self._job is not None:
            self._job.abandon()
        self._states.go(RunState.CANCELLING)
        if self._identity is None:
            self._give_up()
            return
        self._worker.stop(self._identity)
        qt.QTimer.singleShot(PATIENCE_MS, self._end_stubborn(self._identity))

    def abandon(self) -> None:
        """End the run and the worker at once, without another word."""
        if self._job is not None:
            self._job.abandon()
        asked = self._identity is not None
        self._identity = None
        if asked:
            self._worker.end()
        if not self._states.idle:
            self._finish()

    def _ask(self, _written: None) -> None:
        request, folder = self._request, self._folder
        if request is None or folder is None:
            return
        self._job = None
        self._identity = self._worker.ask(
            {
                "do": "segment",
                "volume": str(folder / "flair.npy"),
                "affine": request.affine.tolist(),
                "model": str(request.model),
                "device": request.device,
                "nonfinite": request.nonfinite,
                "probability": str(folder / "probability.npy"),
                "folder": str(folder),
            },
            self._hear,
        )

    def _hear(self, event: Event) -> None:
        kind = event["event"]
        if kind in ("result", "error"):
            self._identity = None
        if self._states.state is RunState.CANCELLING:
            if kind in ("result", "error"):
                self._give_up()
            return
        if self._states.state is RunState.STARTING and kind != "error":
            self._states.go(RunState.RUNNING)
        if kind == "progress":
            self._listener.on_progress(
                str(event.get("stage", "")), _number(event.get("done")), _number(event.get("of"))
            )
        elif kind == "log":
            self._listener.on_log(str(event.get("text", "")))
        elif kind == "error":
            self._fail(
                str(event.get("kind", "internal")),
                str(event.get("sentence", "")),
                str(event.get("way_out", "")),
            )
        elif kind == "result":
            self._import(event)

    def _import(self, said: Event) -> None:
        request, folder = self._request, self._folder
        if request is None or folder is None:
            return
        self._states.go(RunState.IMPORTING)
        self._listener.on_progress("importing", 0, 0)
        self._job = self._background.run(
            lambda: _load(folder / "probability.npy", request, said),
            self._deliver,
            self._fail_by,
        )

    def _deliver(self, result: RunResult) -> None:
        self._job = None
        try:
            self._listener.on_result(result)
        except Exception as error:
            logging.exception("the result could not be shown")
            self._fail_by(error)
            return
        self._finish()

    def _end_stubborn(self, identity: int) -> Callable[[], None]:
        def end() -> None:
            if self._states.state is RunState.CANCELLING and self._identity == identity:
                self._identity = None
                self._worker.end()
                self._give_up()

        return end

    def _give_up(self) -> None:
        self._finish()
        self._listener.on_cancelled()

    def _fail_by(self, error: Exception) -> None:
        known = from_exception(error)
        self._fail(known.kind, known.sentence, known.way_out)

    def _fail(self, kind: str, sentence: str, way_out: str) -> None:
        self._finish()
        self._listener.on_failure(kind, sentence or _("The run failed."), way_out)

    def _finish(self) -> None:
        """Leave nothing behind and be idle."""
        self._job = self._request = None
        folder, self._folder = self._folder, None
        if folder is not None:
            remove_in_time(folder, lambda: self._worker.ending)
        self._states.go(RunState.IDLE)


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _load(path: Path, request: SegmentRequest, said: Event) -> RunResult:
    probability = np.load(path, allow_pickle=False)
    if probability.shape != request.array.shape or probability.dtype != np.float32:
        raise ValueError(
            f"the worker's probability is {probability.dtype} {probability.shape} "
            f"for a volume of {request.array.shape}"
        )
    lesions = Lesions(
        *(probability, request.threshold, Grid(request.array.shape, request.affine).voxel_mm3),
        Provenance.of_run(said).certainty,
    )
    return RunResult(
        probability=probability,
        lesions=lesions,
        mask=lesions.mask(request.min_volume_mm3),
        readouts=lesions.read_out(request.min_volume_mm3, request.affine),
        said=said,
    )
