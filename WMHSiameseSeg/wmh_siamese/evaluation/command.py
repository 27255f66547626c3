"""``wmh-siamese evaluate``: models, finished masks and a baseline beside each other on cases."""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.finding import check_ids, find_cases
from wmh_siamese.cases.reading import read_case
from wmh_siamese.errors import WMHError
from wmh_siamese.evaluation.evaluation import (
    CaseFigures,
    CohortFigures,
    case_figures,
    cohort_figures,
    usable_cases,
)
from wmh_siamese.evaluation.methods import (
    LEARNT,
    VALIDATION,
    FinishedMasks,
    IntensityThreshold,
    Mask,
    Method,
    TrainedModel,
)
from wmh_siamese.evaluation.table import cohort_table, in_words, write_csv, write_markdown
from wmh_siamese.models.choosing import model_path
from wmh_siamese.networks.torch_loading import import_torch
from wmh_siamese.terminal.output import DONE, complain, tell, tell_json, tell_lines
from wmh_siamese.volumes.volume import Volume

if TYPE_CHECKING:
    from wmh_siamese.segmenting.inference import Segmenter


@dataclass(frozen=True)
class Evaluation:
    """What was found: by case, by cohort, and what a reader of the figures has to know."""

    cases: list[CaseFigures]
    cohorts: list[CohortFigures]
    notes: list[str]


def run(options: argparse.Namespace) -> int:
    """Judge models, finished masks or a baseline on cases whose truth is known."""

    def tell_case(found: CaseFigures) -> None:
        if options.json:
            return tell_json(found.as_json())
        tell(f"{found.case.id}, {found.method}: {in_words(found.figures)}")

    others = options.masks or options.baseline
    wanted = options.model or ([] if others else [None])
    if wanted:
        import_torch()
    done = run_evaluation(options, [model_path(name) for name in wanted], complain, tell_case)
    if options.json:
        for cohort in done.cohorts:
            tell_json(cohort.as_json())
    else:
        tell_lines("\n".join(["", cohort_table(done.cohorts), "", *done.notes]))
    return DONE


def run_evaluation(
    options: argparse.Namespace,
    models: Sequence[Path],
    complain: Callable[[str], None],
    on_case: Callable[[CaseFigures], None],
) -> Evaluation:
    """Judge as the options say and write the tables.

    Args:
        options: of :mod:`wmh_siamese.evaluation.options`.
        models: the files of the models.
        complain: told, in a sentence, of each case that cannot be used.
        on_case: told the figures as they come.

    Raises:
        WMHError: ``bad-volume`` when a case cannot be used and is not to be skipped, or none can;
            ``bad-path`` and ``bad-model`` for places and models.
    """
    tables = [path for path in (options.csv, options.markdown) if path]
    for path in tables:
        _check_place(path)
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    wanted = _named(find_cases(options.cases, options.cohort), options.case)
    methods = _methods(options, models, wanted, complain)
    cases, faults = usable_cases(wanted, methods)
    for fault in faults.values():
        complain(str(fault))
    if faults and not (options.skip_bad and cases):
        raise WMHError(
            "bad-volume",
            f"{len(faults)} of {len(wanted)} cases cannot be used.",
            "Repair them, or leave them out with --skip-bad." if cases else "",
        )
    figures = []
    for case in cases:
        flair, labels = read_case(case)
        for method in methods:
            draw = _picture_of(options.pictures, method, case, flair)
            figures.append(case_figures(method, case, flair, labels, draw))
            on_case(figures[-1])
    evaluation = Evaluation(figures, cohort_figures(figures), _notes(methods, cases, faults))
    if options.csv:
        write_csv(options.csv, evaluation.cases, evaluation.cohorts)
    if options.markdown:
        write_markdown(options.markdown, evaluation.cases, evaluation.cohorts, evaluation.notes)
    return evaluation


def _check_place(path: Path) -> None:
    """Refuse a table that could not be written after all the work."""
    if path.is_dir():
        raise WMHError("bad-path", f"{path} is a folder, not a file.", "Name a file.")
    path.parent.mkdir(parents=True, exist_ok=True)


def _picture_of(
    folder: Path | None, method: Method, case: Case, flair: Volume
) -> Callable[[Mask, Mask], None]:
    """Draws truth and result of a method on a case, where pictures are wanted."""
    if folder is None:
        return lambda truth, found: None
    from wmh_siamese.evaluation.compared_slice import draw_worst_slices

    title = f"{case.id}, {method.name}"
    path = folder / f"{re.sub(r'[^A-Za-z0-9-]+', '-', title)}.png"
    return lambda truth, found: draw_worst_slices(path, title, flair, truth, found)


def _named(cases: Sequence[Case], ids: Sequence[str] | None) -> list[Case]:
    check_ids(cases, ids or ())
    return [case for case in cases if ids is None or case.id in ids]


def _methods(
    options: argparse.Namespace,
    models: Sequence[Path],
    cases: Sequence[Case],
    complain: Callable[[str], None],
) -> list[Method]:
    segmenters = [_segmenter(path, options.device, complain) for path in models]
    model_names = _told_apart([segmenter.card.name for segmenter in segmenters], models)
    folder_names = _told_apart([folder.resolve().name for folder in options.masks], options.masks)
    methods: list[Method] = [
        TrainedModel(segmenter, name, options.threshold, options.min_volume)
        for segmenter, name in zip(segmenters, model_names, strict=True)
    ]
    methods += [
        FinishedMasks(folder, cases, name)
        for folder, name in zip(options.masks, folder_names, strict=True)
    ]
    if options.baseline:
        methods.append(IntensityThreshold(min_volume_mm3=options.min_volume))
    twice = [name for name, times in Counter(m.name for m in methods).items() if times > 1]
    if twice:
        raise WMHError("bad-path", f"{twice[0]} is named twice.", "Name it once.")
    return methods


def _told_apart(names: Sequence[str], places: Sequence[Path]) -> list[str]:
    """The names, and the places in full where several have the same."""
    return [
        name if names.count(name) == 1 else str(place)
        for name, place in zip(names, places, strict=True)
    ]


def _segmenter(path: Path, device: str, say: Callable[[str], None]) -> Segmenter:
    from wmh_siamese.segmenting.inference import Segmenter

    return Segmenter(path, device, say)


def _notes(
    methods: Sequence[Method], cases: Sequence[Case], faults: dict[str, WMHError]
) -> list[str]:
    notes = [f"{method.name}: {method.description}." for method in methods]
    for method in methods:
        for role, done in ((LEARNT, "learnt from"), (VALIDATION, "was chosen by")):
            seen = [case.id for case in cases if method.role(case) == role]
            if seen:
                notes.append(
                    f"{method.name} {done} {', '.join(seen)}: its figures there say little."
                )
    if faults:
        notes.append(f"Left out, because they cannot be used: {', '.join(faults)}.")
    return notes
