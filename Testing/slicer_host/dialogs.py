"""Every question the module asks the user, recorded, and the answers a test has prepared."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """One dialog: what kind, what it said, and how it was answered."""

    kind: str
    text: str
    title: str = ""
    details: dict = field(default_factory=dict)
    answer: object = None


class NobodyAnswers(AssertionError):
    """A dialog waited for a person: in a real Slicer the test would hang here."""


class Answers:
    """The dialogs of one test: what was asked, and what comes next."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self._messages: deque[object] = deque()
        self._paths: deque[str] = deque()

    def answer(self, *answers: object) -> None:
        """Prepare answers to the next message boxes: a button, its text, True or False."""
        self._messages.extend(answers)

    def choose(self, *paths: object) -> None:
        """Prepare what the next file dialogs return; "" is Cancel."""
        self._paths.extend(str(path) for path in paths)

    def texts(self) -> list[str]:
        """Return what the user has read, in order."""
        return [question.text for question in self.asked]

    def reset(self) -> None:
        """Forget what was asked and every answer not used."""
        self.asked.clear()
        self._messages.clear()
        self._paths.clear()

    def next_message(self) -> tuple[bool, object]:
        """Return whether an answer is prepared, and the answer."""
        return (True, self._messages.popleft()) if self._messages else (False, None)

    def next_path(self) -> tuple[bool, str]:
        """Return whether a path is prepared, and the path."""
        return (True, self._paths.popleft()) if self._paths else (False, "")

    def record(self, question: Question) -> None:
        """Keep one question for the test to read."""
        _log.info("asked (%s): %s -> %s", question.kind, question.text, question.answer)
        self.asked.append(question)


answers = Answers()


def chosen_path(caption: str, start: str = "", kind: str = "file dialog") -> str:
    """Return the path that a test prepared for a file dialog, "" as if Cancel was pressed.

    Raises NobodyAnswers where none was prepared.
    """
    prepared, path = answers.next_path()
    if not prepared:
        raise NobodyAnswers(f"a file dialog opened ({caption or start}) and no path was prepared")
    answers.record(Question(kind, caption, details={"start": start}, answer=path))
    return path
