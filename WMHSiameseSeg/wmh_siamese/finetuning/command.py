"""``wmh-siamese finetune``: corrected cases in, a new model and a comparison out."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.finetuning.choices import SETTINGS
from wmh_siamese.finetuning.comparison import Comparison, compared, telling
from wmh_siamese.finetuning.ending import check_library
from wmh_siamese.finetuning.estimate import estimated
from wmh_siamese.finetuning.finetune import CurvePoint, Finetuned, finetune
from wmh_siamese.finetuning.leave_one_out import leave_one_out
from wmh_siamese.finetuning.task import Task, task_of
from wmh_siamese.models.model_file import check_output


def estimated_minutes(options: argparse.Namespace, base: Path) -> float:
    """How long the fine-tuning would take here, from a few real steps."""
    task = _task(options, base, lambda sentence: None)
    vgg = task.vgg(options.vgg, options.vgg_convention)
    what = (task.base, task.learnt, task.held_out, vgg, task.settings)
    return estimated(*what, device=options.device).minutes


def run_finetuning(
    options: argparse.Namespace,
    base: Path,
    on_epoch: Callable[[CurvePoint], None],
    say: Callable[[str], None],
) -> tuple[Finetuned, Comparison]:
    """Fine-tune as the options say and compare on the held-out cases."""
    check_output(options.output)
    task = _task(options, base, say)
    for library in (task.library, task.rehearsed_library):
        check_library(library)
    done = finetune(
        task.base,
        task.learnt,
        task.held_out,
        task.vgg(options.vgg, options.vgg_convention),
        options.output,
        task.settings,
        name=options.name or options.output.stem,
        base_share=task.base_share,
        device=options.device,
        on_epoch=on_epoch,
        say=say,
        note=task.note_trained,
    )
    comparison = compared(task.base, done.figures, options.device, left_out=telling(say))
    _write(options, comparison)
    return done, comparison


def run_leave_one_out(
    options: argparse.Namespace,
    base: Path,
    on_patient: Callable[[str, Comparison], None],
    say: Callable[[str], None],
) -> Comparison:
    """Compare with one patient left out at a time; held-out patients take no part."""
    task = _task(options, base, say)
    comparison = leave_one_out(
        task.base,
        task.training,
        task.vgg(options.vgg, options.vgg_convention),
        task.settings,
        device=options.device,
        rehearsal=task.rehearsal,
        base_share=task.base_share,
        on_patient=on_patient,
        say=say,
    )
    _write(options, comparison)
    return comparison


def _task(options: argparse.Namespace, base: Path, say: Callable[[str], None]) -> Task:
    given = {name: getattr(options, name) for name in SETTINGS}
    return task_of(
        *(options.library, base, options.effort, options.held_out),
        *(options.rehearse, options.guarded, say),
        **given,
    )


def _write(options: argparse.Namespace, comparison: Comparison) -> None:
    if options.markdown:
        with written_whole(options.markdown) as partial:
            partial.write_text(comparison.report() + "\n", encoding="utf-8")
