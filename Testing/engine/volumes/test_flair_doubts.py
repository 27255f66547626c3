"""What is no FLAIR is doubted behind both doors, by its voxels and by its name."""

import nibabel
import numpy as np
import pytest
from wmh_siamese.cli import main
from wmh_siamese.volumes.flair_doubts import doubts_of, look_at_voxels


def kinds(array, name="flair.nii.gz"):
    return [doubt.kind for doubt in doubts_of(look_at_voxels(array), name)]


def test_a_flair_is_not_doubted(head):
    array, _ = head
    assert kinds(array) == []
    assert kinds(array, "sub-1_T2-FLAIR.nii") == kinds(array, "t2 dark fluid") == []


@pytest.mark.parametrize(
    ("name", "sequence"),
    [("sub-1_T1w.nii.gz", "T1W"), ("MPRAGE.nii", "MPRAGE"), ("dwi_b1000.nii", "DWI")],
)
def test_another_sequence_in_the_name_is_doubted(head, name, sequence):
    [doubt] = doubts_of(look_at_voxels(head[0]), name)
    assert doubt.kind == "sequence" and doubt.value == sequence and sequence in doubt.sentence


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 2], [0, 255], [0.0, 3.0]])
def test_a_label_map_is_a_mask(labels):
    array = np.random.default_rng(0).choice(labels, (20, 20, 4))
    assert kinds(array) == ["mask"]


def test_fractions_of_few_values_are_no_mask():
    assert kinds(np.tile([0.0, 0.25, 0.5], (9, 9, 3))) != ["mask"]


def test_air_as_a_ct_has_it_is_doubted(head):
    array = np.where(head[0] < 200, -1024, head[0])
    assert kinds(array) == ["ct"]


def test_a_volume_that_is_bright_nearly_everywhere_is_doubted(head):
    assert kinds(1000 - head[0]) == ["bright"]


def test_facts_of_nan_and_infinite_voxels():
    array = np.full((4, 5, 6), np.nan, np.float32)
    facts = look_at_voxels(array)
    assert facts.nonfinite == facts.voxels == 120 and np.isnan(facts.low)
    array[0, 0, 0], array[1, 1, 1] = 5, -np.inf
    facts = look_at_voxels(array)
    assert (facts.nonfinite, facts.low, facts.high) == (119, 5, 5)


@pytest.fixture
def segment(tmp_path, head, tiny_model, capsys):
    """The command on an array under a name: its exit code and what it printed on stderr."""

    def run(array, name, *options):
        path, out = tmp_path / name, tmp_path / "mask.nii.gz"
        nibabel.save(nibabel.Nifti1Image(array, head[1]), path)
        where = ("--output", str(out), "--model", str(tiny_model), "--device", "cpu")
        code = main(["segment", str(path), *where, *options])
        return code, capsys.readouterr().err, out.exists()

    return run


@pytest.mark.parametrize(
    ("change", "name", "said"),
    [
        (lambda a: a, "sub-1_T1w.nii.gz", "says T1W, not FLAIR"),
        (lambda a: np.where(a < 200, -1024, a), "scan.nii.gz", "as in CT"),
        (lambda a: 1000 - a, "inverted.nii.gz", "is bright"),
    ],
)
def test_the_command_refuses_a_doubt_unless_it_is_accepted(segment, head, change, name, said):
    array = change(head[0]).astype(np.int16)
    code, printed, written = segment(array, name)
    assert code == 2 and said in printed and "--accept-doubts" in printed and not written
    code, printed, written = segment(array, name, "--accept-doubts")
    assert code == 0 and said in printed and written


def test_the_command_never_takes_its_own_mask(segment, head):
    mask = (head[0] > 800).astype(np.uint8)
    for options in ((), ("--accept-doubts",)):
        code, printed, written = segment(mask, "flair_wmh.nii.gz", *options)
        assert code == 2 and "already a mask" in printed and not written
