"""Where packages come from, a folder of wheels or the package index: looked at, then installed."""

from __future__ import annotations

import importlib
import logging
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Protocol

import slicer
from slicer.i18n import tr as _

from WMHSiameseSegLib.packages.pip_messages import Overheard, reason_for
from WMHSiameseSegLib.packages.requirement import Requirement, installed_version, size_text, will_do

log = logging.getLogger(__name__)

_UNPACKED = 3  # times the download: the wheels, and what lies in them
_BY_PYTORCH_EXTENSION = ("torch", "torchvision")


class InstallationError(Exception):
    """Why nothing was installed, in plain words."""


class PackageSource(Protocol):
    """Each method raises InstallationError with the reason and a way out."""

    def has(self, name: str) -> bool:
        """Whether it may have the package."""

    def check(self, wanted: Sequence[Requirement]) -> None:
        """Whether wheels and the room for them are there."""

    def rehearse(self, wanted: Sequence[Requirement]) -> None:
        """Have pip find wheels that fit this Python, and install nothing yet."""

    def install(self, wanted: Sequence[Requirement]) -> None:
        """Install."""


class FolderOfWheels:
    """Wheel files alone, without any network.

    Args:
        folder: holds the wheels, itself or in a folder ``wheels`` as an offline bundle does.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "wheels" if (folder / "wheels").is_dir() else folder

    def has(self, name: str) -> bool:
        return bool(self._wheels(name))

    def check(self, wanted: Sequence[Requirement]) -> None:
        lacking = [requirement.name for requirement in wanted if not self.has(requirement.name)]
        if lacking:
            said = _(
                "The folder has no wheel of {names}. Download it on a computer with a network."
            )
            raise InstallationError(said.format(names=", ".join(lacking)))
        wheels = [wheel for requirement in wanted for wheel in self._wheels(requirement.name)]
        _check_space(sum(wheel.stat().st_size for wheel in wheels) / 1e6)

    def rehearse(self, wanted: Sequence[Requirement]) -> None:
        _rehearse(self._arguments(wanted))

    def install(self, wanted: Sequence[Requirement]) -> None:
        _pip(self._arguments(wanted))

    def _arguments(self, wanted: Sequence[Requirement]) -> list[str]:
        return ["--no-index", "--find-links", str(self._folder), *map(str, wanted)]

    def _wheels(self, name: str) -> list[Path]:
        return [
            path
            for path in self._folder.glob("*.whl")
            if _plain(path.name.partition("-")[0]) == _plain(name)
        ]


class PackageIndex:
    """The network, through pip and, where it is present, the PyTorch extension."""

    def has(self, name: str) -> bool:
        return True

    def check(self, wanted: Sequence[Requirement]) -> None:
        _check_space(sum(requirement.size_mb for requirement in wanted))

    def rehearse(self, wanted: Sequence[Requirement]) -> None:
        theirs = _BY_PYTORCH_EXTENSION if _pytorch_extension() is not None else ()
        by_pip = [str(requirement) for requirement in wanted if requirement.name not in theirs]
        if by_pip:
            _rehearse(by_pip)

    def install(self, wanted: Sequence[Requirement]) -> None:
        torch = next((requirement for requirement in wanted if requirement.name == "torch"), None)
        came = torch is not None and _install_by_pytorch_extension(torch)
        theirs = _BY_PYTORCH_EXTENSION if came else ()  # it installs the two that fit each other
        by_pip = [str(requirement) for requirement in wanted if requirement.name not in theirs]
        if by_pip:
            _pip(by_pip)


def _pytorch_extension() -> ModuleType | None:
    try:
        return importlib.import_module("PyTorchUtils")
    except ImportError:
        return None


def _install_by_pytorch_extension(torch: Requirement) -> bool:
    """Whether the extension chose and installed the build that fits the graphics card."""
    extension = _pytorch_extension()
    if extension is None:
        return False
    try:
        extension.PyTorchUtilsLogic().installTorch(
            askConfirmation=False,
            torchVersionRequirement=f">={torch.least}" if torch.least else None,
        )
    except Exception:
        log.exception("the PyTorch extension could not install PyTorch")
    importlib.invalidate_caches()
    return will_do(installed_version("torch"), torch.least)


def _check_space(download_mb: float) -> None:
    needed = _UNPACKED * download_mb
    free = shutil.disk_usage(sys.prefix).free / 1e6
    if free < needed:
        said = _(
            "The disk with Slicer's Python has {free} left, and the packages need {needed}. Free "
            "some space and click again."
        )
        raise InstallationError(said.format(free=size_text(free), needed=size_text(needed)))


def _rehearse(arguments: list[str]) -> None:
    """Without what the packages need, which stays installed."""
    _pip(["--dry-run", "--ignore-installed", "--no-deps", *arguments])


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


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")
