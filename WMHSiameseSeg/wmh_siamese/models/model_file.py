"""One ``.safetensors`` file = weights + recipe + provenance. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wmh_siamese.errors import WMHError
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.files.foreign import read_or_refused
from wmh_siamese.files.hashes import file_sha256
from wmh_siamese.files.safetensors_header import data_bytes, read_header
from wmh_siamese.models.card_checks import check_card
from wmh_siamese.models.weights_layout import check_layout
from wmh_siamese.networks.recipe import Recipe, certain_level

if TYPE_CHECKING:
    from wmh_siamese.networks.generator import DenseUNet

FORMAT = "wmh-siamese-generator-1"
MAX_FILE_BYTES = 1_000_000_000

PAYLOAD = "weights_sha256"
"""The header's word for the hash of all bytes after it; older files lack it."""

_UNFIT = "its weights are damaged, cut short, or do not fit its architecture"

MODELS_FOLDER = Path(__file__).resolve().parents[2] / "Resources" / "Models"


@dataclass(frozen=True)
class ModelCard:
    """What a model file says of itself.

    Args:
        name: for people.
        architecture: ``{"width": …, "depth": …}`` of the generator.
        recipe: the fields of :class:`wmh_siamese.networks.preparation.Recipe`.
        threshold: probability from which a voxel is a lesion, chosen on validation cases.
        training: cases by id, SHA-256 of each one's FLAIR by id (``scans``, younger than the
            format: older cards lack it), loss, steps, seed, VGG19 convention and hash.
        metrics: figures by group of cases.
        versions: of the packages that trained it.
        created: ISO date and time, UTC.
        parent: SHA-256 of the model it was fine-tuned from.
        notes: anything else.
        sha256: of the file; known only after reading or writing it.
    """

    name: str
    architecture: dict[str, int]
    recipe: dict[str, Any]
    threshold: float = 0.5
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str | None] = field(default_factory=dict)
    created: str = ""
    parent: str | None = None
    notes: str = ""
    sha256: str = ""

    def preparation_recipe(self) -> Recipe:
        return Recipe(**self.recipe)

    @property
    def certain_level(self) -> float:
        """The probability that a lesion has to reach somewhere; often the threshold itself."""
        return certain_level(self.threshold, self.preparation_recipe().certainty)


def save_model(path: str | Path, generator: DenseUNet, card: ModelCard) -> str:
    """Write generator and card as one file, whole or not at all; returns the file's SHA-256.

    Weights are kept in the generator's own precision. The same input gives the same bytes.
    """
    from safetensors.torch import save

    described = {key: value for key, value in asdict(card).items() if key != "sha256"}
    state = {name: tensor.contiguous() for name, tensor in generator.state_dict().items()}
    data = _in_order(save(state, metadata={"format": FORMAT, "card": json.dumps(described)}))
    with written_whole(path) as partial:
        partial.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def load_model(path: str | Path) -> tuple[DenseUNet, ModelCard]:
    """The generator, float32 and in evaluation mode, and the card of a model file.

    Raises:
        WMHError: ``bad-path`` when there is no such file, ``bad-model`` when it is not a whole
            model file of this program.
    """
    import torch
    from safetensors.torch import load

    from wmh_siamese.networks.generator import DenseUNet

    card = read_card(path)
    with torch.device("meta"):  # no memory before the file is known to fill it
        generator = DenseUNet(**card.architecture)
    data = Path(path).read_bytes()
    if not _is_as_written(data, read_header(Path(path))):
        raise _bad(path, "its weights are not those that were written: the file is damaged")
    try:
        state = load(data)
        generator.load_state_dict(
            {name: t.float() if t.is_floating_point() else t for name, t in state.items()},
            assign=True,
        )
    except MemoryError:  # it fills its file, so it is this computer's
        raise
    except Exception as error:
        raise _bad(path, _UNFIT) from error
    if not all(bool(tensor.isfinite().all()) for tensor in generator.state_dict().values()):
        raise _bad(path, "some of its weights are NaN or infinite")
    return generator.eval(), card


def read_card(path: str | Path) -> ModelCard:
    """The card of a model file, read from its header alone, without torch or safetensors.

    The header is checked whole: every field of the card, and that the weights are a generator's
    and fill the file. Only the weights themselves may still be damaged.

    Raises:
        WMHError: ``bad-path`` or ``bad-model``, as :func:`load_model`.
    """
    path = Path(path)
    if not path.is_file():
        raise WMHError("bad-path", f"There is no model file {path}.", "Choose another model.")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise _bad(path, f"it is larger than {MAX_FILE_BYTES // 1_000_000} MB")
    with read_or_refused(_bad(path, "its header is damaged")):
        header = read_header(path)
        metadata = header.get("__metadata__", {})
        if metadata.get("format") != FORMAT:
            raise _bad(path, "it was not written by this program")
        described = json.loads(metadata["card"])
        known = {f.name for f in fields(ModelCard)} - {"sha256"}
        card = {key: value for key, value in described.items() if key in known}
    with read_or_refused(_bad(path, "its card cannot be understood")):
        try:
            check_card(card)
        except ValueError as error:
            raise _bad(path, str(error)) from error
    with read_or_refused(_bad(path, _UNFIT)):
        check_layout(header, **card["architecture"], data_bytes=data_bytes(path))
    return ModelCard(**card, sha256=file_sha256(path))


def check_output(output: Path) -> None:
    """Refuse a place where the new model could not be written, or would replace another file."""
    if output.exists():
        raise WMHError("bad-path", f"{output} exists already.", "Choose another name.")
    if not output.parent.is_dir():
        raise WMHError("bad-path", f"There is no folder {output.parent}.", "Make it first.")


def bundled_models() -> list[Path]:
    """The model files that come with the extension, the default first."""
    return sorted(MODELS_FOLDER.glob("*.safetensors"))


def _in_order(data: bytes) -> bytes:
    """The same file with its metadata sorted, and the hash of the weights among them: safetensors
    writes them in a random order."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    told = {**header["__metadata__"], PAYLOAD: hashlib.sha256(data[8 + length :]).hexdigest()}
    header["__metadata__"] = dict(sorted(told.items()))
    raw = json.dumps(header, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)  # weights stay aligned
    return struct.pack("<Q", len(raw)) + raw + data[8 + length :]


def _is_as_written(data: bytes, header: Mapping[str, Any]) -> bool:
    """Whether the weights have the hash that the header tells, where it tells one."""
    told = header.get("__metadata__", {}).get(PAYLOAD)
    (length,) = struct.unpack("<Q", data[:8])
    return told is None or hashlib.sha256(memoryview(data)[8 + length :]).hexdigest() == told


def _bad(path: str | Path, reason: str) -> WMHError:
    return WMHError(
        "bad-model",
        f"{Path(path).name} cannot be used as a model: {reason}.",
        "Choose a .safetensors file that this program wrote.",
    )
