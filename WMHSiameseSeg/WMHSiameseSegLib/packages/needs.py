"""Before and after a run: whether the worker finds its packages, and what to do when not."""

from __future__ import annotations

from collections.abc import Sequence

from slicer.i18n import tr as _

from WMHSiameseSegLib.packages.installation import Installation, InstallationError
from WMHSiameseSegLib.packages.packages_dialog import build_mismatch, show_packages
from WMHSiameseSegLib.panel.message import PanelMessage
from WMHSiameseSegLib.panel.run_log import RunLog
from WMHSiameseSegLib.worker.client import Event, WorkerClient


class WorkerNeeds:
    """Asks packages' metadata first and the worker itself second; never imports torch.

    Args:
        worker: probed for what it can load.
        installation: asks a person and installs.
        message: says why nothing can run, and what slows it down.
        log: takes what the probe found.
        busy: says that the worker is busy, when its packages are to be taken away.
    """

    def __init__(
        self,
        worker: WorkerClient,
        installation: Installation,
        message: PanelMessage,
        log: RunLog,
        busy: str,
    ) -> None:
        self._worker = worker
        self._installation = installation
        self._message = message
        self._log = log
        installation.serve(worker, busy)

    def ensure(self, missing: Sequence[str] | None = None) -> bool:
        """Whether everything is there now, after asking a person where something was missing."""
        try:
            if self._installation.ensure(missing):
                self._worker.end()  # the next one finds what was installed
        except InstallationError as error:
            self._message.complain(str(error))
            return False
        return True

    def probe_new_worker(self) -> None:
        """Have a worker that is about to start tell what it found."""
        if not self._worker.alive:
            self._worker.ask({"do": "probe"}, self._show_probe)

    def offer_installation(self) -> None:
        """After a run failed for a package: find out which ones, and offer them."""
        self._worker.ask({"do": "probe"}, self._on_probe)

    def show_packages(self) -> None:
        """What is installed, with ways to install it again or to take it away."""
        show_packages(self._installation, self._message)

    def _show_probe(self, event: Event) -> None:
        if event["event"] == "result":
            said = _("Python {python}, PyTorch {torch}, devices: {devices}")
            devices = ", ".join(map(str, event.get("devices") or []))
            self._log.add(
                said.format(python=event.get("python"), torch=event.get("torch"), devices=devices)
            )
            for note in event.get("notes") or []:
                self._log.add(str(note))
                self._message.add(str(note))
            mismatch = build_mismatch(event.get("torch"), event.get("torchvision"))
            if mismatch:
                self._log.add(mismatch)

    def _on_probe(self, event: Event) -> None:
        missing = [str(name) for name in event.get("missing") or []]
        if event["event"] == "error" and event.get("kind") == "missing-dependency":
            self._repair()
        elif event["event"] == "result" and missing and self.ensure(missing):
            self._message.say(_("Installed. Click again to start."))

    def _repair(self) -> None:
        """PyTorch is there and cannot be loaded."""
        self._worker.end()
        try:
            self._installation.repair(["torch"])
        except InstallationError as error:
            self._message.complain(str(error))
        else:
            self._message.say(_("Installed again. Click again to start."))
