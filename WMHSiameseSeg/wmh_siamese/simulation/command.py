"""``wmh-siamese simulate``: a folder of simulated heads, ready for ``train --simulated``."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np

from wmh_siamese.cases.finding import TABLE_NAME
from wmh_siamese.errors import WMHError
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.segmenting.readouts import read_out
from wmh_siamese.simulation.head import simulated_head
from wmh_siamese.terminal.output import DONE, tell, tell_json
from wmh_siamese.training.lesion_atlas import LesionAtlas
from wmh_siamese.volumes.nifti_file import read_mask, write_volume
from wmh_siamese.volumes.volume import Volume

COHORT = "simulated"
RECORD = "simulation.json"
VERSION = 2  # of the simulation: higher whenever a seed gives other heads than before


@dataclass(frozen=True)
class SimulatedCase:
    """One head on disk. ``volume_ml`` and ``lesion_count`` are of the lesions that were put in."""

    name: str
    flair: str
    mask: str
    shape: tuple[int, ...]
    volume_ml: float
    lesion_count: int


def run(options: argparse.Namespace) -> int:
    """Make heads that no patient has, to learn from."""

    def tell_case(case: SimulatedCase) -> None:
        if options.json:
            return tell_json(vars(case))
        shape = "x".join(map(str, case.shape))
        tell(f"{case.flair}: {shape}, {case.volume_ml:.2f} ml in {case.lesion_count} lesions")

    done = run_simulation(options, tell_case)
    if not options.json:
        tell(f"{len(done)} heads for wmh-siamese train --simulated {options.folder}")
    return DONE


def run_simulation(
    options: argparse.Namespace, tell: Callable[[SimulatedCase], None]
) -> list[SimulatedCase]:
    """Simulate as the options say; a run that was interrupted goes on where it was.

    Raises:
        WMHError: ``bad-path`` for numbers that make no sense or a folder of other heads,
            ``bad-volume`` when the atlas cannot be used.
    """
    if options.count < 1 or options.seed < 0:
        raise WMHError(
            "bad-path", "--count must be 1 or more, and --seed 0 or more.", "Change them."
        )
    atlas = LesionAtlas(options.lesion_atlas)
    folder: Path = options.folder
    _begin(folder, {"version": VERSION, "seed": options.seed, "lesion_atlas": atlas.sha256})
    done: list[SimulatedCase] = []
    try:
        for number in range(options.count):
            case = _kept_head(folder, number, options.seed, atlas)
            done.append(case)
            _write_table(folder, done)
            tell(case)
    except BaseException:
        if not _has_heads(folder):  # so nothing that a next run goes on
            (folder / RECORD).unlink(missing_ok=True)
        raise
    return done


def _begin(folder: Path, made_of: dict[str, object]) -> None:
    """Refuse a folder in which something else lies; what its heads are made of is recorded."""
    record, wanted = folder / RECORD, json.dumps(made_of) + "\n"
    if record.is_file():
        found = record.read_text(encoding="utf-8", errors="replace")
        if found == wanted:
            return
        if _has_heads(folder) or not _is_record(found, made_of):
            raise WMHError(
                "bad-path",
                f"{folder} holds heads of another seed, lesion atlas or version of the simulation.",
                "Choose an empty folder.",
            )
    elif folder.exists() and any(folder.iterdir()):
        raise WMHError("bad-path", f"{folder} is not empty.", "Choose an empty folder.")
    folder.mkdir(parents=True, exist_ok=True)
    with written_whole(record) as partial:
        partial.write_text(wanted, encoding="utf-8")


def _has_heads(folder: Path) -> bool:
    return any(folder.glob("*_flair.nii.gz"))


def _is_record(text: str, made_of: dict[str, object]) -> bool:
    """Whether this program wrote it: a run that was killed leaves one, perhaps without a head."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.keys() == made_of.keys()


def _kept_head(folder: Path, number: int, seed: int, atlas: LesionAtlas) -> SimulatedCase:
    name = f"{number:04}"
    flair, mask = f"{name}_flair.nii.gz", f"{name}_mask.nii.gz"
    if (folder / flair).is_file():  # written last
        lesions = read_mask(folder / mask)
    else:
        scan, labels = simulated_head(atlas, np.random.default_rng([seed, number]))
        write_volume(folder / mask, labels.array, labels.affine)
        write_volume(folder / flair, scan.array, scan.affine)
        lesions = Volume(labels.array > 0, labels.affine)
    found = read_out(lesions.array, lesions.affine)
    return SimulatedCase(name, flair, mask, lesions.shape, found.volume_ml, found.lesion_count)


def _write_table(folder: Path, cases: list[SimulatedCase]) -> None:
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["cohort", "case", "flair", "mask"])
    table.writerows([COHORT, case.name, case.flair, case.mask] for case in cases)
    with written_whole(folder / TABLE_NAME) as partial:
        partial.write_text(text.getvalue(), encoding="utf-8")
