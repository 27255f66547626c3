"""Names that look like HTML are shown letter by letter in the tab Segment, and open nothing."""

import pytest
from PySide6.QtGui import Qt, QTextDocument
from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair

pytest_plugins = ["slicer_side.panel_fixtures"]

NAME = '<a href="file:///etc/passwd">R&D</a>'


def as_seen(text):
    """What Qt shows of a text whose format it has to guess."""
    document = QTextDocument()
    (document.setHtml if Qt.mightBeRichText(text) else document.setPlainText)(text)
    return document.toPlainText()


def test_what_is_told_of_a_result_has_no_format(scripted_panel):
    result = scripted_panel.segment(add_simulated_flair(NAME))
    result.node.SetAttribute("WMHSiameseSeg.Model", NAME)
    result.node.SetAttribute("WMHSiameseSeg.Device", NAME)
    scripted_panel.tab.results.follow(result.node)
    scripted_panel.settle()
    for label in (scripted_panel.ui.modelValue, scripted_panel.ui.secondsValue):
        assert NAME in label.text
        assert label.textFormat == Qt.TextFormat.PlainText


@pytest.mark.parametrize("name", ["statusLabel", "flairNote"])
def test_messages_have_no_format(scripted_panel, name):
    assert getattr(scripted_panel.ui, name).textFormat == Qt.TextFormat.PlainText


def test_the_card_of_the_chosen_model_opens_no_link(scripted_panel):
    label = scripted_panel.ui.modelCardLabel
    assert not label.openExternalLinks
    assert not label.textInteractionFlags & Qt.TextInteractionFlag.LinksAccessibleByMouse


def test_an_error_is_read_letter_by_letter(scripted_panel, the_answers):
    scripted_panel.tab.on_failure("bad-model", f"{NAME} is broken.", "Choose another.")
    assert as_seen(the_answers.asked[-1].text) == f"{NAME} is broken.\n\nChoose another."


def test_a_file_that_cannot_be_written_is_read_letter_by_letter(
    scripted_panel, the_answers, tmp_path
):
    scripted_panel.segment(add_simulated_flair())
    (tmp_path / "<b>wmh.csv").mkdir()
    the_answers.choose(tmp_path / "<b>wmh.csv")
    scripted_panel.click("exportButton")
    assert "<b>wmh.csv" in as_seen(the_answers.asked[-1].text)
