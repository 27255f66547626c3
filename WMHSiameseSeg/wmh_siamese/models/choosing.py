"""Which model a command takes."""

from __future__ import annotations

from pathlib import Path

from wmh_siamese.errors import WMHError
from wmh_siamese.models.model_file import bundled_models


def model_path(name: str | None) -> Path:
    """The bundled model of that name, else the file of that name; the default model for None.

    Raises:
        WMHError: ``bad-model`` when no model comes along and none is named.
    """
    bundled = bundled_models()
    if name is None:
        if not bundled:
            raise WMHError("bad-model", "No model comes with this copy.", "Name one with --model.")
        return bundled[0]
    return next((path for path in bundled if path.stem == name), Path(name))
