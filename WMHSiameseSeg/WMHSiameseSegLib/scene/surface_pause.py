"""Surfaces in the 3D view rest while a slider moves, because making them takes long."""

from __future__ import annotations

import qt
import slicer

REST_MS = 400


class SurfacePause:
    """Takes a segmentation's surfaces away and makes them again when nothing changed for 0.4 s.

    Slicer would make them anew at every change of the mask: up to a third of a second each time.
    """

    def __init__(self) -> None:
        self._node: slicer.vtkMRMLSegmentationNode | None = None
        self._drawable = False
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self.end)

    def begin(self, node: slicer.vtkMRMLSegmentationNode) -> None:
        """Before the mask of this node changes; does nothing where no surface is shown."""
        name = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
        if node.GetSegmentation().ContainsRepresentation(name):
            self._node = node
            node.RemoveClosedSurfaceRepresentation()

    def rest(self, drawable: bool) -> None:
        """After the mask has changed; an empty one has no surface and waits for the next."""
        self._drawable = drawable
        if self._node is not None and drawable:
            self._timer.start()
        else:
            self._timer.stop()

    def end(self) -> None:
        """Make the surfaces again, now; not of a node that has left the scene."""
        self._timer.stop()
        node, self._node = self._node, None
        if node is not None and node.GetScene() is not None and self._drawable:
            node.CreateClosedSurfaceRepresentation()
