"""Files of others, damaged at random: each reader takes them or refuses in one sentence."""

import zipfile

import numpy as np
import pytest
from engine.fuzzing import damaged, fuzz_count
from engine.library_scans import a_flair, a_mask
from wmh_siamese.cases.finding import read_case_table
from wmh_siamese.errors import WMHError
from wmh_siamese.library import Library
from wmh_siamese.library.manifest import manifest_of
from wmh_siamese.models.model_file import load_model
from wmh_siamese.training.lesion_atlas import LesionAtlas

pytestmark = pytest.mark.fuzz


def survivors(path, content, read, count):
    """How many damaged copies are still read; the others are refused in a line."""
    taken = 0
    for seed in range(count):
        path.write_bytes(damaged(content, np.random.default_rng(seed)))
        try:
            read(path)
            taken += 1
        except WMHError as error:
            assert error.kind in ("bad-volume", "bad-path", "bad-model"), seed
            assert "\n" not in str(error) and len(str(error)) < 600, seed
    return taken


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_lesion_atlas(tmp_path, save):
    path = tmp_path / "atlas.npz"
    voxels = np.arange(0, 600, 3, dtype=np.uint32)
    save(path, offsets=[0, 90, 200], flat_index_C=voxels, shape=(10, 10, 10), affine=np.eye(4))
    count = fuzz_count(2000) // 4
    assert survivors(path, path.read_bytes(), LesionAtlas, count) < count


def test_case_table(tmp_path):
    path = tmp_path / "cases.csv"
    text = "cohort,case,flair,mask,patient\n" + "".join(
        f"a,{n},{n}/flair.nii.gz,{n}/mask.nii.gz,p{n}\n" for n in range(20)
    )
    survivors(path, text.encode(), read_case_table, fuzz_count(2000) // 4)


def test_model(tmp_path, tiny_model):
    path = tmp_path / "model.safetensors"
    assert survivors(path, tiny_model.read_bytes(), load_model, fuzz_count(2000) // 8) == 0


def test_zip_of_a_library(tmp_path):
    library = Library.create(tmp_path / "library")
    for seed in range(2):
        library.add(a_flair(seed), a_mask(seed), patient=f"P{seed}")
    good, path = tmp_path / "good.zip", tmp_path / "x.zip"
    library.export(good)
    into = Library.create(tmp_path / "into")

    def take(path):
        for case in into.cases():
            into.remove(case.id)
        into.import_from(path)

    survivors(path, good.read_bytes(), take, fuzz_count(2000) // 80)
    path.write_bytes(good.read_bytes())
    take(path)
    assert len(into.cases()) == 2  # nothing of all that spoilt the library


def test_a_zip_with_one_damaged_case_brings_the_others(tmp_path):
    library = Library.create(tmp_path / "library")
    for seed in range(3):
        library.add(a_flair(seed), a_mask(seed), patient=f"P{seed}")
    library.export(tmp_path / "good.zip")
    bad = library.cases()[1].id
    with (
        zipfile.ZipFile(tmp_path / "good.zip") as good,
        zipfile.ZipFile(tmp_path / "bad.zip", "w") as spoilt,
    ):
        for entry in good.infolist():
            content = bytearray(good.read(entry))
            if entry.filename == f"cases/{bad}/flair.nii.gz":
                content = content[:60]
            spoilt.writestr(entry, bytes(content))
    into = Library.create(tmp_path / "into")
    done = into.import_from(tmp_path / "bad.zip")
    assert len(done.added) == 2 and [one.case for one in done.refused] == [bad]


def test_manifest_of_a_library(tmp_path):
    library = Library.create(tmp_path / "library")
    for seed in range(2):
        library.add(a_flair(seed), a_mask(seed), patient=f"P{seed}", note="a note")
    content = (library.folder / "library.json").read_bytes()
    path = tmp_path / "library.json"
    count = fuzz_count(2000) // 2
    assert survivors(path, content, lambda p: manifest_of(p.read_bytes()), count) < count / 2


def test_a_manifest_with_a_deep_row_is_refused(tmp_path):
    library = Library.create(tmp_path / "library")
    library.add(a_flair(), a_mask(), patient="P", note="NOTE")
    text = (library.folder / "library.json").read_text()
    for depth in (500, 100_000):
        deep = text.replace('"NOTE"', "[" * depth + "]" * depth)
        with pytest.raises(WMHError, match="cannot be used"):
            manifest_of(deep.encode())
