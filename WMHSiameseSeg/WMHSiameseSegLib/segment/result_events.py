"""When to look at a result again: what Slicer fires as its segments, place or names change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
import vtk

from WMHSiameseSegLib.scene.scene import Result


class ResultEvents:
    """Observes segments, segmentation node and FLAIR of one result at a time.

    Painting fires SourceRepresentationModified, Undo and Redo fire SegmentModified alone, clearing
    a segment fires RepresentationModified alone, and a transform that is set or hardened changes
    the nodes.

    Args:
        touched: called at each event; many come for one act.
    """

    def __init__(self, touched: Callable[[], None]) -> None:
        self._touched = touched
        self._observed: list[tuple[Any, int]] = []

    def observe(self, result: Result) -> None:
        """Observe this result, and no other."""
        self.forget()
        segments, moved = slicer.vtkSegmentation, slicer.vtkMRMLTransformableNode
        segmentation = result.node.GetSegmentation()
        for event in (
            segments.SourceRepresentationModified,
            segments.RepresentationModified,
            segments.SegmentModified,
            segments.SegmentAdded,
            segments.SegmentRemoved,
        ):
            self._watch(segmentation, event)
        self._watch(result.node, moved.TransformModifiedEvent)
        if result.flair is not None:
            self._watch(result.flair, moved.TransformModifiedEvent)
            self._watch(result.flair, vtk.vtkCommand.ModifiedEvent)

    def forget(self) -> None:
        """Observe nothing any more."""
        for observed, tag in self._observed:
            observed.RemoveObserver(tag)
        self._observed = []

    def _watch(self, observed: Any, event: int) -> None:
        self._observed.append((observed, observed.AddObserver(event, self._on_event)))

    def _on_event(self, _caller: Any, _event: str) -> None:
        self._touched()
