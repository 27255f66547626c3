"""Which files a run will write, settled and checked before anything is computed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wmh_siamese.errors import WMHError

MASK_ENDINGS = (".nii.gz", ".nii", ".seg.nrrd")
VOLUME_ENDINGS = (".nii.gz", ".nii")


@dataclass(frozen=True)
class SegmentRequest:
    """What to segment, how, and where the results go.

    With one input ``masks``, ``probability`` and ``picture`` name files (or folders that exist);
    with several they name folders, and each file there is named after its input.
    """

    inputs: tuple[Path, ...]
    masks: tuple[Path, ...] = ()
    probability: Path | None = None
    picture: Path | None = None
    table: Path | None = None
    mask_ending: str = ".nii.gz"
    threshold: float | None = None
    min_volume_mm3: float = 0.0
    nonfinite: Literal["refuse", "zero"] = "refuse"
    accept_doubts: bool = False


@dataclass(frozen=True)
class Job:
    """One input and the files that it becomes."""

    source: Path
    masks: tuple[Path, ...]
    probability: Path | None
    picture: Path | None
    table: Path | None

    @property
    def files(self) -> tuple[Path, ...]:
        """All files but the table, which is shared."""
        further = (self.probability, self.picture)
        return self.masks + tuple(path for path in further if path is not None)


def plan(request: SegmentRequest) -> list[Job]:
    """Every input with its output files, checked before anything is computed.

    Raises:
        WMHError: ``bad-path`` when an output cannot be written there, would replace an input, or
            would be written twice.
    """
    several = len(request.inputs) > 1
    jobs = []
    for source, name in zip(request.inputs, _names(request.inputs), strict=True):
        jobs.append(
            Job(
                source=source,
                masks=tuple(
                    _output(path, several, f"{name}_wmh{request.mask_ending}")
                    for path in request.masks
                ),
                probability=request.probability
                and _output(request.probability, several, f"{name}_probability.nii.gz"),
                picture=request.picture
                and _output(request.picture, several, f"{name}_overlay.png"),
                table=request.table,
            )
        )
    _check_outputs(request, jobs)
    return jobs


def _names(inputs: tuple[Path, ...]) -> list[str]:
    """A name for each input: its file's, with its folder's in front where files share theirs."""
    names = [name_of(path) for path in inputs]
    return [
        f"{_real(path).parent.name}_{name}" if names.count(name) > 1 else name
        for path, name in zip(inputs, names, strict=True)
    ]


def name_of(path: Path) -> str:
    """The file's name without its NIfTI ending."""
    for ending in VOLUME_ENDINGS:
        if path.name.endswith(ending):
            return path.name.removesuffix(ending)
    return path.name


def _output(path: Path, several: bool, name: str) -> Path:
    return path / name if several or path.is_dir() else path


def _check_outputs(request: SegmentRequest, jobs: list[Job]) -> None:
    from wmh_siamese.segmenting.result_table import check_table

    inputs = {_real(path) for path in request.inputs}
    taken: set[Path] = set()
    for job in jobs:
        _check_endings(job)
        for path in job.files:
            _check_place(path, may_make_folder=len(jobs) > 1)
            real = _real(path)
            if real in inputs:
                raise _bad_path(f"{path} is an input and would be lost.", "Choose another name.")
            if real in taken:
                raise _bad_path(f"{path} would be written twice.", "Choose different names.")
            taken.add(real)
    if request.table:
        if _real(request.table) in inputs | taken:
            raise _bad_path(f"{request.table} has two uses.", "Choose another name for the table.")
        _check_place(request.table, may_make_folder=False)
        check_table(request.table)


def _check_endings(job: Job) -> None:
    for path in job.masks:
        if not path.name.endswith(MASK_ENDINGS):
            raise _bad_path(
                f"{path} does not say what kind of file the mask is to be.",
                f"End its name with {', '.join(MASK_ENDINGS)}, or name a folder that exists.",
            )
    if job.probability and not job.probability.name.endswith(VOLUME_ENDINGS):
        raise _bad_path(f"{job.probability} is not a NIfTI name.", "End it with .nii.gz or .nii.")
    if job.picture and not job.picture.name.endswith(".png"):
        raise _bad_path(f"{job.picture} is not a PNG name.", "End it with .png.")


def _check_place(path: Path, may_make_folder: bool) -> None:
    """Refuse early where writing cannot succeed."""
    if path.is_dir():
        raise _bad_path(f"{path} is a folder, not a file.", "Name a file.")
    folder = path.parent
    if not folder.exists() and not may_make_folder:
        raise _bad_path(f"The folder {folder} does not exist.", "Make it first.")
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise _bad_path(f"{folder} is a file, not a folder.", "Choose another place.")
    if not os.access(folder, os.W_OK):
        raise _bad_path(f"The folder {folder} cannot be written to.", "Choose another place.")


def _real(path: Path) -> Path:
    """Absolute and without links; unlike ``Path.resolve`` at ease with a link to itself."""
    return Path(os.path.realpath(path))


def _bad_path(sentence: str, way_out: str) -> WMHError:
    return WMHError("bad-path", sentence, way_out)
