"""A language that nobody speaks: every translated text is marked, accented and a third longer.

What stands on the screen without the marks was not translated, and what does not fit in it will
not fit in German.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

from PySide6 import QtCore

FOLDER = Path(__file__).parents[2] / "Resources" / "Translations"
TEMPLATE = FOLDER / "WMHSiameseSeg_en-US.ts"
FIRST, LAST = "⟦", "⟧"
_ACCENTED = str.maketrans("AEINOUYaceinouy", "ÅÉÎÑÖÛÝåçéîñöûý")
_KEPT = re.compile(r"(\{[^{}]*\}|<[^<>]*>|&\w+;|%\d?)")


def translations_module() -> object:
    """The command behind `make translations`, which lies outside any package."""
    spec = importlib.util.spec_from_file_location(
        "update_translations", FOLDER / "update_translations.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pseudo(text: str) -> str:
    """The text in the pseudo-language; what is put in for {names} stays.

    Example:
        >>> pseudo("{count} cases")
        '⟦{count} çåsés~~~~⟧'
    """
    words = "".join(
        part if _KEPT.fullmatch(part) else part.translate(_ACCENTED) for part in _KEPT.split(text)
    )
    return f"{FIRST}{words}{'~' * max(1, len(text) // 3)}{LAST}"


def write_pseudo_translation(ts_file: Path) -> None:
    """Every text of the template, translated."""
    tree = ElementTree.parse(TEMPLATE)
    tree.getroot().set("language", "eo")
    for message in tree.iter("message"):
        translation = message.find("translation")
        translation.attrib.pop("type", None)
        translation.text = pseudo(message.findtext("source"))
    tree.write(ts_file, encoding="utf-8", xml_declaration=True)


@contextmanager
def spoken(folder: Path) -> Iterator[None]:
    """Have the application speak it; the files lie in the folder."""
    ts_file, qm_file = folder / "pseudo.ts", folder / "pseudo.qm"
    write_pseudo_translation(ts_file)
    translations_module().release(ts_file, qm_file)
    translator = QtCore.QTranslator()
    if not translator.load(str(qm_file)):
        raise OSError(f"Qt does not load {qm_file}")
    QtCore.QCoreApplication.installTranslator(translator)
    try:
        yield
    finally:
        QtCore.QCoreApplication.removeTranslator(translator)


def untranslated(text: str) -> str:
    """What of a text stands outside the marks and has letters in it."""
    outside, innermost = text, f"{FIRST}[^{FIRST}{LAST}]*{LAST}"
    while re.search(innermost, outside):
        outside = re.sub(innermost, "", outside)
    return outside if re.search(r"[^\W\d_]", re.sub(r"<[^<>]*>|&\w+;", "", outside)) else ""
