"""Where a mask came from, kept in the segmentation's attributes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import slicer

PREFIX = "WMHSiameseSeg."


@dataclass(frozen=True)
class Provenance:
    """What made a mask.

    Attributes:
        model: the model's name.
        model_sha256: of the model file.
        recipe: how volumes were prepared for it, as JSON.
        device: where the network ran.
        precision: of its arithmetic.
        seconds: from the worker's first stage to its last.
        versions: of engine, torch, numpy, Python and Slicer.
        input_sha256: of the volume's type, shape, affine and voxels.
        date: UTC, ISO.
    """

    model: str = ""
    model_sha256: str = ""
    recipe: str = ""
    device: str = ""
    precision: str = ""
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    input_sha256: str = ""
    date: str = ""

    @classmethod
    def of_run(cls, said: dict[str, Any]) -> Provenance:
        """From the worker's result event."""
        model = said.get("model") or {}
        versions = {k: str(v) for k, v in (said.get("versions") or {}).items() if v}
        return cls(
            model=str(model.get("name", "")),
            model_sha256=str(model.get("sha256", "")),
            recipe=_recipe(model.get("recipe")),
            device=str(said.get("device", "")),
            precision=str(said.get("precision", "")),
            seconds=float(said.get("seconds") or 0.0),
            versions={**versions, "slicer": slicer.app.applicationVersion},
            input_sha256=str(said.get("input_sha256", "")),
            date=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    @classmethod
    def of_node(cls, node: slicer.vtkMRMLNode) -> Provenance:
        """As read back from a node, also after the scene was saved and loaded."""
        return cls(
            model=read_attribute(node, "Model"),
            model_sha256=read_attribute(node, "ModelSHA256"),
            recipe=read_attribute(node, "Recipe"),
            device=read_attribute(node, "Device"),
            precision=read_attribute(node, "Precision"),
            seconds=read_number(node, "Seconds", 0.0),
            versions=_read_versions(node),
            input_sha256=read_attribute(node, "InputSHA256"),
            date=read_attribute(node, "Date"),
        )

    @property
    def certainty(self) -> float:
        """What the model's recipe asks of a lesion beside the threshold; 0 when it asks nothing."""
        try:
            certainty = float(json.loads(self.recipe)["certainty"])
        except (LookupError, TypeError, ValueError):
            return 0.0
        return certainty if 0 <= certainty < 1 else 0.0

    def write(self, node: slicer.vtkMRMLNode) -> None:
        """Keep it with a node."""
        write_attribute(node, "Model", self.model)
        write_attribute(node, "ModelSHA256", self.model_sha256)
        write_attribute(node, "Recipe", self.recipe)
        write_attribute(node, "Device", self.device)
        write_attribute(node, "Precision", self.precision)
        write_attribute(node, "Seconds", f"{self.seconds:.3f}")
        write_attribute(node, "Versions", json.dumps(self.versions, sort_keys=True))
        write_attribute(node, "InputSHA256", self.input_sha256)
        write_attribute(node, "Date", self.date)


def write_attribute(node: slicer.vtkMRMLNode, name: str, value: str) -> None:
    node.SetAttribute(PREFIX + name, value)


def read_attribute(node: slicer.vtkMRMLNode, name: str) -> str:
    """The value of one of our attributes; empty when the node has none."""
    return node.GetAttribute(PREFIX + name) or ""


def read_number(node: slicer.vtkMRMLNode, name: str, otherwise: float) -> float:
    """The same as a number; ``otherwise`` when there is none."""
    try:
        return float(read_attribute(node, name))
    except ValueError:
        return otherwise


def _read_versions(node: slicer.vtkMRMLNode) -> dict[str, str]:
    try:
        versions = json.loads(read_attribute(node, "Versions") or "{}")
    except ValueError:
        return {}
    return versions if isinstance(versions, dict) else {}


def _recipe(recipe: object) -> str:
    return recipe if isinstance(recipe, str) else json.dumps(recipe, sort_keys=True)
