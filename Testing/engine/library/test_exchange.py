"""Libraries that travel: what is exported, what an import takes, and what it refuses."""

import errno
import json
import os
import shutil
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
from engine.library_scans import a_flair, a_mask, manifest_of, names
from wmh_siamese.cases.reading import read_case
from wmh_siamese.errors import WMHError
from wmh_siamese.library import Library
from wmh_siamese.library import words as library_words

MODEL = "cd" * 32


@pytest.fixture
def library(tmp_path):
    return Library.create(tmp_path / "library")


@pytest.fixture
def other(tmp_path):
    return Library.create(tmp_path / "other")


def add(library, seed, patient=None, role="training", mask=0, note=""):
    return library.add(a_flair(seed), a_mask(mask), patient=patient, role=role, note=note).case


def at(monkeypatch, time):
    """Let the library's clock stand."""
    from wmh_siamese.library import library as module
    from wmh_siamese.library import rows

    for place in (module, rows, library_words):
        monkeypatch.setattr(place, "now", lambda: f"2026-{time}T00:00:00.000Z")


@pytest.mark.parametrize("name", ["exported", "exported.zip"])
def test_there_and_back_everything_is_the_same(tmp_path, library, other, name):
    first = add(library, 0, "P1", note="a note")
    held_out = add(library, 1, "P2", "held-out", mask=3)
    library.change(first.id, excluded=True)
    library.remove(add(library, 2, "gone").id)
    seen = []
    library.export(tmp_path / name, lambda done, of: seen.append((done, of)))
    assert seen == [(0, 2), (1, 2), (2, 2)]
    exported = tmp_path / name
    if exported.is_dir():
        assert Library.open(exported).cases() == library.cases()
        assert [f for f in names(exported) if "trash" in f] == ["trash"]
        assert stat.S_IMODE(exported.stat().st_mode) == stat.S_IMODE(library.folder.stat().st_mode)
    else:
        with zipfile.ZipFile(exported) as archive:
            assert archive.testzip() is None
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    imported = other.import_from(exported)
    assert imported.added == (first.id, held_out.id)
    assert not (imported.updated or imported.kept or imported.refused)
    assert other.cases() == library.cases() and other.trash() == []
    for ours, theirs in zip(other.held_out_cases(), library.held_out_cases(), strict=True):
        for a, b in zip(read_case(ours), read_case(theirs), strict=True):
            np.testing.assert_array_equal(a.array, b.array)
            np.testing.assert_array_equal(a.affine, b.affine)
    assert other.import_from(exported).kept == (first.id, held_out.id)
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".partial")]


def test_of_one_scan_the_newer_change_stays(tmp_path, library, other, monkeypatch):
    at(monkeypatch, "01-01")
    here = add(library, 0, "P1", note="old")
    add(other, 0, "P1", note="old there")
    at(monkeypatch, "02-01")
    add(other, 0, mask=3, note="new")
    at(monkeypatch, "03-01")
    imported = library.import_from(other.folder)
    assert imported.updated == (here.id,)
    (row,) = library.cases()
    assert (row.id, row.note, row.added) == (here.id, "new", here.added)
    assert row.changed.startswith("2026-02-01")
    np.testing.assert_array_equal(read_case(library.files_of(row))[1].array, a_mask(3))
    newer = add(library, 0, mask=5, note="newest")
    assert library.import_from(other.folder).kept == (here.id,)
    assert library.cases() == [newer]


def test_a_change_from_a_clock_that_runs_ahead_does_not_win_for_ever(library, other, monkeypatch):
    at(monkeypatch, "09-09")
    add(other, 0, mask=3)
    monkeypatch.undo()
    told = manifest_of(other.folder)
    told["cases"][0]["changed"] = "9999-01-01T00:00:00.000Z"
    (other.folder / "library.json").write_text(json.dumps(told))
    library.import_from(other.folder)
    assert library.cases()[0].changed < "2100"


def test_an_id_that_is_taken_by_another_scan_becomes_another(library, other):
    row = add(library, 0)
    add(other, 1)
    told = json.dumps(manifest_of(other.folder)).replace(other.cases()[0].id, row.id)
    (other.folder / "cases" / other.cases()[0].id).rename(other.folder / "cases" / row.id)
    (other.folder / "library.json").write_text(told)
    (new,) = library.import_from(other.folder).added
    assert new != row.id and [case.id for case in library.cases()] == [row.id, new]


