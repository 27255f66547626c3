"""When to look at a result again: what Slicer fires as its segments change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer

from WMHSiameseSegLib.scene.scene import Result


class ResultEvents:
    """Observes the segments of one result at a time.

    Painting fires SourceRepresentationModified; Undo and Redo fire SegmentModified alone.

    Args:
        touched: called at each event; many come for one act.
    """

    def __init__(self, touched: Callable[[], None]) -> None:
        self._touched = touched
        self._observed: list[tuple[Any, int]] = []

    def observe(self, result: Result) -> None:
        """Observe this result, and no other."""
        self.forget()
        segments = slicer.vtkSegmentation
        segmentation = result.node.GetSegmentation()
        for event in (
            segments.SourceRepresentationModified,
            segments.SegmentModified,
            segments.SegmentAdded,
            segments.SegmentRemoved,
        ):
            self._watch(segmentation, event)

    def forget(self) -> None:
        """Observe nothing any more."""
        for observed, tag in self._observed:
            observed.RemoveObserver(tag)
        self._observed = []

    def _watch(self, observed: Any, event: int) -> None:
        self._observed.append((observed, observed.AddObserver(event, self._on_event)))

    def _on_event(self, _caller: Any, _event: str) -> None:
        self._touched()
