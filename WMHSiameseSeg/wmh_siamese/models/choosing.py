"""Which model a command takes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from wmh_siamese.errors import WMHError
from wmh_siamese.models.model_file import bundled_models, read_card


def model_path(name: str | None) -> Path:
    """The bundled model of that name, else the file of that name; the default model for None.

    A bundled model's name is that of its file, with or without its ending, or the one that
    ``wmh-siamese models`` and the panel show.

    Raises:
        WMHError: ``bad-model`` when no model comes along and none is named.
    """
    bundled = bundled_models()
    if name is None:
        if not bundled:
            raise WMHError("bad-model", "No model comes with this copy.", "Name one with --model.")
        return bundled[0]
    for path in bundled:
        if name in (path.stem, path.name):
            return path
    for path in bundled:
        with suppress(WMHError):  # a damaged one is none of whoever names another
            if name == read_card(path).name:
                return path
    return Path(name)
