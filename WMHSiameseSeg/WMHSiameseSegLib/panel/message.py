"""One message in plain words on a label."""

from __future__ import annotations

from collections.abc import Sequence

import qt

from WMHSiameseSegLib.panel.finding import Finding, Weight, sentences

# No colour of the text itself: it stays readable in light and dark themes alike.
COMPLAINT_STYLE = "border: 0 solid #e05252; border-left-width: 3px; padding-left: 6px;"
COMPLAINT_MARK = "⚠"


class PanelMessage:
    """Says what happened and what is wrong; an empty message takes no room.

    Args:
        label: shows it.
    """

    def __init__(self, label: qt.QLabel) -> None:
        self._label = label
        label.setTextFormat(qt.Qt.PlainText)
        self.say("")

    @property
    def text(self) -> str:
        return self._label.text

    def say(self, text: str) -> None:
        """A message."""
        self._show(text, "")

    def add(self, text: str) -> None:
        """A further line below the message that is there."""
        self._show("\n".join(filter(None, (self.text, text))), self._label.styleSheet)

    def complain(self, text: str) -> None:
        """What went wrong, and what to do."""
        self._show(f"{COMPLAINT_MARK} {text}" if text else "", COMPLAINT_STYLE if text else "")

    def refuse(self, findings: Sequence[Finding]) -> bool:
        """Whether something forbids it; it is said then."""
        reasons = sentences(findings, Weight.STOP)
        if reasons:
            self.complain("\n".join(reasons))
        return bool(reasons)

    def _show(self, text: str, style: str) -> None:
        self._label.setStyleSheet(style)
        self._label.setText(text)
        self._label.setVisible(bool(text))
