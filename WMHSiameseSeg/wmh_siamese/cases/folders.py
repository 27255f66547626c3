"""Data sets as they lie in folders: the WMH challenge's layout, BIDS, and plain pairs of files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from wmh_siamese.cases.case import CASE_ID, FLAIR_NAME, Case
from wmh_siamese.errors import WMHError

ENDINGS = (".nii.gz", ".nii")
MASK_WORDS = ("mask", "seg", "lesion", "lesions", "wmh", "label", "labels", "truth")

_LESION_WORDS = re.compile(r"lesion|wmh|hyperintens", re.IGNORECASE)


def cases_in_folder(folder: Path) -> list[Case]:
    """The cases of a data set in one of three layouts, sorted by id.

    - The WMH challenge's: ``<site>/<scanner?>/<case>/pre/FLAIR.nii.gz`` with ``wmh.nii.gz`` beside
      ``pre``. The folders above the case are its cohort.
    - BIDS: ``sub-*/[ses-*/]anat/*_FLAIR.nii.gz``, lesion masks ``*_mask`` or ``*_dseg`` in
      ``derivatives/*/sub-*/``. The folder's name is the cohort.
    - Plain pairs: ``NAME.nii.gz`` with ``NAME_mask.nii.gz`` (or another of ``MASK_WORDS``), or a
      folder a case with ``FLAIR.nii.gz`` and a mask so named, at any depth.

    Scans without a mask are left out. The cases of a correction library are none of a data set:
    only the library knows which of them are held out.

    Raises:
        WMHError: ``bad-volume`` when nothing of this kind is there, a scan has several masks, or
            cases of a library are among them.
    """
    folder = folder.resolve()
    for layout in (_challenge, _bids, _pairs):
        found = (replace(case, named=False) for case in layout(folder))
        cases = sorted(found, key=lambda case: case.id)
        if cases:
            _check_of_no_library(cases, folder)
            return cases
    raise WMHError(
        "bad-volume",
        f"The folder {folder} holds no FLAIR volume with a mask in a layout that is known.",
        "Known are the WMH challenge's folders, BIDS with derivatives, NAME.nii.gz beside "
        "NAME_mask.nii.gz, and a table cases.csv.",
    )


def _check_of_no_library(cases: Sequence[Case], folder: Path) -> None:
    """Refuse a library's case folders, with or without the manifest, in use or in the trash."""
    files = [case.flair.resolve() for case in cases]
    if any(file.name == FLAIR_NAME and CASE_ID.fullmatch(file.parent.name) for file in files):
        raise WMHError(
            "bad-volume",
            f"The folder {folder} holds cases of a correction library, and which of them are held "
            "out only the library knows.",
            "Name the library's own folder, the one with library.json, to finetune or as what it "
            "rehearses; where that file is gone, put a copy back. Or name the cases that may be "
            "used in a table cases.csv.",
        )


def _challenge(root: Path) -> Iterator[Case]:
    for flair in _images(root, "**/pre/FLAIR"):
        home = flair.parent.parent
        for mask in _images(home, "wmh")[:1]:
            yield Case(_cohort(root, home.parent), home.name, flair, mask)


def _bids(root: Path) -> Iterator[Case]:
    for subject in sorted(root.glob("sub-*")):
        for flair in [*_images(subject, "anat/*_FLAIR"), *_images(subject, "ses-*/anat/*_FLAIR")]:
            name = _stem(flair).removesuffix("_FLAIR")
            masks = _bids_masks(root, subject.name, name)
            if len(masks) > 1:
                raise WMHError(
                    "bad-volume",
                    f"Scan {name} has {len(masks)} lesion masks, {masks[0].name} in "
                    f"{masks[0].parent} and {masks[1].name} in {masks[1].parent}.",
                    "Keep one of them, or name the right ones in a table cases.csv.",
                )
            if masks:
                yield Case(root.name, name, flair, masks[0], subject.name)


def _bids_masks(root: Path, subject: str, name: str) -> list[Path]:
    """Masks in the derivatives that contradict none of the scan's entities (``ses-2``, ``run-1``).

    Where some speak of lesions, only those; brain masks and tissue maps never count.
    """
    wanted = _entities(name)
    fitting = [
        path
        for path in _images(root, f"derivatives/*/{subject}/**/{subject}_*")
        if _stem(path).endswith(("_mask", "_dseg"))
        and all(_entities(_stem(path)).get(key, value) == value for key, value in wanted.items())
        and not re.search(r"brain|tissue|aseg|aparc|head", _stem(path), re.IGNORECASE)
    ]
    return [path for path in fitting if _LESION_WORDS.search(_stem(path))] or fitting


def _entities(stem: str) -> dict[str, str]:
    return dict(part.split("-", 1) for part in stem.split("_") if "-" in part)


def _pairs(root: Path) -> Iterator[Case]:
    homes = sorted({path.parent for path in _images(root, "**/*")})
    for home in homes:
        stems = {_stem(path): path for path in _images(home, "*")}
        by_word = {stem.lower(): path for stem, path in stems.items()}
        if "flair" in by_word:  # a folder a case
            masks = [by_word[word] for word in MASK_WORDS if word in by_word]
            if masks:
                cohort = _cohort(root, home.parent) if home != root else root.name
                yield Case(cohort, home.name, by_word["flair"], masks[0])
            continue
        for stem, path in stems.items():
            name = re.sub(r"[_-]flair$", "", stem, flags=re.IGNORECASE)
            for word in MASK_WORDS:
                mask = by_word.get(f"{name}_{word}".lower()) or by_word.get(
                    f"{stem}_{word}".lower()
                )
                if mask:
                    yield Case(_cohort(root, home), name, path, mask)
                    break


def _cohort(root: Path, folder: Path) -> str:
    """The folders between the data set and a case, joined; the data set's own name if none."""
    return "-".join(folder.relative_to(root).parts) if folder != root else root.name


def _images(folder: Path, pattern: str) -> list[Path]:
    found = (path for ending in ENDINGS for path in folder.glob(pattern + ending))
    return sorted(path for path in found if not path.name.startswith("."))


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".nii")
