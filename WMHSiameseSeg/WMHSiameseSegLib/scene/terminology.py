"""The standard codes of a white matter lesion, and the term files that name them in Slicer."""

from __future__ import annotations

from pathlib import Path

import slicer

SEGMENT_NAME = "White matter hyperintensities"
OTHER_NAME = "Other pathology"
SEGMENT_COLOR = (0.95, 0.32, 0.18)
TERMS = "WMHSiameseSeg white matter lesion"
REGIONS = "WMHSiameseSeg white matter"
_CATEGORY = "SCT^49755003^Morphologically Abnormal Structure"
_TYPE = "SCT^52988006^Lesion"
_REGION = "SCT^68523003^Cerebral white matter"
_NONE = "^^"


def terminology_entry() -> str:
    """Category, type and region as Slicer stores them in a segment."""
    return "~".join((TERMS, _CATEGORY, _TYPE, _NONE, REGIONS, _REGION, _NONE))


def load_terminology(folder: Path) -> None:
    """Make the lesion's terms known to Slicer, once.

    Args:
        folder: holds the two term files.
    """
    logic = slicer.modules.terminologies.logic()
    if logic.IsTerminologyContextLoaded(TERMS):
        return
    logic.LoadTerminologyFromFile(str(folder / "WhiteMatterLesion.term.json"))
    regions = str(folder / "WhiteMatterRegions.term.json")
    if hasattr(logic, "LoadRegionContextFromFile"):
        logic.LoadRegionContextFromFile(regions)
    else:  # its name before Slicer 5.12
        logic.LoadAnatomicContextFromFile(regions)


def describe_segment(segment: slicer.vtkSegment) -> None:
    """Give a segment the lesion's colour and terminology."""
    segment.SetColor(*SEGMENT_COLOR)
    segment.SetTag(segment.GetTerminologyEntryTagName(), terminology_entry())
