"""slicer.i18n: texts of modules, translated by the application (here, left as they are)."""

from __future__ import annotations

import inspect
import logging
import re
from pathlib import Path


def translate(context: str, text: str) -> str:
    """Return the text in the application's language."""
    from slicer import app

    return app.translate(context, text)


def getContext(sourceFile: str) -> str:
    """Return the name under which the texts of a source file are translated."""
    path = Path(sourceFile)
    package = f"{path.parent.name}." if (path.parent / "__init__.py").is_file() else ""
    return package + path.stem


def tr(text: str) -> str:
    """Return the text translated for the source file that calls."""
    caller = inspect.currentframe().f_back
    translated = translate(getContext(inspect.getfile(caller)), text)
    places = r"(?<!\{)\{([^{}]+)\}(?!\})"
    if set(re.findall(places, text)) != set(re.findall(places, translated)):
        logging.warning("the translation of %r has other placeholders", text)
        return text
    return translated
