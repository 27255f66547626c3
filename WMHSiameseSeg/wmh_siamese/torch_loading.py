"""How torch is loaded: its threads, and what to say where it fails."""

from __future__ import annotations

import logging
import os

from wmh_siamese.errors import WMHError

log = logging.getLogger(__name__)


def let_idle_threads_sleep() -> None:
    """Have torch's idle threads sleep, not spin; to be called before torch is imported.

    A spinning thread takes the core from the one that works. Measured on two cores, 48 slices:
    2.3 s instead of 2.8 s on an idle machine, 3.5 s instead of 4.0 s beside one busy program.
    Whoever set the variable himself is left his choice.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


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
