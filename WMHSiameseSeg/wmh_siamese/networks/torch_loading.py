"""The first import of torch, and what to say where it fails."""

from __future__ import annotations

import logging
import os
import tempfile

from wmh_siamese.errors import WMHError

log = logging.getLogger(__name__)


def import_torch() -> None:
    """Import torch for the first time, and say so in plain words where it does not load.

    Nothing is compiled here. So torch's compiler gets a folder that is there already, else it
    leaves an empty one, named after the user, among the temporary files.

    Raises:
        WMHError: ``missing-dependency``.
    """
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir())
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError:
        raise
    except (ImportError, OSError) as error:
        log.exception("torch cannot be loaded")
        raise WMHError(
            "missing-dependency",
            f"PyTorch is installed but cannot be loaded ({' '.join(str(error).split())[:200]}).",
            "Install it again.",
        ) from None
