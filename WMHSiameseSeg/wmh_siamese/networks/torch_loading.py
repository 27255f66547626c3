"""The first import of torch, and what to say where it fails."""

from __future__ import annotations

import logging

from wmh_siamese.errors import WMHError

log = logging.getLogger(__name__)


def import_torch() -> None:
    """Import torch for the first time, and say so in plain words where it does not load.

    Raises:
        WMHError: ``missing-dependency``.
    """
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
