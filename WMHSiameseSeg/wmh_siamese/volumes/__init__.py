"""Volumes: NIfTI in and out, the axial view and the way back, hashes of voxels."""
