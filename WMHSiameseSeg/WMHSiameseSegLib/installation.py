"""The Python packages that the worker needs: which are missing, asking, installing."""

from __future__ import annotations

import importlib
import logging
import shutil
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from WMHSiameseSegLib.brought_packages import (
    brought_packages,
    installed_packages,
    remember_brought,
    remove,
)
from WMHSiameseSegLib.pip_words import Overheard, reason_for
from WMHSiameseSegLib.requirement import Requirement, installed_version, size_text, will_do

log = logging.getLogger(__name__)

_UNPACKED = 3  # times the download: the wheels, and what lies in them


class Choice(Enum):
    """What a person wants to do about missing packages."""

    INSTALL = "install"
    FOLDER = "folder"
    CANCEL = "cancel"


class InstallationError(Exception):
    """Why nothing was installed, in plain words."""


class Installation:
    """Knows what is missing and installs it after a person agreed, never otherwise.

    Args:
        requirements: what the worker needs.
        choose: asks a person; gets the packages to install, and why.
        choose_folder: asks for a folder of wheels; None when nothing was chosen.
        version_of: gives a package's installed version, or None.
    """

    def __init__(
        self,
        requirements: Sequence[Requirement],
        choose: Callable[[Sequence[Requirement], str], Choice],
        choose_folder: Callable[[], Path | None],
        version_of: Callable[[str], str | None] = installed_version,
    ) -> None:
        self._requirements = list(requirements)
        self._choose = choose
        self._choose_folder = choose_folder
        self._version_of = version_of

    def missing(self) -> list[Requirement]:
        """What is not installed, or too old."""
        return [r for r in self._requirements if not will_do(self._version_of(r.name), r.least)]

    def ensure(self, missing: Sequence[str] | None = None) -> bool:
        """Return when everything is there: True when something was installed for it.

        Args:
            missing: names of what the worker itself could not find; None asks the metadata.

        Raises:
            InstallationError: when something is still missing, with the reason and a way out.
        """
        wanted = self.missing() if missing is None else self._named(missing)
        if not wanted:
            return False
        why = _("Segmenting needs Python packages that Slicer does not have yet:")
        self._ask_and_install(wanted, why, self._install)
        return True

    def repair(self, names: Sequence[str]) -> None:
        """Take packages that cannot be loaded away, and install them again, if a person agrees.

        What pip calls installed it does not install again, so the broken ones have to go first.

        Raises:
            InstallationError: when they are not there afterwards, with the reason and a way out.
        """
        why = _("These packages are installed but cannot be loaded. They will be installed again:")
        self._ask_and_install(self._named(names), why, self._install_again)

    def versions(self) -> list[tuple[Requirement, str | None]]:
        """Each package that the worker needs, with its installed version."""
        return [(r, self._version_of(r.name)) for r in self._requirements]

    def _ask_and_install(
        self,
        wanted: list[Requirement],
        why: str,
        install: Callable[[list[Requirement], Choice], None],
    ) -> None:
        names = ", ".join(str(requirement) for requirement in wanted)
        if slicer.app.testingEnabled():
            said = _("Not installed: {names}. Nothing is installed while Slicer is tested.")
            raise InstallationError(said.format(names=names))
        choice = self._choose(wanted, why)
        if choice is Choice.CANCEL:
            said = _("Not installed: {names}. Click again to install what is missing.")
            raise InstallationError(said.format(names=names))
        before = installed_packages().keys() - brought_packages()
        try:
            install(wanted, choice)
        finally:
            remember_brought(installed_packages().keys() - before)
        left = self.missing()
        if left:
            said = _("Still missing after the installation: {names}. Restart Slicer and try again.")
            raise InstallationError(said.format(names=", ".join(map(str, left))))

    def _named(self, names: Sequence[str]) -> list[Requirement]:
        return [requirement for requirement in self._requirements if requirement.name in names]

    def _install(self, wanted: list[Requirement], choice: Choice) -> None:
        if choice is Choice.FOLDER:
            folder = self._choose_folder()
            if folder is None:
                raise InstallationError(_("No folder of wheels was chosen; nothing is installed."))
            install_from_folder(wanted, folder)
        else:
            check_space(wanted)
            install_from_network(wanted)

    def _install_again(self, wanted: list[Requirement], choice: Choice) -> None:
        names = {requirement.name for requirement in wanted}
        together = {"torch", "torchvision"}  # builds of one kind, or neither loads
        gone = names | together if names & together else names
        left, reason = remove(gone & installed_packages().keys())
        if left:
            said = _("{names} could not be taken away. {reason}")
            raise InstallationError(said.format(names=", ".join(left), reason=reason))
        self._install(wanted, choice)


def check_space(wanted: Sequence[Requirement]) -> None:
    """Whether the disk of Slicer's Python has room for the packages.

    Raises:
        InstallationError: when it has not.
    """
    needed = _UNPACKED * sum(requirement.size_mb for requirement in wanted)
    free = shutil.disk_usage(sys.prefix).free / 1e6
    if free < needed:
        said = _(
            "The disk with Slicer's Python has {free} left, and the packages need {needed}. Free "
            "some space and click again."
        )
        raise InstallationError(said.format(free=size_text(free), needed=size_text(needed)))


def install_from_folder(wanted: Sequence[Requirement], folder: Path) -> None:
    """Install from wheel files alone, without any network.

    Args:
        wanted: what to install.
        folder: holds the wheels, itself or in a folder ``wheels`` as an offline bundle does.

    Raises:
        InstallationError: when the folder lacks a wheel or pip fails.
    """
    if (folder / "wheels").is_dir():
        folder = folder / "wheels"
    wheels = {
        path.name.partition("-")[0].lower().replace("_", "-") for path in folder.glob("*.whl")
    }
    lacking = [r.name for r in wanted if r.name.lower().replace("_", "-") not in wheels]
    if lacking:
        said = _("The folder has no wheel of {names}. Download it on a computer with a network.")
        raise InstallationError(said.format(names=", ".join(lacking)))
    _pip(["--no-index", "--find-links", str(folder), *map(str, wanted)])


def install_from_network(wanted: Sequence[Requirement]) -> None:
    """Install through the PyTorch extension where it is present, and through pip.

    Raises:
        InstallationError: when it fails.
    """
    rest = [r for r in wanted if not (r.name == "torch" and _install_by_pytorch_extension(r))]
    if rest:
        _pip([str(requirement) for requirement in rest])


def _install_by_pytorch_extension(torch: Requirement) -> bool:
    """Whether the extension chose and installed the build that fits the graphics card."""
    try:
        import PyTorchUtils
    except ImportError:
        return False
    try:
        PyTorchUtils.PyTorchUtilsLogic().installTorch(
            askConfirmation=False,
            torchVersionRequirement=f">={torch.least}" if torch.least else None,
        )
    except Exception:
        log.exception("the PyTorch extension could not install PyTorch")
    importlib.invalidate_caches()
    return will_do(installed_version("torch"), torch.least)


def _pip(arguments: list[str]) -> None:
    try:
        packaging = importlib.import_module("slicer.packaging")
    except ImportError:
        packaging = None
    try:
        with Overheard() as said:
            if packaging is None:  # before Slicer 5.12
                slicer.util.pip_install(arguments)
            elif arguments[0].startswith("-"):
                packaging.pip_install(arguments, requester="WMHSiameseSeg")
            else:
                packaging.pip_ensure(arguments, prompt_install=False, requester="WMHSiameseSeg")
    except Exception as error:
        log.exception("pip failed")
        raise InstallationError(reason_for(said.text)) from error
