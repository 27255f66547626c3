"""The header of a ``.safetensors`` file, read without torch or safetensors."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from wmh_siamese.errors import WMHError

MAX_HEADER_BYTES = 10_000_000


def read_header(path: Path) -> dict[str, Any]:
    """The header of a ``.safetensors`` file, of bounded size.

    Raises:
        WMHError: ``bad-model`` when it claims to be longer than the file.
        ValueError, struct.error: when it is no such header.
    """
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > min(MAX_HEADER_BYTES, path.stat().st_size):
            reason = f"its header claims {length} bytes"
            raise WMHError(
                "bad-model",
                f"{path.name} cannot be used as a model: {reason}.",
                "Choose a .safetensors file that this program wrote.",
            )
        header: dict[str, Any] = json.loads(file.read(length))
    return header


def data_bytes(path: Path) -> int:
    """How long a ``.safetensors`` file is after its header."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
    return path.stat().st_size - 8 - int(length)
