"""The figures of results as a table node, as text for the clipboard and as CSV."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose
from pathlib import Path

import slicer
import vtk
from slicer.i18n import tr as _
from wmh_siamese.files.plain_cell import plain_cell
from wmh_siamese.files.workplace import workplace
from wmh_siamese.segmenting.readouts import Readouts

from WMHSiameseSegLib.scene.scene import Result, new_node, place_beside

_NUMBERS = {
    "Volume (ml)",
    "PCD (%)",
    "Lesions",
    "Threshold",
    "Minimum lesion volume (mm3)",
    "Seconds",
}
_KEY = "Segment ID"
_COMPUTED = "Computed mask SHA-256"
_OWN = {_KEY, _COMPUTED}
Row = dict[str, str | float]


@dataclass(frozen=True)
class Figures:
    """What the panel shows of a result, and whether a person changed the mask by hand."""

    readouts: Readouts
    edited: bool


def table_row(result: Result, figures: Figures) -> Row:
    """One result as column -> value; units stand in the column's name."""
    provenance = result.provenance
    return {
        "FLAIR": _flair_name(result),
        "Segment": result.segment.GetName(),
        **_counted(figures),
        "Threshold": result.threshold,
        "Minimum lesion volume (mm3)": result.min_volume_mm3,
        "Edited": _yes_or_no(figures.edited),
        "Seconds": round(provenance.seconds, 3),
        "Device": provenance.device,
        "Model": provenance.model,
        "Model SHA-256": provenance.model_sha256,
        "Date": provenance.date,
        _KEY: result.segment_id,
        _COMPUTED: result.computed_digest,
    }


def _counted(figures: Figures) -> Row:
    readouts = figures.readouts
    return {
        "Volume (ml)": round(readouts.volume_ml, 4),
        "PCD (%)": round(readouts.pcd_percent, 6),
        "Lesions": float(readouts.lesion_count),
        "Voxel spacing (mm)": spacing_text(readouts.spacing_mm),
    }


def _flair_name(result: Result) -> str:
    return (result.flair.GetName() or "") if result.flair is not None else ""


def spacing_text(spacing_mm: tuple[float, float, float]) -> str:
    """As in ``0.90 x 0.90 x 6.40``."""
    return " x ".join(f"{edge:.2f}" for edge in spacing_mm)


def write_table(
    result: Result, figures: Figures, kept: Mapping[str, Figures]
) -> slicer.vtkMRMLTableNode:
    """Set the rows of a result in its table node.

    Args:
        result: its own row comes last.
        figures: of the result.
        kept: of segments from earlier runs, by their id; rows without any stay as they were.
    """
    table = result.table
    if table is None:
        name = _("{name} readouts").format(name=result.node.GetName())
        table = new_node("vtkMRMLTableNode", name)
        result.table = table
        place_beside(table, result.node)
    own = table_row(result, figures)
    rows = {str(row.get(_KEY)): row for row in _living_rows(result)}
    before = rows.pop(result.segment_id, None)
    if before is not None and before.get(_COMPUTED) == own[_COMPUTED]:
        own.update(_recounted(before, figures))
    for segment_id, row in rows.items():
        now = kept.get(segment_id)
        if now is not None:
            row.update({**_recounted(row, now), "Edited": _yes_or_no(now.edited)})
    _show_rows(table, [*rows.values(), own])
    return table


def _recounted(row: Row, figures: Figures) -> Row:
    """What is counted of a segment; the row stays where a file only rounded the voxels' edges."""
    counted = _counted(figures)
    volumes = [float(counts["Volume (ml)"]) for counts in (row, counted)]
    untouched = row["Edited"] == _yes_or_no(figures.edited) == "no"
    if untouched and isclose(*volumes, rel_tol=1e-4, abs_tol=1e-4):
        return {name: row[name] for name in counted}
    return counted


def _yes_or_no(edited: bool) -> str:
    return "yes" if edited else "no"


