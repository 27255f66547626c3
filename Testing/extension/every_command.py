"""`python -m extension.every_command FOLDER`: all that the engine does, small, in one process."""

import csv
import sys
from pathlib import Path

from engine.random_vgg import random_vgg
from engine.tiny_training import simulated_cases
from safetensors.torch import save_file
from wmh_siamese.cases.reading import read_case
from wmh_siamese.cli import main
from wmh_siamese.library.library import Library

NAMES = ("a", "b", "c", "d")
SMALL = ("--epochs", "1", "--batches", "1", "--batch-size", "2", "--device", "cpu")


def command(*words: object) -> None:
    """Run `wmh-siamese` with these words; whatever it refuses ends this process."""
    code = main([str(word) for word in words])
    if code:
        raise SystemExit(f"exit code {code} of {words}")


def cases_in(folder: Path) -> Path:
    """Simulated cases as a table, and most of them as a library with one that is held out."""
    cases = simulated_cases(folder, NAMES)
    with (folder / "cases.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["cohort", "case", "flair", "mask"])
        rows.writerows([case.cohort, case.name, case.flair.name, case.mask.name] for case in cases)
    library = Library.create(folder / "library")
    for case, role in zip(cases, ("training", "training", "held-out"), strict=False):
        flair, labels = read_case(case)
        library.add(flair, labels.array, patient=case.name, role=role)
    library.export(folder / "exported.zip")
    Library.create(folder / "other").import_from(folder / "exported.zip")
    return folder / "cases.csv"


def everything(folder: Path) -> None:
    """Each command once; the content loss takes its weights from a file."""
    cases = cases_in(folder)
    save_file(random_vgg().tensors, folder / "vgg.safetensors")
    vgg = ("--vgg", folder / "vgg.safetensors", "--vgg-convention", "caffe")
    command("models")

    tiny = ("--width", "4", "--depth", "2", "--size", "32")
    command("train", cases, folder / "trained", *tiny, *SMALL, *vgg)
    base = folder / "trained" / "generator.safetensors"
    tune = ("finetune", folder / "other", folder / "mine.safetensors", "--base", base, *SMALL, *vgg)
    command(*tune, "--estimate")
    command(*tune, "--leave-one-out")
    command(*tune)

    (folder / "masks").mkdir()
    mask = ("--output", folder / "masks" / "a.nii.gz", "--csv", folder / "table.csv")
    outputs = (*mask, "--picture", folder / "overlay.png", "--model", base)
    command("segment", folder / "a-flair.nii", *outputs)
    masks = ("--masks", folder / "masks", "--case", "simulated/a", "--csv", folder / "figures.csv")
    command("evaluate", "--cases", cases, *masks)


if __name__ == "__main__":
    everything(Path(sys.argv[1]))
