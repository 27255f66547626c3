"""The one question before anything is installed."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from WMHSiameseSegLib.packages.installation import Choice
from WMHSiameseSegLib.packages.requirement import Requirement, total_size_text

_CHOICES = {1: Choice.INSTALL, 2: Choice.FOLDER}


def ask_to_install(ui_file: str, missing: Sequence[Requirement], why: str) -> Choice:
    """Show what is to be installed and how large it is; closing the window means to cancel."""
    dialog = slicer.util.loadUI(ui_file)
    ui = slicer.util.childWidgetVariables(dialog)
    ui.installText.setText(_question(missing, why))
    ui.installButton.clicked.connect(lambda: dialog.done(1))
    ui.folderButton.clicked.connect(lambda: dialog.done(2))
    ui.cancelButton.clicked.connect(lambda: dialog.done(0))
    chosen = dialog.exec_()
    dialog.deleteLater()
    return _CHOICES.get(int(chosen), Choice.CANCEL)


def ask_for_folder() -> Path | None:
    """An offline bundle or another folder of wheel files, or None."""
    name = qt.QFileDialog.getExistingDirectory(
        slicer.util.mainWindow(), _("Folder of wheels (.whl)")
    )
    return Path(name) if name else None


def _question(missing: Sequence[Requirement], why: str) -> str:
    items = "".join(
        f"<li>{html.escape(str(requirement))} ({total_size_text([requirement])})</li>"
        for requirement in missing
    )
    size = _("To download: {size} in all, into Slicer's own Python. This may take minutes.").format(
        size=total_size_text(missing)
    )
    offline = _(
        "Without a network, choose an offline bundle, or any folder with their wheel files and "
        "those they need."
    )
    return f"<p>{html.escape(why)}</p><ul>{items}</ul><p>{size}</p><p>{offline}</p>"
