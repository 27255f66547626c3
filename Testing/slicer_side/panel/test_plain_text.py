"""Names that look like HTML are shown as they are given, and no link in them opens."""

import shutil

import pytest
from PySide6.QtGui import Qt, QTextDocument
from PySide6.QtWidgets import QLabel
from slicer_side.panel import wait_for
from WMHSiameseSegLib.models.user_models import new_model_path
from WMHSiameseSegLib.panel.plain_text import on_button, unformatted
from WMHSiameseSegLib.panel.user_settings import remember_shown_name

pytest_plugins = ["slicer_side.panel_fixtures"]

NAMES = [
    "<b>P7</b>",
    '<a href="file:///etc/passwd">click</a>',
    '<img src="https://example.org/x.png">',
    "R&D <1>",
    "a &lt; b",
]


def as_seen(text):
    """What Qt shows of a text whose format it has to guess."""
    document = QTextDocument()
    (document.setHtml if Qt.mightBeRichText(text) else document.setPlainText)(text)
    return document.toPlainText()


@pytest.mark.parametrize("name", [*NAMES, "two\nlines <i>", "plain", "1 < 2\n> 0", ""])
def test_a_text_without_a_format_is_seen_letter_by_letter(name):
    assert as_seen(unformatted(name)) == name
    assert unformatted("Patient 7, ml") == "Patient 7, ml"


def test_an_ampersand_on_a_button_underlines_nothing():
    assert on_button("Back to R&D") == "Back to R&&D"


@pytest.mark.parametrize("name", ["<b>P7", "<img src=x.png>", *NAMES[-2:]])
def test_a_patients_name_is_shown_as_it_is(finetune, library, a_flair_volume, a_segmentation, name):
    finetune.add(a_flair_volume, a_segmentation, name)
    assert name in finetune.message
    assert finetune.cells()[0][1] == name
    assert as_seen(finetune.ui.caseTable.item(0, 1).toolTip()) == name


@pytest.mark.parametrize("name", NAMES)
def test_a_models_name_is_shown_as_it_is(finetune, model_file, the_answers, name):
    shutil.copyfile(model_file, new_model_path("tiny"))
    remember_shown_name("tiny.safetensors", name)
    finetune.tab.shown()
    assert finetune.cells("modelTable")[1][0] == name
    assert as_seen(finetune.ui.modelTable.item(1, 0).toolTip()) == name
    finetune.ui.modelTable.selectRow(1)
    finetune.click("defaultModelButton")
    finetune.ui.modelTable.selectRow(0)
    finetune.click("defaultModelButton")
    tip = as_seen(finetune.ui.previousDefaultButton.toolTip)
    assert tip == f"Make {name} the default of the tab Segment again."
    finetune.ui.modelTable.selectRow(1)
    the_answers.answer(False)
    finetune.click("deleteModelButton")
    assert as_seen(the_answers.asked[-1].text) == f"Delete the model “{name}” for good?"


def test_no_label_of_the_tab_guesses_the_format_of_what_it_is_told(finetune, library):
    """All that are told anything while the panel runs; what only the translation says may stay."""
    finetune.use_scripted_trainer("good")
    finetune.train("mine")
    finetune.wait_for_training()
    wait_for(lambda: finetune.ui.comparisonSentence.text)
    told = [finetune.ui.libraryMessage, finetune.ui.trainingMessage, finetune.ui.modelMessage]
    told += [finetune.ui.libraryNameLabel, finetune.ui.comparisonSentence, finetune.ui.keptLabel]
    told += [finetune.ui.curveLabel, finetune.ui.vggLabel]
    told += [x for x in finetune.ui.differencesArea.findChildren(QLabel) if x.wordWrap][1:]
    assert len(told) == 11
    assert {label.textFormat for label in told} == {Qt.TextFormat.PlainText}
