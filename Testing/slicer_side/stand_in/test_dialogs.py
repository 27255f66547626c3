"""Dialogs are recorded and answered, and one without an answer fails."""

from __future__ import annotations

import pytest
from slicer_host.dialogs import Answers, NobodyAnswers
from slicer_host.host import Host


def test_questions_are_recorded_and_answered(a_slicer_host: Host, the_answers: Answers) -> None:
    import slicer

    slicer.util.errorDisplay("No volume is loaded.")
    # In testing Slicer answers True to itself, and compares it with the button: not confirmed.
    assert slicer.util.confirmOkCancelDisplay("Install?") is False
    the_answers.answer(True, False, "no")
    assert slicer.util.confirmOkCancelDisplay("Install?") is True
    assert slicer.util.confirmOkCancelDisplay("Install?") is False
    assert slicer.util.confirmYesNoDisplay("Replace?") is False
    assert the_answers.texts() == ["No volume is loaded.", *["Install?"] * 3, "Replace?"]
    assert the_answers.asked[0].kind == "error"


def test_dialogs_without_an_answer_fail_instead_of_hanging(
    a_user_at_slicer: Host, the_answers: Answers
) -> None:
    import qt
    import slicer

    with pytest.raises(NobodyAnswers, match="Install"):
        slicer.util.confirmOkCancelDisplay("Install?")
    the_answers.answer("ok", "Use a folder")
    assert slicer.util.confirmOkCancelDisplay("Install?") is True
    box = qt.QMessageBox()
    box.text = "What now?"
    box.addButton("Use a folder", qt.QMessageBox.AcceptRole)
    box.exec_()
    assert box.clickedButton().text == "Use a folder"
    with pytest.raises(NobodyAnswers):
        qt.QFileDialog.getExistingDirectory(None, "Wheels", "")
    the_answers.choose("/wheels")
    assert qt.QFileDialog.getExistingDirectory(None, "Wheels", "") == "/wheels"
