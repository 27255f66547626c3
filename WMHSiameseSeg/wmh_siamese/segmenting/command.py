"""``wmh-siamese segment``: FLAIR files in, masks and their readouts out, one after another."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wmh_siamese.errors import from_exception
from wmh_siamese.models.choosing import model_path
from wmh_siamese.segmenting.one_scan import Result, read_input, segment_one
from wmh_siamese.segmenting.options import request_of
from wmh_siamese.segmenting.output_plan import plan
from wmh_siamese.terminal.output import DONE, FAULT, complain, refuse, tell, tell_json
from wmh_siamese.terminal.progress_bar import ProgressBar

if TYPE_CHECKING:
    from wmh_siamese.segmenting.inference import Segmenter


def run(options: argparse.Namespace) -> int:
    """Segment every input with one model; what fails does not keep the others from being done."""
    request = request_of(options)
    codes = {DONE}
    segmenter = None
    for job in plan(request):
        volume = None
        with _answering_for(job.source, options, codes):
            volume = read_input(job.source, request, complain)
        if volume is None:
            continue
        # a model that cannot be used ends the command: it would fail for every input
        segmenter = segmenter or _segmenter(options)
        with (
            _answering_for(job.source, options, codes),
            ProgressBar(job.source.name, options.quiet) as bar,
        ):
            _tell_result(segment_one(job, volume, request, segmenter, bar.show), options)
    return FAULT if FAULT in codes else max(codes)


@contextmanager
def _answering_for(source: Path, options: argparse.Namespace, codes: set[int]) -> Iterator[None]:
    """Turn a failure of one input into its sentence and exit code, so that the next is done."""
    try:
        yield
    except BrokenPipeError:
        raise
    except Exception as error:
        codes.add(refuse(error, source))
        if options.json:
            plain = from_exception(error)
            fields = {"kind": plain.kind, "sentence": plain.sentence, "way_out": plain.way_out}
            tell_json({"input": str(source), "error": fields})


def _segmenter(options: argparse.Namespace) -> Segmenter:
    """Loaded when the first input can be used: torch takes a second to import."""
    from wmh_siamese.networks.torch_loading import import_torch

    import_torch()
    from wmh_siamese.segmenting.inference import Segmenter

    return Segmenter(model_path(options.model), options.device, complain)


def _tell_result(result: Result, options: argparse.Namespace) -> None:
    if options.json:
        tell_json(result.as_json())
    elif not options.quiet:
        figures = result.readouts
        lesions = "lesion" if figures.lesion_count == 1 else "lesions"
        tell(
            f"{result.job.source}: {figures.volume_ml:.2f} ml, "
            f"PCD {figures.pcd_percent:.3f} %, {figures.lesion_count} {lesions}, "
            f"{result.seconds:.1f} s on {result.device}"
        )
