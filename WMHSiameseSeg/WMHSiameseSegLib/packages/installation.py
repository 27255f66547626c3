"""The Python packages that the worker needs: which are missing, asking, installing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from WMHSiameseSegLib.packages.installed_packages import (
    brought_packages,
    installed_packages,
    remember_brought,
    remove,
)
from WMHSiameseSegLib.packages.requirement import Requirement, installed_version, will_do
from WMHSiameseSegLib.packages.source import (
    FolderOfWheels,
    InstallationError,
    PackageIndex,
    PackageSource,
)
from WMHSiameseSegLib.worker.client import WorkerClient


class Choice(Enum):
    """What a person wants to do about missing packages."""

    INSTALL = "install"
    FOLDER = "folder"
    CANCEL = "cancel"


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
        self._workers: list[tuple[WorkerClient, str]] = []

    def serve(self, worker: WorkerClient, busy: str) -> None:
        """Know a worker that runs on the packages: none is taken away while it is busy.

        Args:
            worker: started and asked by others, ended here.
            busy: says that it is busy, and what to do.
        """
        self._workers.append((worker, busy))

    def check_idle(self) -> None:
        """Whether every worker can be ended.

        Raises:
            InstallationError: when one is busy.
        """
        for worker, busy in self._workers:
            if worker.busy:
                raise InstallationError(busy)

    def missing(self) -> list[Requirement]:
        """What is not installed, or too old."""
        return self._lacking(self._requirements)

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
        declined = _("Not installed: {names}. Click again to install what is missing.")
        self._install(wanted, self._ask(wanted, why, declined))
        return True

    def repair(self, names: Sequence[str]) -> None:
        """Take packages away and install them again, if a person agrees.

        What pip calls installed it does not install again, so the broken ones have to go first,
        but not before all that can be asked and looked up has been. A torchvision that is there
        fits one torch only: it goes and comes with it, whoever installed it.

        Raises:
            InstallationError: when they are not there afterwards, with the reason and a way out.
        """
        self.check_idle()
        there = installed_packages().keys()
        wanted = self._named(names)
        if "torch" in names and "torchvision" in there:
            wanted.append(Requirement("torchvision"))
        why = _("These packages will be taken away and installed again, so that they fit:")
        declined = _("Not installed again: {names}. Nothing was changed.")
        source = self._ask(wanted, why, declined)
        wanted = [r for r in wanted if r.name != "torchvision" or source.has(r.name)]
        self._install(wanted, source, {r.name for r in wanted} & there)

    def uninstall(self, names: Iterable[str]) -> None:
        """End the workers and take packages away; nobody is asked.

        Raises:
            InstallationError: when a worker is busy, or something could not be taken away.
        """
        self.check_idle()
        for worker, _busy in self._workers:
            worker.end_and_wait()
        left, reason = remove(names)
        if left:
            said = _("{names} could not be taken away. {reason}")
            raise InstallationError(said.format(names=", ".join(left), reason=reason))

    def versions(self) -> list[tuple[Requirement, str | None]]:
        """Each package that the worker needs, with its installed version."""
        return [(r, self._version_of(r.name)) for r in self._requirements]

    def _ask(self, wanted: list[Requirement], why: str, declined: str) -> PackageSource:
        names = ", ".join(str(requirement) for requirement in wanted)
        if slicer.app.testingEnabled():
            said = _("Not installed: {names}. Nothing is installed while Slicer is tested.")
            raise InstallationError(said.format(names=names))
        choice = self._choose(wanted, why)
        if choice is Choice.CANCEL:
            raise InstallationError(declined.format(names=names))
        if choice is Choice.INSTALL:
            return PackageIndex()
        folder = self._choose_folder()
        if folder is None:
            raise InstallationError(_("No folder of wheels was chosen; nothing was changed."))
        return FolderOfWheels(folder)

    def _install(
        self, wanted: list[Requirement], source: PackageSource, going: Iterable[str] = ()
    ) -> None:
        """Install from a source, after what is going has gone."""
        source.check(wanted)
        before = installed_packages().keys() - brought_packages()
        try:
            if going:
                source.rehearse(wanted)
                self.uninstall(going)
            source.install(wanted)
        except InstallationError as error:
            gone = ", ".join(sorted(set(going) - installed_packages().keys()))
            if not gone:
                raise
            said = _("Taken away and not installed again: {names}.").format(names=gone)
            raise InstallationError(f"{error} {said}") from error
        finally:
            remember_brought(installed_packages().keys() - before)
        left = self._lacking(dict.fromkeys([*self._requirements, *wanted]))
        if left:
            said = _("Still missing after the installation: {names}. Restart Slicer and try again.")
            raise InstallationError(said.format(names=", ".join(map(str, left))))

    def _named(self, names: Sequence[str]) -> list[Requirement]:
        return [requirement for requirement in self._requirements if requirement.name in names]

    def _lacking(self, wanted: Iterable[Requirement]) -> list[Requirement]:
        return [r for r in wanted if not will_do(self._version_of(r.name), r.least)]
