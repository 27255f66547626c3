"""What the next corrected case is made of: volume, segment, and the user's words about it."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from WMHSiameseSegLib.library.corrected_case import is_other, lesion_segment, segment_names
from WMHSiameseSegLib.library.table import role_name
from WMHSiameseSegLib.panel.plain_text import unformatted
from WMHSiameseSegLib.scene.scene import results_of

ROLES = ("training", "held-out")


class CaseChoice:
    """The selectors and fields of a case.

    Args:
        ui: the tab's widgets.
    """

    def __init__(self, ui: Any) -> None:
        self._ui = ui
        self._segments: list[str] = []
        self._flair_id = ""  # the words are about this one
        self._observed: list[tuple[Any, int]] = []
        for role in ROLES:
            ui.roleSelector.addItem(role_name(role))
        ui.caseFlairSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._on_flair)
        ui.caseSegmentationSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._on_node)

    @property
    def flair(self) -> slicer.vtkMRMLScalarVolumeNode | None:
        return self._ui.caseFlairSelector.currentNode()

    @property
    def segmentation(self) -> slicer.vtkMRMLSegmentationNode | None:
        return self._ui.caseSegmentationSelector.currentNode()

    @property
    def segment_id(self) -> str:
        index = self._ui.caseSegmentSelector.currentIndex
        return self._segments[index] if 0 <= index < len(self._segments) else ""

    def words(self) -> dict[str, str]:
        """Patient, role and note, as the library takes them."""
        ui = self._ui
        return {
            "patient": ui.patientEdit.text.strip(),
            "role": ROLES[max(ui.roleSelector.currentIndex, 0)],
            "note": ui.noteEdit.text.strip(),
        }

    def about(self) -> tuple[str, dict[str, str]]:
        """Which scan is chosen, and the words about it."""
        return self._flair_id, self.words()

    def choose(
        self,
        flair: slicer.vtkMRMLScalarVolumeNode,
        segmentation: slicer.vtkMRMLSegmentationNode,
        patient: str,
        role: str,
    ) -> None:
        """Offer a case that has just been opened, to be corrected and added again."""
        self._ui.caseFlairSelector.setCurrentNode(flair)
        self._ui.caseSegmentationSelector.setCurrentNode(segmentation)
        self._ui.patientEdit.setText(patient)
        self._ui.roleSelector.setCurrentIndex(ROLES.index(role) if role in ROLES else 0)

    def forget_words(self) -> None:
        """Empty the fields, so that no other scan gets this patient and its role for life."""
        for edit in (self._ui.patientEdit, self._ui.noteEdit):
            edit.setText("")
        self._ui.roleSelector.setCurrentIndex(0)

    def close(self) -> None:
        """Observe nothing any more."""
        for observed, tag in self._observed:
            observed.RemoveObserver(tag)
        self._observed = []

    def _on_flair(self, flair: slicer.vtkMRMLNode | None) -> None:
        """Offer the mask that was last made of this volume; words were about the one before."""
        flair_id = flair.GetID() if flair is not None else ""
        if self._flair_id and flair_id != self._flair_id:
            self.forget_words()
        self._flair_id = flair_id
        results = results_of(flair) if flair is not None else []
        if results and self.segmentation is not results[-1].node:
            self._ui.caseSegmentationSelector.setCurrentNode(results[-1].node)

    def _on_node(self, node: slicer.vtkMRMLNode | None) -> None:
        self.close()
        if node is not None:
            segmentation = node.GetSegmentation()
            events = slicer.vtkSegmentation
            for event in (events.SegmentAdded, events.SegmentRemoved, events.SegmentModified):
                tag = segmentation.AddObserver(event, self._on_segments)
                self._observed.append((segmentation, tag))
        self._list_segments()

    def _on_segments(self, _caller: Any, _event: str) -> None:
        node = self.segmentation
        names = segment_names(node) if node is not None else {}
        if self._shown() != list(names.items()):
            self._list_segments()

    def _shown(self) -> list[tuple[str, str]]:
        selector = self._ui.caseSegmentSelector
        return [(identity, selector.itemText(n)) for n, identity in enumerate(self._segments)]

    def _list_segments(self) -> None:
        node, before = self.segmentation, self.segment_id
        names = segment_names(node) if node is not None else {}
        selector = self._ui.caseSegmentSelector
        selector.clear()
        self._segments = list(names)
        for identity in self._segments:
            selector.addItem(names[identity])
        chosen = before if before in names else (lesion_segment(node) if names else "")
        if chosen:
            selector.setCurrentIndex(self._segments.index(chosen))
        others = [name for name in names.values() if is_other(name)]
        note = _("“{name}” is kept as label 2.").format(name=others[0]) if others else ""
        tip = note or _("The segment of the white matter hyperintensities.")
        selector.setToolTip(unformatted(tip))
