"""Modal dialogs: they would hang a test, so a test must have prepared the answer."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6 import QtWidgets

from .dialogs import NobodyAnswers, Question, answers, chosen_path

_FILE_DIALOGS = (
    "getOpenFileName",
    "getSaveFileName",
    "getExistingDirectory",
    "getOpenFileNames",
)
_STATIC_BOXES = ("question", "warning", "information", "critical")


def install(qt: object) -> None:
    """Replace the functions of Qt that wait for a person by ones that take prepared answers."""
    for name in _FILE_DIALOGS:
        type.__setattr__(qt.QFileDialog, name, staticmethod(_file_dialog(name)))
    for name in _STATIC_BOXES:
        type.__setattr__(qt.QMessageBox, name, staticmethod(_static_box(name)))
    import ctk

    for dialog in (qt.QDialog, qt.QMessageBox, ctk.ctkMessageBox, qt.QFileDialog):
        for name in ("exec", "exec_"):
            type.__setattr__(dialog, name, _exec)


def message_display(real: Callable, testing: Callable[[], bool]) -> Callable:
    """Return a slicer.util._messageDisplay that takes a prepared answer, or Slicer's own.

    `real` is Slicer's. In testing it answers itself, which is recorded; otherwise it opens a
    message box, and that one is recorded where it is shown.
    """

    def display(
        logLevel: int,
        text: str,
        testingReturnValue: object,
        mainWindowNeeded: bool = False,
        parent: object = None,
        windowTitle: str | None = None,
        **kwargs: object,
    ) -> object:
        prepared, answer = answers.next_message()
        if prepared:
            answer = as_button(answer, kwargs)
            logging.log(logLevel, text)
        else:
            answer = real(
                logLevel, text, testingReturnValue, mainWindowNeeded, parent, windowTitle, **kwargs
            )
        if prepared or testing():
            kind = logging.getLevelName(logLevel).lower()
            answers.record(Question(kind, text, windowTitle or "", dict(kwargs), answer))
        return answer

    return display


def _file_dialog(name: str) -> object:
    def choose(parent: object = None, caption: str = "", start: str = "", *_: object) -> object:
        chosen = chosen_path(caption, start, name)
        if name == "getOpenFileNames":
            return [chosen] if chosen else []
        return chosen

    return choose


def _static_box(name: str) -> object:
    def ask(parent: object, title: str, text: str, *buttons: object) -> object:
        prepared, answer = answers.next_message()
        if not prepared:
            raise NobodyAnswers(f"a message box opened: {text}")
        answer = as_button(answer, {})
        answers.record(Question(name, text, title, answer=answer))
        return answer

    return ask


def _exec(self: object) -> object:
    is_box = isinstance(self, QtWidgets.QMessageBox)
    text = QtWidgets.QMessageBox.text(self) if is_box else QtWidgets.QDialog.windowTitle(self)
    title = QtWidgets.QDialog.windowTitle(self)
    if is_box and QtWidgets.QMessageBox.informativeText(self):
        text = f"{text}\n{QtWidgets.QMessageBox.informativeText(self)}"
    prepared, answer = answers.next_message()
    if not prepared:
        raise NobodyAnswers(f"a dialog opened and waits: {text}")
    details = {"buttons": _button_texts(self)}
    if is_box:
        details["detailedText"] = QtWidgets.QMessageBox.detailedText(self)
    if callable(answer):
        answer = answer(self)
    clicked = _click(self, answer)
    result = clicked if clicked is not None else as_button(answer, {})
    answers.record(Question("dialog", text, title, details, answer))
    return result


def _buttons(dialog: object) -> list[QtWidgets.QAbstractButton]:
    return QtWidgets.QDialog.findChildren(dialog, QtWidgets.QAbstractButton)


def _button_texts(dialog: object) -> list[str]:
    return [QtWidgets.QAbstractButton.text(button) for button in _buttons(dialog)]


def _click(dialog: object, answer: object) -> object:
    """Press the button whose text is the answer; return the dialog's result, None without one."""
    if not isinstance(answer, str):
        return None
    QtWidgets.QDialog.show(dialog)
    for button in _buttons(dialog):
        if QtWidgets.QAbstractButton.text(button).replace("&", "").lower() == answer.lower():
            QtWidgets.QAbstractButton.click(button)
            return QtWidgets.QDialog.result(dialog)
    QtWidgets.QDialog.hide(dialog)
    return None


def as_button(answer: object, details: dict) -> object:
    """Return the standard button that an answer names: True, False, "ok", "no", or itself."""
    box = QtWidgets.QMessageBox
    named = {
        "ok": box.Ok,
        "cancel": box.Cancel,
        "yes": box.Yes,
        "no": box.No,
        "retry": box.Retry,
        "close": box.Close,
        "open": box.Open,
        "save": box.Save,
        "discard": box.Discard,
        "abort": box.Abort,
        "ignore": box.Ignore,
        "apply": box.Apply,
    }
    if isinstance(answer, bool):
        offered = details.get("standardButtons", box.Ok | box.Cancel)
        agree = [b for b in (box.Ok, box.Yes, box.Retry) if b & offered] or [box.Ok]
        refuse = [b for b in (box.Cancel, box.No, box.Close) if b & offered] or [box.Cancel]
        return agree[0] if answer else refuse[0]
    if isinstance(answer, str) and answer.lower() in named:
        return named[answer.lower()]
    return answer