def test_conflicts_of_role_are_refused_case_by_case(library, other):
    add(library, 0, "held", "held-out")
    trained = add(library, 1, "trained")
    library.note_trained([trained.id], MODEL)
    add(library, 2, "both scans")
    conflicts = [
        add(other, 10, "held"),
        add(other, 0, "another name"),  # the very scan that is held out here
        add(other, 11, "trained", "held-out"),
        add(other, 12, "both scans", "held-out"),
    ]
    fine = add(other, 13, "fine")
    imported = library.import_from(other.folder)
    assert imported.added == (fine.id,)
    assert [refused.case for refused in imported.refused] == [row.id for row in conflicts]
    assert [refused.patient for refused in imported.refused] == [row.patient for row in conflicts]
    for refused in imported.refused:
        assert refused.reason.endswith(".")
    assert len(library.cases()) == 4
    assert [case.patient for case in library.held_out_cases()] == ["held"]


def test_what_was_held_out_or_trained_elsewhere_stays_so_here(library, other):
    trained = add(other, 0, "trained")
    other.note_trained([trained.id], MODEL)
    other.remove(add(other, 1, "measured", "held-out").id)
    add(library, 2, "clash")
    add(other, 3, "clash-2")
    other.remove(add(other, 4, "clash", "held-out").id)
    imported = library.import_from(other.folder)
    assert [(one.case, one.patient) for one in imported.refused] == [("", "clash")]
    with pytest.raises(WMHError, match="has trained"):
        library.change(trained.id, role="held-out")
    with pytest.raises(WMHError, match="held out"):
        add(library, 5, "measured")
    assert manifest_of(library.folder)["trainings"] == manifest_of(other.folder)["trainings"]
    assert library.import_from(other.folder).added == ()
    assert len(manifest_of(library.folder)["trainings"]) == 1


def test_an_untrained_scan_that_was_held_out_elsewhere_is_held_out(library, other):
    row = add(library, 0, "P1")
    add(other, 0, "P1", "held-out")
    assert library.import_from(other.folder).updated == (row.id,)
    assert library.training_cases() == [] and len(library.held_out_cases()) == 1


def test_headers_with_words_are_written_afresh(library, other):
    row = add(other, 0)
    path = other.folder / "cases" / row.id / "flair.nii.gz"
    image = nibabel.load(path)
    image.header["descrip"] = b"Jane Doe"
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"Jane Doe"))
    nibabel.save(image, path)
    (other.folder / "cases" / row.id / "thumbnail.png").write_bytes(b"Jane Doe")
    assert library.import_from(other.folder).added == (row.id,)
    header = nibabel.load(library.folder / "cases" / row.id / "flair.nii.gz").header
    assert header["descrip"].item() == b"" and not header.extensions
    assert (library.folder / "cases" / row.id / "thumbnail.png").read_bytes()[1:4] == b"PNG"


def spoil(folder, row, how):
    flair, mask = (folder / "cases" / row.id / f"{name}.nii.gz" for name in ("flair", "mask"))
    image = nibabel.load(flair)
    if how == "missing":
        mask.unlink()
    elif how == "cut":
        flair.write_bytes(flair.read_bytes()[:-200])
    elif how == "junk":
        mask.write_bytes(b"junk" * 100)
    elif how == "other voxels":
        changed = np.asarray(image.dataobj) + np.int16(1)
        nibabel.save(nibabel.Nifti1Image(changed, image.affine), flair)
    elif how == "other mask":
        nibabel.save(nibabel.Nifti1Image(a_mask(9), image.affine), mask)
    elif how == "other shape":
        nibabel.save(nibabel.Nifti1Image(np.ones((500, 500, 3), np.int16), image.affine), flair)
    elif how == "link":
        mask.rename(folder / "elsewhere.nii.gz")
        mask.symlink_to(folder / "elsewhere.nii.gz")
    elif how == "linked folder":
        mask.parent.rename(folder / "elsewhere")
        mask.parent.symlink_to(folder / "elsewhere")
    elif how == "pipe":
        mask.unlink()
        os.mkfifo(mask)


@pytest.mark.parametrize(
    "how",
    [
        "missing",
        "cut",
        "junk",
        "other voxels",
        "other mask",
        "other shape",
        "link",
        "linked folder",
        "pipe",
    ],
)
def test_a_bad_case_is_refused_and_keeps_no_other_away(library, other, how):
    bad, good = add(other, 0), add(other, 1)
    spoil(other.folder, bad, how)
    imported = library.import_from(other.folder)
    assert imported.added == (good.id,)
    (refused,) = imported.refused
    assert refused.case == bad.id and "\n" not in refused.reason
    assert os.listdir(library.folder / "cases") == [good.id]


