"""Where the voxels of a simulated scan lie in the template's space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from wmh_siamese.simulation.anatomy import Array, Points

HEAD_CENTRE_MM = np.array([0.0, -18.0, 10.0])
"""The template point that lies at the middle of every scan."""

Angles = tuple[float, float, float]
"""Rotation in degrees about x, y and z."""


@dataclass(frozen=True)
class ScanGrid:
    """An oblique axial scan: i to the patient's left, j to posterior, k to superior.

    Args:
        shape: voxels (i, j, k).
        spacing: their edges in mm.
        sheets: thin sheets that are averaged into one slice, so that thick slices blur as a
            scanner's do.
        slice_angles: of the slices in the scanner.
        head_angles: of the head in the scanner; the slices follow it only roughly.
        isocentre: where the scanner had the middle of the scan, RAS mm.
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    sheets: int
    slice_angles: Angles
    head_angles: Angles
    isocentre: Angles = (0.0, 0.0, 0.0)

    @property
    def affine(self) -> NDArray[np.float64]:
        """From voxel indices to RAS mm, (4, 4)."""
        turn = Rotation.from_euler("xyz", self.slice_angles, degrees=True).as_matrix()
        affine = np.eye(4)
        affine[:3, :3] = turn @ np.diag([-1.0, -1.0, 1.0]) @ np.diag(self.spacing)
        middle = (np.array(self.shape) - 1) / 2
        affine[:3, 3] = np.array(self.isocentre) - affine[:3, :3] @ middle
        return affine

    def points(self) -> Points:
        """Where the voxels of the thin sheets lie, each (i, j, k * sheets)."""
        affine = self.affine
        turn = Rotation.from_euler("xyz", self.head_angles, degrees=True).as_matrix()
        sheets = (np.arange(self.shape[2] * self.sheets) + 0.5) / self.sheets - 0.5
        along = [np.arange(self.shape[0]), np.arange(self.shape[1]), sheets]
        i, j, k = np.meshgrid(*(a.astype(np.float32) for a in along), indexing="ij", sparse=True)
        voxel_to_head = turn.T @ affine[:3, :3]
        shift = turn.T @ (affine[:3, 3] - np.array(self.isocentre)) + HEAD_CENTRE_MM

        def coordinate(axis: int) -> Array:
            step_i, step_j, step_k = voxel_to_head[axis].astype(np.float32)
            return np.asarray(step_i * i + step_j * j + step_k * k + np.float32(shift[axis]))

        return coordinate(0), coordinate(1), coordinate(2)

    def slices(self, values: Array, near: NDArray[np.bool_]) -> Array:
        """Values at the points that are ``near``, as slices (i, j, k): their sheets' mean."""
        sheets = np.zeros(near.shape, dtype=np.float32)
        sheets[near] = values
        out: Array = sheets.reshape(*self.shape, self.sheets).mean(axis=3)
        return out
