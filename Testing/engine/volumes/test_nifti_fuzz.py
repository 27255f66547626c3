"""However a NIfTI file is damaged: it is read, or one sentence says why not."""

import gzip

import nibabel
import numpy as np
import pytest
from engine.fuzzing import damaged, fuzz_count
from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.nifti_file import read_volume, write_volume
from wmh_siamese.volumes.volume import check_volume

pytestmark = pytest.mark.fuzz


def a_file(kind, tmp_path):
    draw = np.random.default_rng(1)
    image = kind(draw.integers(0, 900, (6, 7, 5)).astype(np.int16), np.diag([9.0, 9, 9, 1]))
    image.set_qform(image.affine, 1)
    image.set_sform(image.affine, 2)
    nibabel.save(image, tmp_path / "good.nii")
    return (tmp_path / "good.nii").read_bytes()


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_a_damaged_file_is_read_or_refused_in_a_sentence(tmp_path, kind):
    content, refused = a_file(kind, tmp_path), 0
    count = fuzz_count(2000) // 2
    for seed in range(count):
        draw = np.random.default_rng(seed)
        spoilt = damaged(content, draw, within=600 if seed % 4 else None)
        path = tmp_path / ("x.nii.gz" if seed % 3 == 0 else "x.nii")
        path.write_bytes(gzip.compress(spoilt, 1) if seed % 3 == 0 else spoilt)
        try:
            volume = read_volume(path)
            check_volume(volume, "zero")
        except WMHError as error:
            refused += 1
            assert error.kind in ("bad-volume", "bad-path"), seed
            assert "\n" not in str(error) and len(str(error)) < 400, seed
            continue
        assert volume.array.ndim == 3 and np.isfinite(volume.affine).all(), seed
        write_volume(tmp_path / "m.nii", volume.array > 0, volume.affine, volume.placement)
        mask = read_volume(tmp_path / "m.nii")
        np.testing.assert_allclose(
            mask.affine, volume.affine, rtol=1e-5, atol=1e-5, err_msg=str(seed)
        )
    assert 0.1 * count < refused < 0.9 * count  # both ends are met


def test_a_damaged_gzip_stream_is_refused_in_a_sentence(tmp_path):
    content = gzip.compress(a_file(nibabel.Nifti1Image, tmp_path), mtime=0)
    for seed in range(fuzz_count(2000) // 4):
        path = tmp_path / "x.nii.gz"
        path.write_bytes(damaged(content, np.random.default_rng(seed)))
        try:
            read_volume(path)
        except WMHError as error:
            assert error.kind in ("bad-volume", "bad-path"), seed
