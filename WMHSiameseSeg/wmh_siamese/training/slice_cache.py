"""Prepared slices kept on disk: read again in no time, mapped into memory instead of loaded."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.files.hashes import file_sha256
from wmh_siamese.networks.preparation import Recipe
from wmh_siamese.training.brain_mask import is_stripped, stripped
from wmh_siamese.training.slices import TrainingSlices, prepare_case

log = logging.getLogger(__name__)

FORMAT = "wmh-siamese-slices-1"  # another one whenever the preparation's outcome changes


def prepared_cases(
    cases: Sequence[Case],
    recipe: Recipe,
    folder: str | Path | None = None,
    *,
    stripped_copies: bool = False,
) -> TrainingSlices:
    """All axial slices of all cases at the network's size.

    Args:
        cases: to learn from.
        recipe: how slices are prepared.
        folder: where they are kept for the next time, one file a case, named by the hash of its
            input files and the recipe; None keeps them in memory alone.
        stripped_copies: add a copy of every full head without its skull.

    Raises:
        WMHError: ``bad-volume`` when there is no case, no lesion in any, or one cannot be used.
    """
    if folder is not None:
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for case in cases:
        parts.append(_part(case, recipe, folder))
        if stripped_copies and _has_skull(case, recipe, folder):
            parts.append(_part(case, recipe, folder, without_skull=True))
    return TrainingSlices(parts)


def _part(
    case: Case, recipe: Recipe, folder: Path | None, without_skull: bool = False
) -> tuple[Tensor, Tensor]:
    if folder is None:
        return _prepared(case, recipe, without_skull)
    return kept_case(case, recipe, folder, without_skull)


def _has_skull(case: Case, recipe: Recipe, folder: Path | None) -> bool:
    """Looked up where a copy without it is kept already, else looked for in the scan."""
    if folder is not None and _file(case, recipe, folder, without_skull=True).exists():
        return True
    return not is_stripped(read_case(case)[0])


def kept_case(
    case: Case, recipe: Recipe, folder: Path, without_skull: bool = False
) -> tuple[Tensor, Tensor]:
    """One case's slices from its file in the folder, which is written where it is missing.

    A file that is damaged is written anew.
    """
    path = _file(case, recipe, folder, without_skull)
    if path.exists():
        try:
            return _read(path)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            log.warning(
                "the kept slices of case %s are damaged (%s): prepared anew", case.id, error
            )
    images, labels = _prepared(case, recipe, without_skull)
    data = save(
        {"images": images.contiguous(), "labels": labels},
        metadata={"sha256": _digest(images, labels)},
    )
    with written_whole(path) as partial:
        partial.write_bytes(data)
    return _read(path)


def _prepared(case: Case, recipe: Recipe, without_skull: bool) -> tuple[Tensor, Tensor]:
    flair, labels = read_case(case)
    images, prepared = prepare_case(stripped(flair) if without_skull else flair, labels, recipe)
    return images.half(), prepared


def _read(path: Path) -> tuple[Tensor, Tensor]:
    """Images and labels mapped from the file: pages are read when they are first used."""
    with safe_open(path, framework="pt") as file:
        images, labels = file.get_tensor("images"), file.get_tensor("labels")
        if file.metadata()["sha256"] != _digest(images, labels):
            raise ValueError("its checksum is another")
    return images, labels


def _file(case: Case, recipe: Recipe, folder: Path, without_skull: bool) -> Path:
    """Named by all that its content is made of."""
    hashes = [file_sha256(part) for path in (case.flair, case.mask) for part in _parts(path)]
    made_of = [FORMAT, recipe.without_certainty().to_dict(), without_skull, hashes]
    return folder / f"{hashlib.sha256(json.dumps(made_of).encode()).hexdigest()}.safetensors"


def _parts(path: Path) -> list[Path]:
    """The files of an image: one, or a header and its voxels."""
    pair = {".hdr": ".img", ".img": ".hdr"}.get(path.suffix.lower())
    beside = [path.with_suffix(pair)] if pair else []
    return [path, *(other for other in beside if other.is_file())]


def _digest(images: Tensor, labels: Tensor) -> str:
    digest = hashlib.sha256(f"{images.dtype} {tuple(images.shape)} {labels.dtype}".encode())
    for tensor in (images, labels):
        for part in tensor:
            digest.update(part.contiguous().numpy().data)
    return digest.hexdigest()
