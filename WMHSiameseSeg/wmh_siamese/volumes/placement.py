"""Where the voxels of a NIfTI file lie: which of its transforms is believed, and its units.

A header may hold a qform, an sform and voxel sizes that contradict each other. The rule: a
scanner's transform (code 1) before an aligned one (2) before a template's (3 to 5); where both have
the same code or say the same, the sform; where these contradict each other in the voxels' volume,
the qform, whose edges are the header's own voxel sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.errors import WMHError

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

Source = Literal["sform", "qform", "pixdim"]

MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""NIfTI's codes of units of space: unknown, metre, millimetre, micrometre."""
CONFLICT = 0.01
FIELDS = (
    *("qform_code", "sform_code", "xyzt_units", "quatern_b", "quatern_c", "quatern_d"),
    *("qoffset_x", "qoffset_y", "qoffset_z", "srow_x", "srow_y", "srow_z"),
)
"""What tells the place, apart from the first four of ``pixdim``; nothing of it names anybody."""


@dataclass(frozen=True)
class Placement:
    """Where voxels lie, and the header's own words for it.

    Attributes:
        affine: from voxel indices to RAS mm.
        source: which of the header's transforms it is.
        doubts: sentences on what contradicts itself.
        fields: the header's fields as they stand, in its own units.
    """

    affine: NDArray[np.float64]
    source: Source
    doubts: tuple[str, ...]
    fields: Mapping[str, Any]

    def onto(self, header: Nifti1Header) -> None:
        """Give a header of the same grid the same place, to the last bit."""
        for name, value in self.fields.items():
            if name == "pixdim":
                header["pixdim"][:4] = value
            else:
                header[name] = value


def placement_of(header: Nifti1Header, name: str) -> Placement:
    """The place that a header tells.

    Args:
        header: of NIfTI-1 or -2.
        name: of the file, for sentences.

    Raises:
        WMHError: ``bad-volume`` when its voxels have no size.
    """
    scale = MM_PER_UNIT.get(int(header["xyzt_units"]) & 7, 1.0)
    codes = {form: _code(header[f"{form}_code"]) for form in ("sform", "qform")}
    sizes = np.asarray(header["pixdim"][1:4], dtype=np.float64)
    sized = bool(np.isfinite(sizes).all() and (sizes != 0).all())
    usable: dict[Source, NDArray[np.float64]] = {}
    if codes["sform"] > 0:
        usable["sform"] = np.asarray(header.get_sform(), dtype=np.float64)
    if codes["qform"] > 0 and sized:
        usable["qform"] = np.asarray(_qform(header), dtype=np.float64)
    sound = {source: affine for source, affine in usable.items() if _has_volume(affine)}
    usable = sound or usable  # a transform that is none is refused by whoever checks the affine
    if not usable:
        if not sized:
            raise _no_size(name)
        usable["pixdim"] = np.asarray(header.get_base_affine(), dtype=np.float64)
    source = _believed(usable, codes)
    fields = {field: _copied(header[field]) for field in FIELDS}
    # a transform that cannot be used is not handed on as if it could
    fields |= {f"{form}_code": code if form in usable else 0 for form, code in codes.items()}
    fields["pixdim"] = _copied(header["pixdim"][:4])
    if not sized:
        fields["pixdim"][1:] = np.linalg.norm(usable[source][:3, :3], axis=0)
    affine = usable[source].copy()
    affine[:3] *= scale
    return Placement(affine, source, _doubts(usable, source, sized, name), fields)


def _code(value: Any) -> int:
    """Of what a transform leads to, 0 to 5; what NIfTI does not know counts as none."""
    return int(value) if 0 <= int(value) <= 5 else 0


def _qform(header: Nifti1Header) -> NDArray[np.float64]:
    try:
        return np.asarray(header.get_qform(), dtype=np.float64)
    except Exception:  # quaternions that are none; nibabel names several errors
        return np.full((4, 4), np.nan)


def _believed(usable: Mapping[Source, NDArray[np.float64]], codes: Mapping[str, int]) -> Source:
    if len(usable) == 1:
        return next(iter(usable))
    sform, qform = usable["sform"], usable["qform"]
    if np.allclose(sform, qform, atol=1e-2):
        return "sform"
    if codes["sform"] != codes["qform"]:
        return "sform" if codes["sform"] < codes["qform"] else "qform"
    return "qform" if _conflict(sform, qform) else "sform"


def _doubts(
    usable: Mapping[Source, NDArray[np.float64]], source: Source, sized: bool, name: str
) -> tuple[str, ...]:
    if not sized:
        return (f"{name}: the header's voxel sizes are 0; the {source} is believed.",)
    if len(usable) == 2 and _conflict(usable["sform"], usable["qform"]):
        sizes = [_volume(usable[form]) for form in ("sform", "qform")]
        told = f"{sizes[0]:.4g} and {sizes[1]:.4g} mm³"
        return (f"{name}: sform and qform give voxels of {told}; the {source} is believed.",)
    return ()


def _conflict(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return abs(_volume(one) / _volume(other) - 1) > CONFLICT


def _volume(affine: NDArray[np.float64]) -> float:
    with np.errstate(all="ignore"):
        return float(abs(np.linalg.det(affine[:3, :3])))


def _has_volume(affine: NDArray[np.float64]) -> bool:
    return bool(np.isfinite(affine).all()) and 0 < _volume(affine) < np.inf


def _copied(value: Any) -> Any:
    copy = np.array(value)
    return copy.astype(copy.dtype.newbyteorder("="))


def _no_size(name: str) -> WMHError:
    return WMHError(
        "bad-volume",
        f"The voxels of {name} have no size: its header says 0 or no number.",
        "Convert the scan from DICOM again.",
    )
