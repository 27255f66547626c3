"""Readable in Slicer's light and dark style, at 200 %, and without seeing colours."""

import contextlib
import re

import pytest
from PySide6 import QtWidgets
from slicer_host.render import pixels_of
from slicer_side.panel import ENGINE
from slicer_side.shown_texts import clipped, name_of, own_widgets, settle_layout
from slicer_side.themes import contrast, dark, larger_text
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair
from WMHSiameseSegLib.scene.voxels import write_mask

pytest_plugins = ["slicer_side.panel_fixtures"]

LEAST_CONTRAST = 4.5  # WCAG 2, level AA


def show_everything(panel):
    """A result that was edited, a complaint, and both tabs with a word to say."""
    result = panel.segment(add_simulated_flair())
    mask = result.mask()
    mask[:9, :9, :9] = True
    write_mask(result.node, result.segment_id, mask, result.grid)
    panel.tab.results.follower.edited()
    panel.settle()
    panel.tab.controls.complain("The model is broken.")
    panel.widget.finetuneTab.training.message.complain("Choose a base model.")
    panel.widget.finetuneTab.library.message.say("Nothing was added.")
    assert panel.ui.editedLabel.visible


@pytest.mark.parametrize("theme", [contextlib.nullcontext, dark], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(bundled_panel, theme):
    with theme():
        show_everything(bundled_panel)
        seen = set()
        for tab in (0, 1):
            bundled_panel.widget.tabs.setCurrentIndex(tab)
            settle_layout()
            for label in own_widgets(bundled_panel.widget.parent):
                if not isinstance(label, QtWidgets.QLabel) or not _shows_text(label):
                    continue
                # the line at the left of a complaint is no text
                pixels = pixels_of(label)[:, 6:]
                assert contrast(pixels) >= LEAST_CONTRAST, name_of(label)
                seen.add(name_of(label))
        assert {"statusLabel", "editedLabel", "volumeValue", "trainingMessage"} <= seen


def test_no_colour_is_set_that_a_theme_cannot_change():
    """Text in a colour of ours would vanish in one of the themes."""
    styles = re.compile(r"(?<![\w-])(?:color|background(?:-color)?)\s*:\s*[#\w]+;")
    for path in (*ENGINE.glob("*.py"), *ENGINE.glob("WMHSiameseSegLib/*.py")):
        assert not styles.search(path.read_text(encoding="utf-8")), path.name
    for path in (ENGINE / "Resources" / "UI").glob("*.ui"):
        assert not styles.search(path.read_text(encoding="utf-8")), path.name


def test_a_complaint_is_told_from_a_message_without_its_colour(bundled_panel):
    controls = bundled_panel.tab.controls
    controls.say("The model is broken.")
    assert bundled_panel.message == "The model is broken."
    controls.complain("The model is broken.")
    assert bundled_panel.message == "⚠ The model is broken."


@pytest.mark.parametrize("theme", [contextlib.nullcontext, dark], ids=["light", "dark"])
def test_the_line_beside_a_complaint_is_seen_in_both_styles(bundled_panel, theme):
    with theme():
        bundled_panel.tab.controls.complain("The model is broken.")
        settle_layout()
        edge = pixels_of(bundled_panel.ui.statusLabel)[:, :6]
        assert contrast(edge) >= 3  # WCAG 2 for what is no text


@pytest.mark.parametrize("times", [1, 2], ids=["100 %", "200 %"])
def test_no_text_is_cut_off(bundled_panel, times):
    with larger_text(times):
        show_everything(bundled_panel)
        parent = bundled_panel.widget.parent
        for tab in (0, 1):
            bundled_panel.widget.tabs.setCurrentIndex(tab)
            settle_layout()
            assert clipped(parent) == []
        assert parent.minimumSizeHint.width() <= 480 * times


def _shows_text(label):
    visible = QtWidgets.QWidget.isVisible(label) and QtWidgets.QWidget.isEnabled(label)
    return visible and re.search(r"\w", QtWidgets.QLabel.text(label))
