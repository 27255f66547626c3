"""The figures of results as a table node, as text for the clipboard and as CSV."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Figures:
    """What the panel shows of a result, and whether a person changed the mask by hand."""

    readouts: Readouts
    edited: bool


def table_row(result: Result, figures: Figures) -> dict[str, str | float]:
    """One result as column -> value; units stand in the column's name."""
    readouts, provenance = figures.readouts, result.provenance
    return {
        "FLAIR": result.flair.GetName() if result.flair is not None else "",
        "Segment": result.segment.GetName(),
        "Volume (ml)": round(readouts.volume_ml, 4),
        "PCD (%)": round(readouts.pcd_percent, 6),
        "Lesions": float(readouts.lesion_count),
        "Voxel spacing (mm)": spacing_text(readouts.spacing_mm),
        "Threshold": result.threshold,
        "Minimum lesion volume (mm3)": result.min_volume_mm3,
        "Edited": "yes" if figures.edited else "no",
        "Seconds": round(provenance.seconds, 3),
        "Device": provenance.device,
        "Model": provenance.model,
        "Model SHA-256": provenance.model_sha256,
        "Date": provenance.date,
        _KEY: result.segment_id,
    }


def spacing_text(spacing_mm: tuple[float, float, float]) -> str:
    """As in ``0.90 x 0.90 x 6.40``."""
    return " x ".join(f"{edge:.2f}" for edge in spacing_mm)


def write_table(result: Result, figures: Figures) -> slicer.vtkMRMLTableNode:
    """Set the result's row in its table node; rows of earlier segments stay."""
    table = result.table
    if table is None:
        name = _("{name} readouts").format(name=result.node.GetName())
        table = new_node("vtkMRMLTableNode", name)
        result.table = table
    place_beside(table, result.node)
    row = table_row(result, figures)
    segments = result.node.GetSegmentation()
    rows = [
        earlier
        for earlier in read_table(table)
        if earlier.get(_KEY) != row[_KEY] and segments.GetSegment(str(earlier.get(_KEY)))
    ]
    _fill(table, [*rows, row])
    return table


def read_table(table: slicer.vtkMRMLTableNode) -> list[dict[str, str | float]]:
    """The rows of a table node, column -> value."""
    columns = [table.GetTable().GetColumn(n) for n in range(table.GetNumberOfColumns())]
    return [
        {column.GetName(): _value(column, row) for column in columns}
        for row in range(table.GetNumberOfRows())
    ]


def as_text(rows: list[dict[str, str | float]], delimiter: str) -> str:
    """Rows with a header line, quoted where a value needs it."""
    columns = [name for name in rows[0] if name != _KEY] if rows else []
    text = io.StringIO()
    writer = csv.DictWriter(
        text, columns, delimiter=delimiter, extrasaction="ignore", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows([{name: _shown(row.get(name, "")) for name in columns} for row in rows])
    return text.getvalue()


def export_csv(rows: list[dict[str, str | float]], path: Path) -> None:
    """Write rows as CSV (UTF-8 with a mark, for spreadsheets); the file appears whole or not.

    A link stays, and what it points to is replaced.

    Raises:
        OSError: when it cannot be written.
    """
    target = Path(os.path.realpath(path))
    with workplace(target.parent) as folder:
        whole = folder / target.name
        whole.write_text(as_text(rows, ","), encoding="utf-8-sig", newline="")
        os.replace(whole, target)


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


def _fill(table: slicer.vtkMRMLTableNode, rows: list[dict[str, str | float]]) -> None:
    with slicer.util.NodeModify(table):
        table.RemoveAllColumns()
        for name in rows[-1]:
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
