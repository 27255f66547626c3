"""``finetune``: train and compare, estimate the time, or leave one patient out at a time."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.finetuning.choices import EFFORTS, SETTINGS, Effort
from wmh_siamese.networks.torch_loading import import_torch
from wmh_siamese.worker.asker import Asker
from wmh_siamese.worker.lines import (
    DEVICES,
    choice_of,
    optional_path_of,
    path_of,
    private_folder_of,
    unusable,
)
from wmh_siamese.worker.vgg import convention_of
from wmh_siamese.worker.workshop import Workshop

FINETUNINGS = ("train", "estimate", "leave-one-out")

if TYPE_CHECKING:
    from wmh_siamese.evaluation.evaluation import CaseFigures
    from wmh_siamese.finetuning.comparison import Comparison
    from wmh_siamese.finetuning.finetune import CurvePoint
    from wmh_siamese.finetuning.task import Task
    from wmh_siamese.networks.siamese import Convention
    from wmh_siamese.networks.vgg_weights import VGGWeights


@dataclass(frozen=True)
class Finetune:
    """Go on from the model ``base`` with the cases of a library.

    ``what`` is to train and compare, to estimate the time, or to leave one patient out at a time.
    ``folder``, private to this run, takes pictures of the largest differences, and what is kept
    for the time of an estimate or of leaving one out, where it is given. ``guarded`` is against
    forgetting.
    """

    what: str
    library: Path
    base: Path
    output: Path | None
    name: str
    effort: str
    device: str
    vgg: Path | None
    vgg_convention: Convention | None
    settings: Mapping[str, Any]
    folder: Path | None = None
    guarded: bool = True


def finetune_request(line: Mapping[str, Any]) -> Finetune:
    """The typed request of a line.

    Raises:
        WMHError: ``internal``, with the field that is missing or wrong.
    """
    what = choice_of(line, "what", FINETUNINGS)
    settings = line.get("settings") or {}
    if not isinstance(settings, dict) or not set(settings) <= set(SETTINGS):
        raise unusable(f"'settings' must be some of {', '.join(sorted(SETTINGS))}")
    for name, value in settings.items():
        if not _is_usable(name, value):
            raise unusable(f"the setting {name!r} cannot be {value!r}")
    guarded = line.get("guarded", True)
    if not isinstance(guarded, bool):
        raise unusable(f"'guarded' must be true or false, got {guarded!r}")
    return Finetune(
        what=what,
        library=path_of(line, "library"),
        base=path_of(line, "base"),
        output=path_of(line, "output") if what == FINETUNINGS[0] else None,
        name=str(line.get("name") or ""),
        effort=choice_of(line, "effort", EFFORTS),
        device=choice_of(line, "device", DEVICES),
        vgg=optional_path_of(line, "vgg"),
        vgg_convention=convention_of(line),
        settings=settings,
        folder=private_folder_of(line),
        guarded=guarded,
    )


def _is_usable(name: str, value: object) -> bool:
    """Whether a setting is of its type; whether it makes sense is for the settings to say."""
    if name in ("loss", "extra_loss", "precision"):
        return isinstance(value, str)
    if name == "frozen_statistics" or isinstance(value, bool):
        return name == "frozen_statistics" and isinstance(value, bool)
    if name in ("epochs", "batches", "batch_size", "seed"):
        return isinstance(value, int)
    return isinstance(value, int | float) and math.isfinite(value)


def run_finetune(work: Finetune, asker: Asker, workshop: Workshop) -> dict[str, Any]:
    """The fields of the result event.

    Raises:
        WMHError: as :mod:`wmh_siamese.finetuning`; ``stopped`` when nothing was kept.
    """
    workshop.private_folder = work.folder
    import_torch()
    from wmh_siamese.finetuning.task import task_of

    asker.progress("preparing", 0, 1)
    given = dict(work.settings)
    effort = cast(Effort, work.effort)
    task = task_of(work.library, work.base, effort, guarded=work.guarded, **given)
    vgg = _vgg(task, work)
    asker.progress("preparing", 1, 1)
    if work.what == "estimate":
        return _estimate(task, vgg, work, asker)
    if work.what == "leave-one-out":
        return _leave_one_out(task, vgg, work, asker)
    return _train(task, vgg, work, asker)


def _vgg(task: Task, work: Finetune) -> VGGWeights | None:
    """The weights from their file: a worker downloads nothing that was not asked for."""
    if task.settings.needs_vgg and work.vgg is None:
        raise WMHError(
            "bad-path",
            "The content loss needs VGG19's weights, and none are named.",
            "Choose their file, download them, or choose another loss.",
        )
    return task.vgg(work.vgg, work.vgg_convention)


def _estimate(task: Task, vgg: VGGWeights | None, work: Finetune, asker: Asker) -> dict[str, Any]:
    from wmh_siamese.finetuning.estimate import estimated

    estimate = estimated(
        *(task.base, task.learnt, task.held_out, vgg, task.settings),
        device=work.device,
        place=work.folder,
        stopped=asker.stopped,
    )
    return {**vars(estimate), "minutes": estimate.minutes}


def _leave_one_out(
    task: Task, vgg: VGGWeights | None, work: Finetune, asker: Asker
) -> dict[str, Any]:
    from wmh_siamese.finetuning.leave_one_out import leave_one_out

    patients = list(dict.fromkeys(case.patient_id for case in task.training))
    done = [0]

    def on_patient(patient: str, comparison: Comparison) -> None:
        done[0] += 1
        asker.progress("training", done[0], len(patients))

    asker.progress("training", 0, len(patients))
    comparison = leave_one_out(
        task.base,
        task.training,
        vgg,
        task.settings,
        rehearsal=task.rehearsal,
        base_share=task.base_share,
        device=work.device,
        place=work.folder,
        on_patient=on_patient,
        say=asker.say,
        stopped=asker.stopped,
    )
    return {"comparison": _as_fields(comparison)}


def _train(task: Task, vgg: VGGWeights | None, work: Finetune, asker: Asker) -> dict[str, Any]:
    from wmh_siamese.finetuning.comparison import compared, telling
    from wmh_siamese.finetuning.ending import check_library
    from wmh_siamese.finetuning.finetune import finetune

    if work.output is None:
        raise WMHError("internal", "The request names no file for the new model.")
    check_library(task.library)
    began, steps = time.perf_counter(), task.settings.steps

    def on_epoch(point: CurvePoint) -> None:
        asker.epoch({**vars(point), "of": task.settings.epochs})

    done = finetune(
        task.base,
        task.learnt,
        task.held_out,
        vgg,
        work.output,
        task.settings,
        name=work.name or work.output.stem,
        base_share=task.base_share,
        device=work.device,
        on_epoch=on_epoch,
        on_step=lambda step: asker.progress("training", step, steps),
        say=asker.say,
        stopped=asker.stopped,
        discarded=asker.discarded,
        note=task.note_trained,
    )
    card = done.card
    judged = [0]

    def on_case(figures: CaseFigures) -> None:
        judged[0] += 1
        asker.progress("comparing", judged[0], len(done.figures))

    asker.progress("comparing", 0, len(done.figures))
    comparison = compared(task.base, done.figures, work.device, on_case, telling(asker.say))
    return {
        "model": {
            "path": str(done.path),
            "name": card.name,
            "sha256": card.sha256,
            "threshold": card.threshold,
        },
        "kept_epoch": done.kept_epoch,
        "stopped": done.stopped,
        "curve": [vars(point) for point in done.curve],
        "comparison": _as_fields(comparison),
        "pictures": _pictures(comparison, task, done.path, work, asker),
        "seconds": time.perf_counter() - began,
    }


def _pictures(
    comparison: Comparison, task: Task, new: Path, work: Finetune, asker: Asker
) -> list[dict[str, Any]]:
    """Of the cases that changed most; without them the comparison still stands."""
    from wmh_siamese.finetuning.most_changed import most_changed

    if work.folder is None or not comparison.pairs:
        return []
    asker.progress("drawing", 0, 1)
    told = []
    try:
        drawn = most_changed(comparison, task.base, new, work.device)
        for number, (case, picture) in enumerate(drawn):
            file = work.folder / f"difference-{number}.png"
            file.write_bytes(picture.png)
            figures = {"base": vars(picture.base), "new": vars(picture.new)}
            told.append(
                {
                    "file": str(file),
                    "patient": case.patient,
                    "position": picture.position,
                    **figures,
                }
            )
    except (WMHError, OSError) as error:
        asker.say(f"The differences could not be drawn: {from_exception(error)}")
    return told


def _as_fields(comparison: Comparison) -> dict[str, Any]:
    return {
        "sentence": comparison.sentence(),
        "rows": comparison.rows(),
        "mean": comparison.means(),
    }
