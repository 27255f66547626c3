"""Simulated heads: lesions where they are said to be, bright things that are none, whole files."""

import json

import numpy as np
import pytest
from engine.training.test_lesion_synthesis import packed
from scipy import ndimage
from wmh_siamese.cases.finding import find_cases
from wmh_siamese.cases.reading import read_case
from wmh_siamese.cli import main
from wmh_siamese.simulation import head
from wmh_siamese.simulation.head import random_grid, signals, simulated_head
from wmh_siamese.simulation.scan_grid import HEAD_CENTRE_MM, ScanGrid
from wmh_siamese.training.lesion_atlas import LesionAtlas
from wmh_siamese.volumes.volume import axial_view, check_volume

pytest.importorskip("nilearn")
pytest.importorskip("torchio")

COARSE = ScanGrid((56, 56, 40), (4.0, 4.0, 4.0), 1, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
MNI = np.array([[-1.0, 0, 0, 90], [0, 1, 0, -126], [0, 0, 1, -72], [0, 0, 0, 1]])
LESION_AT = (24.0, -12.0, 30.0)  # in the white matter, RAS mm


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    """One patient with one lesion of 8 mm radius."""
    i, j, k = np.meshgrid(*(np.arange(n) for n in (182, 218, 182)), indexing="ij", sparse=True)
    x, y, z = LESION_AT
    mask = (90 - i - x) ** 2 + (j - 126 - y) ** 2 + (k - 72 - z) ** 2 < 8**2
    file = packed(tmp_path_factory.mktemp("atlas") / "atlas.npz", [mask], MNI)
    with np.load(file) as fields:
        np.savez(file, **{**fields, "shape": mask.shape})
    return LesionAtlas(file)


@pytest.fixture(scope="module")
def one_lesion(atlas):
    """A coarse head with the atlas's lesion and nothing else in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head, "random_grid", lambda draw: COARSE)
        patch.setattr(head, "WITHOUT_LESIONS", 0.0)
        patch.setattr(head, "AGED_SHARE", 0.0)
        patch.setattr(head, "SPOTS", (1, 2))
        patch.setattr(head, "PATIENTS", (4, 5))
        return simulated_head(atlas, np.random.default_rng(3))


def test_the_scan_and_its_labels_are_a_case_like_any_other(one_lesion):
    flair, labels = one_lesion
    check_volume(flair)
    assert flair.array.dtype == np.int16 and labels.array.dtype == np.uint8
    assert flair.shape == labels.shape == COARSE.shape
    assert np.array_equal(flair.affine, labels.affine)
    assert set(np.unique(labels.array)) == {0, 1}


def test_the_atlas_lesion_lies_where_the_atlas_has_it_and_is_bright(one_lesion):
    flair, labels = one_lesion
    parts, _ = ndimage.label(labels.array)
    sizes = np.bincount(parts.ravel())[1:]
    index = ndimage.center_of_mass(parts == 1 + sizes.argmax())
    x, y, z = (flair.affine @ [*index, 1])[:3] + HEAD_CENTRE_MM
    # the individual is not the template, and half of the lesions are mirrored
    assert np.hypot(np.hypot(abs(x) - LESION_AT[0], y - LESION_AT[1]), z - LESION_AT[2]) < 12
    lesion = labels.array > 0
    around = ndimage.binary_dilation(lesion, iterations=3) & ~ndimage.binary_dilation(lesion)
    assert np.median(flair.array[lesion]) > 1.1 * np.median(flair.array[around])


def test_the_same_chance_gives_the_same_head(atlas, one_lesion, monkeypatch):
    monkeypatch.setattr(head, "random_grid", lambda draw: COARSE)
    monkeypatch.setattr(head, "WITHOUT_LESIONS", 1.0)
    flair, labels = simulated_head(atlas, np.random.default_rng(5))
    again, _ = simulated_head(atlas, np.random.default_rng(5))
    assert np.array_equal(flair.array, again.array)
    assert not np.array_equal(flair.array, one_lesion[0].array)
    assert not labels.array.any()


@pytest.mark.parametrize("seed", range(20))
def test_lesions_are_brighter_than_every_healthy_tissue_but_fat_and_plexus(seed):
    drawn = signals(np.random.default_rng(seed))
    assert drawn["csf"] < drawn["white"] < drawn["grey"] < drawn["lesion"]
    assert drawn["csf"] <= drawn["plexus"] and drawn["csf"] <= drawn["flow"]


def test_scans_are_thick_and_thin_and_hold_the_brain():
    grids = [random_grid(np.random.default_rng(seed)) for seed in range(60)]
    thick = [grid for grid in grids if grid.sheets > 1]
    assert 15 < len(thick) < 45
    for grid in grids:
        extent = np.multiply(grid.shape, grid.spacing)
        assert (extent[:2] > 200).all() and 155 < extent[2] < 175
        view = axial_view(grid.affine)
        assert sorted(view.spacing) == pytest.approx(sorted(grid.spacing))
        assert view.axes[0] == 2  # axial


def test_a_slice_is_the_mean_of_its_sheets():
    grid = ScanGrid((2, 3, 4), (1.0, 1.0, 6.0), 3, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    x, _, z = grid.points()
    assert x.shape == (2, 3, 12)
    near = np.ones(x.shape, bool)
    slices = grid.slices(z.ravel(), near)
    assert slices[0, 0] == pytest.approx(10 + np.array([-9, -3, 3, 9]))  # the head's middle is z 10
    assert np.ptp(z[0, 0, :3]) == pytest.approx(4)  # sheets 2 mm apart


@pytest.fixture
def simulate(atlas, tmp_path, monkeypatch, capsys):
    """The command with coarse heads; gives exit code, lines of stdout, and stderr."""
    monkeypatch.setattr(head, "random_grid", lambda draw: COARSE)
    packed_atlas = tmp_path / "atlas.npz"
    rows = np.array([0, 5], np.uint32)
    np.savez(packed_atlas, offsets=[0, 2], flat_index_C=rows, shape=(182, 218, 182), affine=MNI)

    def run(folder, *options):
        code = main(["simulate", str(folder), "--lesion-atlas", str(packed_atlas), *options])
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err

    return run


def test_the_command_makes_cases_and_goes_on_after_an_interruption(simulate, tmp_path):
    folder = tmp_path / "heads"
    code, lines, _ = simulate(folder, "--count", "2", "--json")
    assert code == 0 and [json.loads(line)["name"] for line in lines] == ["0000", "0001"]
    cases = find_cases(folder)
    assert [case.id for case in cases] == ["simulated/0000", "simulated/0001"]
    flair, labels = read_case(cases[1])
    told = json.loads(lines[1])
    assert told["shape"] == list(flair.shape)
    assert told["volume_ml"] == pytest.approx(labels.array.sum() * 0.064)

    cases[1].flair.unlink()
    stamp = cases[0].flair.stat().st_mtime_ns
    code, _, _ = simulate(folder, "--count", "2")
    assert code == 0 and cases[0].flair.stat().st_mtime_ns == stamp
    assert np.array_equal(read_case(cases[1])[0].array, flair.array)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--count", "0"], "--count must be 1 or more, and --seed 0 or more."),
        (["--seed", "-1"], "--count must be 1 or more, and --seed 0 or more."),
        (["--lesion-atlas", "none.npz"], "There is no lesion atlas none.npz."),
    ],
)
def test_what_makes_no_sense_is_refused(simulate, tmp_path, options, sentence):
    code, _, said = simulate(tmp_path / "heads", *options)
    assert code == 2 and sentence in said
    assert not (tmp_path / "heads").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(simulate, tmp_path):
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "mine.txt").write_text("x")
    code, _, said = simulate(folder)
    assert code == 2 and "is not empty" in said
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]

    heads = tmp_path / "heads"
    heads.mkdir()
    for record in ('{"seed": 1, "lesion_atlas": "another"}', '{"seed": '):
        (heads / "simulation.json").write_text(record)
        code, _, said = simulate(heads)
        assert code == 2 and "heads of another seed, lesion atlas or version" in said


def test_heads_of_another_version_of_the_simulation_are_not_mixed_with_new_ones(simulate, tmp_path):
    folder = tmp_path / "heads"
    with pytest.MonkeyPatch.context() as before:
        before.setattr("wmh_siamese.simulation.command.VERSION", 1)
        assert simulate(folder, "--count", "1")[0] == 0
    code, _, said = simulate(folder, "--count", "2")
    assert code == 2 and "version of the simulation" in said
    assert len(list(folder.glob("*_flair.nii.gz"))) == 1


def test_a_simulation_that_made_no_head_does_not_block_another(tmp_path, monkeypatch):
    from wmh_siamese.simulation import command

    mask = np.zeros((24, 32, 40), bool)
    mask[16:20, 22:28, 10:30] = True
    atlas = packed(tmp_path / "atlas.npz", [mask])

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command, "simulated_head", full)
    options = ["simulate", str(tmp_path / "heads"), "--lesion-atlas", str(atlas), "--count", "1"]
    assert main(options) == 2
    assert list((tmp_path / "heads").iterdir()) == []


def test_a_simulation_killed_before_its_first_head_does_not_block_another_seed(simulate, tmp_path):
    folder = tmp_path / "heads"
    folder.mkdir()
    killed = {"version": 1, "seed": 5, "lesion_atlas": "ab" * 32}
    (folder / "simulation.json").write_text(json.dumps(killed) + "\n")
    (folder / "0000_mask.nii.gz").write_text("of half a head: its FLAIR comes last")
    code, _, said = simulate(folder, "--count", "1")
    assert (code, said) == (0, "")
    assert json.loads((folder / "simulation.json").read_text())["seed"] == 0
    assert (folder / "0000_flair.nii.gz").is_file()
