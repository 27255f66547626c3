"""Every text can be translated: the template is complete, and a made-up language shows the rest."""

import ast
import re
import shutil
from xml.etree import ElementTree

import pytest
import slicer
from slicer_host.i18n import getContext
from slicer_side.panel import ENGINE
from slicer_side.pseudo_locale import (
    TEMPLATE,
    pseudo,
    spoken,
    translations_module,
    untranslated,
)
from slicer_side.scripted_training import comparison
from slicer_side.shown_texts import clipped, settle_layout, texts
from wmh_siamese.models.model_file import bundled_models, read_card
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair

pytest_plugins = ["slicer_side.panel_fixtures"]

SOURCES = [ENGINE / "WMHSiameseSeg.py", *sorted((ENGINE / "WMHSiameseSegLib").rglob("*.py"))]
# What a person or the engine has named, what Slicer itself says, and words that stand for values.
DATA = re.compile(
    r"(FLAIR|Simulated FLAIR\S*( probability)?|None|Rename current|Create new \w+|"
    r"Several scanners|scripted|robust|ms3seg|mslesseg|openms|nichart|[0-9a-f]{8,64}|"
    r"White matter hyperintensities|p7|mine|corrections|auto|cpu|cuda|mps|Show 3D|"
    r"Scroll (Left|Right)|Ctrl\+(Shift\+)?\w+|(?<!<)/\S+|%p%|(?<=\d) x (?=\d)|"
    r"Better on 1 of 1 held-out patient; Dice 0.70 → 0.75|"
    + re.escape(read_card(bundled_models()[0]).notes)
    + ")"
)


@pytest.fixture
def a_made_up_language(the_application, tmp_path):
    with spoken(tmp_path):
        yield


def test_the_template_holds_every_text_under_the_name_slicer_looks_for():
    """An independent reading of the sources; `make translations` writes what is missing here."""
    there = {
        (context.findtext("name"), message.findtext("source"))
        for context in ElementTree.parse(TEMPLATE).iter("context")
        for message in context.iter("message")
    }
    wanted = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_":
                wanted.add((getContext(str(path)), ast.literal_eval(node.args[0])))
    for path in (ENGINE / "Resources" / "UI").glob("*.ui"):
        root = ElementTree.parse(path).getroot()
        lists = {string for names in root.iter("stringlist") for string in names}
        for string in set(root.iter("string")) - lists:
            if string.text and string.get("notr") != "true":
                wanted.add((root.findtext("class"), string.text))
    assert wanted == there, "run `make translations`"


def test_the_command_keeps_what_translators_have_written(tmp_path):
    command = translations_module()
    german = tmp_path / "WMHSiameseSeg_de-DE.ts"
    text = TEMPLATE.read_text(encoding="utf-8").replace('language="en_US"', 'language="de_DE"')
    source = '<source>Cancelled.</source>\n        <translation type="unfinished"></translation>'
    assert source in text
    translated = "<source>Cancelled.</source>\n        <translation>Abgebrochen.</translation>"
    german.write_text(text.replace(source, translated), encoding="utf-8")
    command.update(german)
    after = german.read_text(encoding="utf-8")
    assert translated in after
    assert after.count("<source>") == TEMPLATE.read_text(encoding="utf-8").count("<source>")


def test_placeholders_survive_translation():
    assert pseudo("{count} of {voxels}").count("{") == 2
    assert untranslated("⟦a⟧ b") and not untranslated("⟦a⟧ 0.70 → 1 <b>") and untranslated("%p n")


def test_no_text_of_the_panel_is_left_untranslated(
    a_made_up_language, user_settings, bundled_panel, the_answers, tmp_path
):
    widget = bundled_panel.widget
    bundled_panel.segment(add_simulated_flair())
    bundled_panel.ui.segmentButton.click()  # the same again, over an edited mask or not
    bundled_panel.wait()
    _show_a_training(widget, tmp_path)
    left, seen = {}, 0
    for tab in (0, 1):
        widget.tabs.setCurrentIndex(tab)
        settle_layout()
        for name, text in texts(widget.parent):
            seen += bool(text)
            if not name.startswith(("logView", "trainingLogView")) and _words(text):
                left[name] = text
        assert clipped(widget.parent) == []
    assert not left, "\n".join(f"{name}: {text}" for name, text in left.items())
    assert seen > 300
    assert widget.parent.minimumSizeHint.width() <= 700, "a third longer must still fit a screen"


def test_no_question_is_left_untranslated(a_made_up_language, the_panel, the_answers, tmp_path):
    from WMHSiameseSegLib.packages.install_dialog import _question
    from WMHSiameseSegLib.packages.installation import Requirement

    the_answers.choose("", "", "", "")
    for name in ("openLibraryButton", "createLibraryButton", "importModelButton"):
        getattr(the_panel.finetuneUi, name).click()
    the_panel.ui.openModelButton.click()
    flair = add_simulated_flair("T1")
    the_answers.answer(False)
    the_panel.worker.command = None
    the_panel.ui.flairSelector.setCurrentNode(flair)
    the_panel.ui.segmentButton.click()
    while not the_panel.segmentTab.states.idle:
        slicer.app.processEvents()
    assert len(the_answers.asked) == 5
    for question in the_answers.asked:
        assert question.text and not _words(question.text.replace("T1", "").replace("\n", ""))
        assert not untranslated(question.title)
    said = _question([Requirement("torch", "2.6")], pseudo("Why"))
    assert not untranslated(re.sub(r"torch&gt;=2.6", "", said))


def test_the_module_introduces_itself_in_the_language(a_made_up_language, the_module):
    for text in (the_module.title, the_module.helpText, the_module.acknowledgementText):
        assert text and not untranslated(text)


def _show_a_training(widget, tmp_path):
    """What stands in the tab Fine-tune after a training, without one."""
    from WMHSiameseSegLib.finetune.training_curve import CurvePoint
    from WMHSiameseSegLib.library.client import CaseRow, LibraryAnswer

    widget.tabs.setCurrentIndex(1)
    tab = widget.finetuneTab
    folder = tmp_path / "corrections"
    row = CaseRow("p7", "p7", "held-out", 1.5, 0.2, "2026-11-24", "", True)
    tab.library.on_answer(LibraryAnswer("add", folder, {"case": vars(row)}, [row]))
    model = tab.training.base
    tab.training.curve.add(CurvePoint(1, 3, 4.0, 0.7))
    copy = shutil.copy(model.path, tmp_path / "mine.safetensors")
    result = {"model": {"path": copy}, "comparison": comparison(True)}
    tab.comparison.show("train", result, model)
    tab.models.show(model)
    while tab.library.busy:
        slicer.app.processEvents()
    tab.library.table.choose("p7")
    slicer.app.processEvents()


def _words(text):
    """What is neither translated nor named by a person."""
    return untranslated(DATA.sub("", text))