@pytest.mark.parametrize(
    ("fault", "said"),
    [(OSError(errno.EIO, "Input/output error"), "cannot be read"), (MemoryError(), "memory")],
)
def test_a_case_that_the_disk_or_memory_refuses_keeps_no_other_away(
    library, other, monkeypatch, fault, said
):
    bad, good = add(other, 0), add(other, 1)
    opened = Path.open

    def refusing(path, *arguments, **named):
        if path.is_relative_to(other.folder) and bad.id in path.parts:
            raise fault
        return opened(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", refusing)
    imported = library.import_from(other.folder)
    assert imported.added == (good.id,)
    assert [one.case for one in imported.refused] == [bad.id] and said in imported.refused[0].reason


def zip_of(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def link_entry(name):
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([("../../evil", b"x")], "leads out"),
        ([("/etc/passwd", b"x")], "leads out"),
        ([("a\\..\\b", b"x")], "leads out"),
        ([("C:evil", b"x")], "leads out"),
        ([(link_entry("cases/x"), b"/etc/passwd")], "is a link"),
        ([("cases/x", b"1"), ("cases/x", b"2")], "comes twice"),
        ([("library.json", b" " * 65_000_000)], "larger than"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_that_means_harm_is_refused_whole(tmp_path, library, other, entries, said):
    told = [("library.json", (other.folder / "library.json").read_bytes())]
    harm = [name for name, _ in entries]
    archive = zip_of(tmp_path / "x.zip", entries if "library.json" in harm else told + entries)
    before = names(tmp_path)
    with pytest.raises(WMHError, match=said) as caught:
        library.import_from(archive)
    assert caught.value.kind == "bad-volume" and names(tmp_path) == before


def test_a_bomb_is_refused_before_it_unfolds(tmp_path, library, other, monkeypatch):
    from wmh_siamese.library import exchange

    row = add(other, 0)
    monkeypatch.setattr(exchange, "MAX_FLAIR_BYTES", 100_000)
    told = (other.folder / "library.json").read_bytes()
    bomb = [("library.json", told), (f"cases/{row.id}/flair.nii.gz", bytes(10_000_000))]
    imported = library.import_from(zip_of(tmp_path / "x.zip", bomb))
    assert "larger than 100000 bytes" in imported.refused[0].reason


def test_a_zip_of_the_folder_itself_is_as_good(tmp_path, library, other):
    row = add(other, 0)
    shutil.make_archive(str(tmp_path / "x"), "zip", tmp_path, "other")
    assert library.import_from(tmp_path / "x.zip").added == (row.id,)


@pytest.mark.parametrize("origin", ["nowhere", "file", "empty folder", "cut.zip", "newer"])
def test_what_is_no_export_is_a_sentence(tmp_path, library, other, origin):
    path = tmp_path / origin
    if origin == "file":
        path.write_bytes(b"x")
    elif origin == "empty folder":
        path.mkdir()
    elif origin == "cut.zip":
        add(other, 0)
        other.export(path)
        path.write_bytes(path.read_bytes()[:-300])
    elif origin == "newer":
        path.mkdir()
        (path / "library.json").write_text(json.dumps({**manifest_of(other.folder), "schema": 2}))
    with pytest.raises(WMHError) as caught:
        library.import_from(path)
    assert caught.value.kind in ("bad-path", "bad-volume") and "\n" not in str(caught.value)
    assert library.cases() == []


def test_an_export_goes_where_nothing_is(tmp_path, library):
    add(library, 0)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(WMHError, match="not empty"):
        library.export(tmp_path / "full")
    for inside in (library.folder / "x.zip", library.folder / "cases", library.folder):
        with pytest.raises(WMHError, match="into itself"):
            library.export(inside)
    with pytest.raises(WMHError, match="does not exist"):
        library.export(tmp_path / "no" / "x.zip")
    (tmp_path / "empty").mkdir()
    library.export(tmp_path / "empty")
    assert len(Library.open(tmp_path / "empty").training_cases()) == 1


@pytest.mark.parametrize("name", ["x", "x.zip"])
def test_an_export_that_fails_leaves_nothing(tmp_path, library, name):
    add(library, 0), add(library, 1)
    before = names(tmp_path)

    def full(done, of):
        if done:
            raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / name))

    with pytest.raises(WMHError) as caught:
        library.export(tmp_path / name, full)
    assert caught.value.kind == "disk-full" and names(tmp_path) == before
    (library.folder / "cases" / library.cases()[0].id / "mask.nii.gz").unlink()
    with pytest.raises(WMHError, match="are gone"):
        library.export(tmp_path / name)


def test_an_import_that_is_stopped_keeps_what_came(library, other):
    rows = [add(other, seed) for seed in range(3)]

    def stop(done, of):
        if done == 2:
            raise WMHError("stopped", "The run was stopped.")

    with pytest.raises(WMHError, match="stopped"):
        library.import_from(other.folder, stop)
    assert [row.id for row in library.cases()] == [row.id for row in rows[:2]]
    assert library.cases() == [replace(row) for row in rows[:2]]