def rename_rows(result: Result) -> None:
    """Let the rows name FLAIR and segments as they are called now; segments that are gone go."""
    if result.node.GetScene() is not None and result.table is not None:
        _show_rows(result.table, _living_rows(result))


def kept_segments(result: Result) -> dict[str, str | None]:
    """Segments from earlier runs that have a row: id -> hash of the mask as it was computed.

    None stands for an edited mask in a scene saved by a version that kept no hash; an empty hash
    for one that was not edited then.
    """
    found: dict[str, str | None] = {}
    for row in _living_rows(result):
        if row[_KEY] != result.segment_id:
            digest = str(row.get(_COMPUTED) or "")
            found[str(row[_KEY])] = digest or (None if row.get("Edited") == "yes" else "")
    return found


def _living_rows(result: Result) -> list[Row]:
    """The rows of segments that are still there, with the names of today."""
    segments, rows = result.node.GetSegmentation(), []
    for row in read_table(result.table) if result.table is not None else []:
        segment = segments.GetSegment(str(row.get(_KEY)))
        if segment is not None:
            flair = _flair_name(result) or row.get("FLAIR", "")
            rows.append({**row, "FLAIR": flair, "Segment": segment.GetName()})
    return rows


def _show_rows(table: slicer.vtkMRMLTableNode, rows: list[Row]) -> None:
    if rows != read_table(table):
        _fill(table, rows)


def read_table(table: slicer.vtkMRMLTableNode) -> list[Row]:
    """The rows of a table node, column -> value."""
    columns = [table.GetTable().GetColumn(n) for n in range(table.GetNumberOfColumns())]
    return [
        {column.GetName(): _value(column, row) for column in columns}
        for row in range(table.GetNumberOfRows())
    ]


def as_text(rows: list[Row], delimiter: str) -> str:
    """Rows with a header line, quoted where a value needs it."""
    columns = [name for name in rows[0] if name not in _OWN] if rows else []
    text = io.StringIO()
    writer = csv.DictWriter(
        text, columns, delimiter=delimiter, extrasaction="ignore", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows([{name: _shown(row.get(name, "")) for name in columns} for row in rows])
    return text.getvalue()


def export_csv(rows: list[Row], path: Path) -> None:
    """Write rows as CSV (UTF-8 with a mark, for spreadsheets); the file appears whole or not.

    A link stays, and what it points to is replaced.

    Raises:
        OSError: when it cannot be written.
    """
    target = Path(os.path.realpath(path))
    try:
        with workplace(target.parent) as folder:
            whole = folder / target.name
            whole.write_text(as_text(rows, ","), encoding="utf-8-sig", newline="")
            os.replace(whole, target)
    except OSError as error:  # the one that was chosen is named, not the one under way
        raise OSError(error.errno, error.strerror, str(path)) from error


def _shown(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:g}" if value == int(value) else str(value)
    return plain_cell(value)


def _value(column: vtk.vtkAbstractArray, row: int) -> str | float:
    if isinstance(column, vtk.vtkStringArray):
        text = column.GetValue(row)
        return _number_or(text) if column.GetName() in _NUMBERS else text
    return float(column.GetVariantValue(row).ToDouble())


def _number_or(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def _fill(table: slicer.vtkMRMLTableNode, rows: list[Row]) -> None:
    with slicer.util.NodeModify(table):
        table.RemoveAllColumns()
        for name in rows[-1] if rows else ():
            column = vtk.vtkDoubleArray() if name in _NUMBERS else vtk.vtkStringArray()
            column.SetName(name)
            for row in rows:
                value = row.get(name, 0.0 if name in _NUMBERS else "")
                if name in _NUMBERS:
                    column.InsertNextValue(value if isinstance(value, float) else 0.0)
                else:
                    column.InsertNextValue(str(value))
            table.AddColumn(column)
        table.SetUseColumnTitleAsColumnHeader(True)
