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

    With one input ``masks``, ``probability`` and ``picture`` name files, or folders that exist or
    stand in ``folders``; with several they name folders. A file there is named after its input.
    """

    inputs: tuple[Path, ...]
    masks: tuple[Path, ...] = ()
    probability: Path | None = None
    picture: Path | None = None
    folders: frozenset[Path] = frozenset()
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

    def place(path: Path, name: str) -> Path:
        into = len(request.inputs) > 1 or path in request.folders or path.is_dir()
        return path / name if into else path

    jobs = []
    for source, name in zip(request.inputs, _names(request.inputs), strict=True):
        jobs.append(
            Job(
                source=source,
                masks=tuple(
                    place(path, f"{name}_wmh{request.mask_ending}") for path in request.masks
                ),
                probability=request.probability
                and place(request.probability, f"{name}_probability.nii.gz"),
                picture=request.picture and place(request.picture, f"{name}_overlay.png"),
                table=request.table,
            )
        )
    _check_outputs(request, jobs)
    return jobs


def _names(inputs: tuple[Path, ...]) -> list[str]:
    """A name for each input: its file's, after the folders by which files of one name differ.

    Example:
        >>> _names((Path("/a/1/pre/FLAIR.nii"), Path("/a/2/pre/FLAIR.nii"), Path("/a/T2.nii")))
        ['1_FLAIR', '2_FLAIR', 'T2']
    """
    alike: dict[str, list[tuple[str, ...]]] = {}
    for path in inputs:
        alike.setdefault(name_of(path), []).append(_folders(path))
    differing = {name: _differing(folders) for name, folders in alike.items()}
    return [
        "_".join([*(_folders(path)[level] for level in differing[name]), name])
        for path, name in ((path, name_of(path)) for path in inputs)
    ]


def _folders(path: Path) -> tuple[str, ...]:
    """From the innermost outwards."""
    return _real(path).parts[-2:0:-1]


def _differing(folders: list[tuple[str, ...]]) -> list[int]:
    """At which levels, outermost first, folders differ, as far out as all of them reach."""
    depth = min(map(len, folders))
    return [n for n in reversed(range(depth)) if len({parts[n] for parts in folders}) > 1]


def name_of(path: Path) -> str:
    """The file's name without its NIfTI ending."""
    for ending in VOLUME_ENDINGS:
        if path.name.endswith(ending):
            return path.name.removesuffix(ending)
    return path.name


def _check_outputs(request: SegmentRequest, jobs: list[Job]) -> None:
    from wmh_siamese.segmenting.result_table import check_table

    inputs = {_real(path) for path in request.inputs}
    taken: set[Path] = set()
    for job in jobs:
        _check_endings(job)
        for path in job.files:
            into = len(jobs) > 1 or path.parent in request.folders
            _check_place(path, may_make_folder=into)
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
                f"End its name with {', '.join(MASK_ENDINGS)}, or name a folder and end it with /.",
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
