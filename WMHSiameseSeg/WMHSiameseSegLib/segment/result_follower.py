"""Keeps mask and figures of a result in step with the sliders and with edits by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import qt
from numpy.typing import NDArray
from wmh_siamese.segmenting.readouts import Lesions, Readouts, read_out

from WMHSiameseSegLib.scene.place import bring_together
from WMHSiameseSegLib.scene.scene import Result
from WMHSiameseSegLib.scene.surface_pause import SurfacePause
from WMHSiameseSegLib.scene.voxels import BoolArray
from WMHSiameseSegLib.segment.readout_table import Figures, rename_rows, write_table
from WMHSiameseSegLib.segment.result_events import ResultEvents
from WMHSiameseSegLib.segment.segment_states import SegmentState, look_at_segments
from WMHSiameseSegLib.worker.background import Background, Job

DEBOUNCE_MS = 300


@dataclass(frozen=True)
class Cut:
    """How a mask is cut from a probability: threshold in (0, 1), least volume in mm3."""

    threshold: float
    min_volume_mm3: float


class ResultFollower:
    """Follows one result at a time.

    The components of the last threshold are kept, so that the size slider costs a look-up. Edits
    are known by comparing the segment with the mask that was computed last; events only say when
    to look.

    Args:
        background: where masks and figures are computed.
        show: hears the figures of the followed result, or None when there is none.
        may_lose_edits: asks a person before edits are computed away.
    """

    def __init__(
        self,
        background: Background,
        show: Callable[[Figures | None], None],
        may_lose_edits: Callable[[], bool],
    ) -> None:
        self._background = background
        self._show = show
        self._may_lose_edits = may_lose_edits
        self.result: Result | None = None
        self.figures: Figures | None = None
        self.in_place = True
        self._events = ResultEvents(self._on_touched)
        self._states: list[SegmentState] = []  # as they were looked at last, the followed one last
        self._known: dict[SegmentState, Readouts] = {}
        self._lesions: tuple[float, Lesions] | None = None
        self._wanted: Cut | None = None
        self._job: Job | None = None
        self._counting: Job | None = None
        self._writing = False
        self._touched = False
        self._asking = False
        self._surfaces = SurfacePause()
        self._debounce = qt.QTimer()
        self._debounce.setSingleShot(True)
        self._debounce.setInterval(DEBOUNCE_MS)
        self._debounce.timeout.connect(self.look)

    def follow(self, result: Result | None) -> None:
        """Follow this result from now on, showing what its segment holds."""
        self._let_go()
        self.result = result
        if result is None:
            self._tell([])
            return
        self._events.observe(result)
        self.look()

    def adopt(
        self, result: Result, lesions: Lesions, mask: BoolArray, readouts: Readouts, cut: Cut
    ) -> None:
        """Follow a result that has just been computed, and write its mask."""
        self._let_go()
        self.result = result
        self._lesions = (cut.threshold, lesions)
        self._write(mask, readouts, cut)
        self._events.observe(result)
        self.look()  # at segments kept from earlier runs

    def cut(self, cut: Cut) -> bool:
        """Cut the mask anew; False when it stays as it is, for its edits or for its place."""
        result = self.result
        if result is None or self._asking or self._lost(result) or cut == self._present_cut(result):
            return True
        if self._wanted is None and not (self._together() and self._may_replace()):
            return False
        self._wanted = cut
        if self._job is None:
            self._start()
        return True

    def edited(self) -> bool:
        """Whether the segment differs from what was computed, also within the debounce time."""
        if self._touched:
            self.look()
        return any(state.edited for state in self._states[-1:])

    def look(self) -> None:
        """Find out what was changed of segments, place or names, by whatever hand; count it."""
        self._touched = False
        self._debounce.stop()
        result = self.result
        if result is None or self._lost(result):
            return
        together, masks = self._together(), look_at_segments(result)
        shown = self.figures is not None or self._counting is not None
        if not (together and shown and list(masks) == self._states):
            self._show_states(masks, together)
        elif self._counting is None:
            rename_rows(result)

    @property
    def busy(self) -> bool:
        """Whether mask or figures are still to follow a slider or an edit."""
        return self._job is not None or self._counting is not None or self._touched

    def mask(self) -> BoolArray | None:
        """The followed segment as it is now; None when nothing is followed."""
        return self.result.mask() if self.result is not None and self.result.complete else None

    def close(self) -> None:
        """Observe nothing and follow nothing any more."""
        self._let_go()
        self.result = None

    def _lost(self, result: Result) -> bool:
        """Whether somebody removed a part of the result; it is let go then."""
        if result.complete:
            return False
        rename_rows(result)
        self.follow(None)
        return True

    def _present_cut(self, result: Result) -> Cut:
        return self._wanted or Cut(result.threshold, result.min_volume_mm3)

    def _may_replace(self) -> bool:
        if not self.edited():
            return True
        self._asking = True
        try:
            return self._may_lose_edits()
        finally:
            self._asking = False

    def _start(self) -> None:
        result, cut = self.result, self._wanted
        if result is None or cut is None:
            return
        grid, kept = result.grid, self._lesions
        probability = result.probability
        if kept is not None and kept[0] == cut.threshold:
            lesions = kept[1]

            def work() -> tuple[Lesions, BoolArray, Readouts]:
                return _cut(lesions, cut, grid.affine)
        else:
            certainty = result.provenance.certainty  # read here: nodes are not for other threads

            def work() -> tuple[Lesions, BoolArray, Readouts]:
                fresh = Lesions(probability, cut.threshold, grid.voxel_mm3, certainty)
                return _cut(fresh, cut, grid.affine)

        self._job = self._background.run(work, lambda made: self._on_cut(cut, *made), self._forget)

    def _on_cut(self, cut: Cut, lesions: Lesions, mask: BoolArray, readouts: Readouts) -> None:
        self._job = None
        self._lesions = (cut.threshold, lesions)
        if self.result is None or self._lost(self.result):
            return
        if not self._together():
            self._wanted = None
            self.look()
            return
        if self._wanted == cut:
            self._wanted = None
        self._write(mask, readouts, cut)
        if self._wanted is not None:
            self._start()

    def _write(self, mask: BoolArray, readouts: Readouts, cut: Cut) -> None:
        self._writing = True
        self._surfaces.begin(self.result.node)
        try:
            self.result.write_mask(mask, cut.threshold, cut.min_volume_mm3)
        finally:
            self._writing = False
        self._surfaces.rest(drawable=readouts.positive_voxels > 0)
        self._touched = False
        own = SegmentState.of(self.result, mask)
        self._states = [*self._states[:-1], own]
        self._known[own] = readouts
        if self._counting is not None:
            self._stop_counting()
            self._states = [own]
            self._on_touched()  # what else was being counted is counted later
        self._tell([own])

    def _show_states(self, masks: dict[SegmentState, BoolArray], together: bool) -> None:
        before, self._states = self._states, list(masks)
        if not together or {s.place for s in before} != {s.place for s in self._states}:
            self._lesions = None  # their sizes in mm3 are those of a grid
        if together:
            self._count(masks)
        else:
            self._stop_counting()
            self._tell([])

    def _together(self) -> bool:
        """Whether FLAIR, mask and probability lie in one place; nothing is written otherwise."""
        self.in_place = bring_together(self.result)
        return self.in_place

    def _count(self, masks: dict[SegmentState, BoolArray]) -> None:
        """Count what is not known yet; the followed segment comes last."""
        affine = self.result.grid.affine
        self._stop_counting()
        known = {state: self._known[state] for state in masks if state in self._known}
        new = {state: mask for state, mask in masks.items() if state not in known}

        def work() -> dict[SegmentState, Readouts]:
            return {state: read_out(mask, affine) for state, mask in new.items()}

        def done(counted: dict[SegmentState, Readouts]) -> None:
            self._counting = None
            self._known = {**known, **counted}
            self._tell(list(masks))

        self._counting = self._background.run(work, done, self._forget)

    def _stop_counting(self) -> None:
        """What is being counted is not the mask any more."""
        if self._counting is not None:
            self._counting.abandon()
            self._counting = None

    def _tell(self, states: list[SegmentState]) -> None:
        """Show and note down the figures of these segments; the followed one comes last."""
        figures = [Figures(self._known[state], state.edited) for state in states]
        self.figures = figures[-1] if figures else None
        if self.figures is not None and self.result.complete:
            kept = {s.segment_id: f for s, f in zip(states[:-1], figures, strict=False)}
            write_table(self.result, self.figures, kept)
        self._show(self.figures)

    def _on_touched(self) -> None:
        if not self._writing:
            self._touched = True
            self._debounce.start()

    def _forget(self, error: Exception) -> None:
        self._job = self._counting = None
        raise error

    def _let_go(self) -> None:
        self._events.forget()
        self._surfaces.end()
        self._debounce.stop()
        if self._job is not None:
            self._job.abandon()
        self._stop_counting()
        self._job = self._wanted = self._lesions = None
        self._states, self._known = [], {}
        self._touched, self.in_place = False, True


def _cut(
    lesions: Lesions, cut: Cut, affine: NDArray[np.float64]
) -> tuple[Lesions, BoolArray, Readouts]:
    return (
        lesions,
        lesions.mask(cut.min_volume_mm3),
        lesions.read_out(cut.min_volume_mm3, affine),
    )
