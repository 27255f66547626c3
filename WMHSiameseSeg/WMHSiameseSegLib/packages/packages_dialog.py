"""The Python packages of the worker: what is there, installing it again, taking it away."""

from __future__ import annotations

import html
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from WMHSiameseSegLib.packages.installation import Installation, InstallationError
from WMHSiameseSegLib.packages.installed_packages import (
    brought_packages,
    installed_packages,
    removable,
)
from WMHSiameseSegLib.packages.requirement import installed_version
from WMHSiameseSegLib.panel.message import PanelMessage

_UI_FILE = Path(__file__).parents[2] / "Resources" / "UI" / "PackagesDialog.ui"
_AGAIN, _UNINSTALL = 1, 2


def show_packages(installation: Installation, message: PanelMessage) -> None:
    """Show the packages, and do what is chosen there; closing the window changes nothing."""
    dialog = slicer.util.loadUI(str(_UI_FILE))
    ui = slicer.util.childWidgetVariables(dialog)
    brought = removable(brought_packages(), installed_packages())
    ui.packagesText.setText(_text(installation))
    ui.uninstallButton.setEnabled(bool(brought))
    ui.againButton.clicked.connect(lambda: dialog.done(_AGAIN))
    ui.uninstallButton.clicked.connect(lambda: dialog.done(_UNINSTALL))
    ui.closeButton.clicked.connect(lambda: dialog.done(0))
    chosen = int(dialog.exec_())
    dialog.deleteLater()
    try:
        if chosen == _AGAIN:
            _install_again(installation, message)
        elif chosen == _UNINSTALL:
            _uninstall(brought, installation, message)
    except InstallationError as error:
        message.complain(str(error))


def build_mismatch(torch: str | None, torchvision: str | None) -> str:
    """What is wrong with a torch and a torchvision of different builds; empty when nothing is.

    The part after the plus tells for which kind of computing a build was made, as in 2.6.0+cpu.
    """
    builds = [(version or "").partition("+")[2] for version in (torch, torchvision)]
    if torch and torchvision and builds[0] != builds[1] and "cpu" in builds:
        said = _(
            "PyTorch {torch} and torchvision {torchvision} are builds that do not fit together. "
            "This module needs no torchvision, but other extensions may; “Log → Packages… → "
            "Install again…” installs both anew."
        )
        return said.format(torch=torch, torchvision=torchvision)
    return ""


def _text(installation: Installation) -> str:
    nothing = _("not installed")  # outside the f-string, where lupdate reads it
    rows = "".join(
        f"<tr><td>{html.escape(str(requirement))}&nbsp;&nbsp;</td>"
        f"<td>{html.escape(version or nothing)}</td></tr>"
        for requirement, version in installation.versions()
    )
    mismatch = build_mismatch(installed_version("torch"), installed_version("torchvision"))
    shared = _(
        "“Uninstall” removes only what this module has installed and no other package needs. "
        "Other extensions may have to install it again."
    )
    first = _("What segmenting needs in Slicer's own Python, and the versions found:")
    return "".join(
        f"<p>{paragraph}</p>"
        for paragraph in (first, f"<table>{rows}</table>", html.escape(mismatch), shared)
        if paragraph
    )


def _install_again(installation: Installation, message: PanelMessage) -> None:
    installation.repair(["torch", "nibabel", "safetensors"])
    message.say(_("Installed again. Click again to start."))


def _uninstall(brought: set[str], installation: Installation, message: PanelMessage) -> None:
    installation.check_idle()
    names = ", ".join(sorted(brought))
    question = _("Uninstall these packages from Slicer's Python?\n\n{names}").format(names=names)
    if slicer.util.confirmOkCancelDisplay(question, windowTitle=_("Uninstall packages")):
        installation.uninstall(brought)
        message.say(_("Uninstalled: {names}.").format(names=names))
