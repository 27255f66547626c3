"""Pictures of the held-out cases that a training changed most, each with a line in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import qt
from slicer.i18n import tr as _

MOST_PICTURES = 3
_NARROWEST = 300


def caption(picture: Mapping[str, Any]) -> str:
    """What changed in the slice, in words and voxels."""
    base, new = picture["base"], picture["new"]
    text = _(
        "{patient}, {position}; voxels of this slice: found {hits} → {new_hits}, missed "
        "{missed} → {new_missed}, false alarms {false} → {new_false}."
    )
    return text.format(
        patient=picture["patient"],
        position=picture["position"],
        hits=base["hits"],
        new_hits=new["hits"],
        missed=base["missed"],
        new_missed=new["missed"],
        false=base["false_alarms"],
        new_false=new["false_alarms"],
    )


class DifferenceView:
    """A picture and its caption for each case, as wide as the panel; hidden without any.

    Args:
        ui: the tab's widgets.
    """

    def __init__(self, ui: Any) -> None:
        self._ui = ui
        self._pairs = [(qt.QLabel(), qt.QLabel()) for _number in range(MOST_PICTURES)]
        layout = ui.differencesArea.layout()
        for picture, words in self._pairs:
            picture.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
            words.setWordWrap(True)
            words.setTextFormat(qt.Qt.PlainText)
            layout.addWidget(picture)
            layout.addWidget(words)
        self.show([])

    def show(self, pictures: Sequence[Mapping[str, Any]]) -> None:
        """Show these; their files may be deleted afterwards."""
        self._ui.differencesArea.setVisible(bool(pictures))
        width = max(self._ui.comparisonSentence.width, _NARROWEST)
        for number, (shown, words) in enumerate(self._pairs):
            there = number < len(pictures)
            shown.setVisible(there)
            words.setVisible(there)
            if there:
                drawn = qt.QPixmap(str(pictures[number]["file"]))
                text = caption(pictures[number])
                shown.setPixmap(drawn.scaledToWidth(width, qt.Qt.SmoothTransformation))
                shown.setAccessibleName(text)
                words.setText(text)
            else:
                shown.clear()
