"""What the segments of a result hold now: the followed one, and those kept from earlier runs."""

from __future__ import annotations

from dataclasses import dataclass

from WMHSiameseSegLib.scene.scene import Result
from WMHSiameseSegLib.scene.voxels import BoolArray, mask_digest
from WMHSiameseSegLib.segment.readout_table import kept_segments


@dataclass(frozen=True)
class SegmentState:
    """A segment's mask by its hash, its grid by its affine, and whether a person changed it."""

    segment_id: str
    digest: str
    place: bytes
    edited: bool

    @classmethod
    def of(cls, result: Result, mask: BoolArray) -> SegmentState:
        """The state of the followed segment, which holds this mask."""
        affine = result.grid.affine
        digest = mask_digest(mask, affine)
        return cls(result.segment_id, digest, affine.tobytes(), result.differs(digest))


def look_at_segments(result: Result) -> dict[SegmentState, BoolArray]:
    """States and masks of the segments that have figures; the followed one comes last.

    A segment kept from an earlier run is edited when its mask is not the one that the table's row
    was written of.
    """
    masks = {}
    affine = result.grid.affine
    for segment_id, computed in kept_segments(result).items():
        mask = result.segment_mask(segment_id)
        digest = mask_digest(mask, affine)
        edited = computed is None or computed not in ("", digest)
        masks[SegmentState(segment_id, digest, affine.tobytes(), edited)] = mask
    own = result.mask()
    return {**masks, SegmentState.of(result, own): own}
