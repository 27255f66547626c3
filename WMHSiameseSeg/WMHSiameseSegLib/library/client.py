"""Asks a worker about the correction library, and puts the pages of its answers together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from WMHSiameseSegLib.worker.client import Event, WorkerClient


@dataclass(frozen=True)
class CaseRow:
    """One case of a library, as the engine tells it.

    Attributes:
        id: the name of its folder.
        patient: the user's word for whose scan it is.
        role: ``training`` or ``held-out``.
        volume_ml: of the lesions.
        pcd_percent: positive class density, 100 x lesion voxels / all voxels.
        changed: when it last changed, UTC, ISO.
        note: the user's words.
        excluded: kept, but neither trained nor measured on.
    """

    id: str
    patient: str
    role: str
    volume_ml: float
    pcd_percent: float
    changed: str
    note: str
    excluded: bool

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> CaseRow:
        """From a row of an answer."""
        return cls(
            id=str(fields["id"]),
            patient=str(fields["patient"]),
            role=str(fields["role"]),
            volume_ml=float(fields.get("volume_ml") or 0.0),
            pcd_percent=float(fields.get("pcd_percent") or 0.0),
            changed=str(fields.get("changed") or ""),
            note=str(fields.get("note") or ""),
            excluded=bool(fields.get("excluded")),
        )


@dataclass(frozen=True)
class LibraryAnswer:
    """What was asked, what the engine said to it, and the cases as they are now."""

    what: str
    folder: Path
    said: Event
    rows: list[CaseRow]


class LibraryListener(Protocol):
    """Hears what becomes of the requests."""

    def on_answer(self, answer: LibraryAnswer) -> None: ...

    def on_refusal(self, what: str, kind: str, sentence: str) -> None: ...

    def on_progress(self, stage: str, done: int, of: int) -> None: ...

    def on_log(self, text: str) -> None: ...


@dataclass
class _Asked:
    """One request until its last page is there."""

    what: str
    folder: Path
    said: Event | None = None
    rows: list[CaseRow] = field(default_factory=list)


class LibraryClient:
    """The panel's side of a library; requests are answered in the order they came.

    Args:
        worker: answers; started by the first request.
        listener: hears answers and refusals.
    """

    def __init__(self, worker: WorkerClient, listener: LibraryListener) -> None:
        self._worker = worker
        self._listener = listener
        self._open: list[_Asked] = []

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._open)

    def ask(self, what: str, library: Path, /, **fields: Any) -> None:
        """Ask for one thing (``add``, ``list``, ``change`` …) in a library's folder."""
        asked = _Asked(what, library)
        self._open.append(asked)
        self._send(asked, {"what": what, **fields})

    def forget(self) -> None:
        """Hear nothing more of what was asked."""
        self._open = []

    def _send(self, asked: _Asked, fields: Event) -> None:
        self._worker.ask(
            {"do": "library", "library": str(asked.folder), **fields},
            lambda event: self._hear(asked, event),
        )

    def _hear(self, asked: _Asked, event: Event) -> None:
        if asked not in self._open:
            return
        kind = event["event"]
        if kind == "progress":
            done, of = (int(event.get(name) or 0) for name in ("done", "of"))
            self._listener.on_progress(str(event.get("stage", "")), done, of)
        elif kind == "log":
            self._listener.on_log(str(event.get("text", "")))
        elif kind == "error":
            self._open.remove(asked)
            sentence = f"{event.get('sentence', '')} {event.get('way_out', '')}".strip()
            self._listener.on_refusal(asked.what, str(event.get("kind", "internal")), sentence)
        elif kind == "result":
            self._turn_page(asked, event)

    def _turn_page(self, asked: _Asked, event: Event) -> None:
        if asked.said is None:
            asked.said = event
        asked.rows += [CaseRow.of(row) for row in event.get("rows") or []]
        following = event.get("next")
        if isinstance(following, int):
            listing = "trash" if asked.what == "trash" else "list"
            self._send(asked, {"what": listing, "first": following})
            return
        self._open.remove(asked)
        self._listener.on_answer(LibraryAnswer(asked.what, asked.folder, asked.said, asked.rows))
