"""A library survives damage, full disks, lost rights and sudden ends, and says what is wrong."""

import errno
import hashlib
import json
import os
import subprocess
import sys

import pytest
from engine.library_scans import a_flair, a_mask, manifest_of, names
from wmh_siamese.cases.reading import read_case
from wmh_siamese.errors import WMHError
from wmh_siamese.library import Library
from wmh_siamese.library import folders as library_folders


def sha256_of_mask(labels):
    return hashlib.sha256(str(labels.shape).encode() + labels.tobytes(order="F")).hexdigest()


def test_a_library_begins_only_in_an_empty_folder(tmp_path, library):
    with pytest.raises(WMHError, match="already"):
        Library.create(library.folder)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.doc").write_text("x")
    with pytest.raises(WMHError, match="not empty"):
        Library.create(tmp_path / "full")
    with pytest.raises(WMHError, match="does not exist"):
        Library.create(tmp_path / "no" / "library")
    (tmp_path / "file").write_text("x")
    with pytest.raises(WMHError):
        Library.create(tmp_path / "file")
    with pytest.raises(WMHError, match="no library"):
        Library.open(tmp_path / "full")
    with pytest.raises(WMHError, match="no library"):
        Library(tmp_path / "full").add(a_flair(), a_mask())
    assert names(tmp_path / "full") == ["thesis.doc"]
    (tmp_path / "empty").mkdir()
    assert Library.create(tmp_path / "empty").cases() == []


def damages(told):
    row = told["cases"][0]
    yield b""
    yield b"\x00" * 100
    yield json.dumps(told).encode()[:-20]
    yield b"[]"
    yield b"[" * 100_000
    yield json.dumps({**told, "format": "another"}).encode()
    yield json.dumps({**told, "schema": "1"}).encode()
    yield json.dumps({**told, "more": 1}).encode()
    yield json.dumps({key: told[key] for key in told if key != "trash"}).encode()
    yield json.dumps({**told, "cases": [row, row]}).encode()
    yield json.dumps({**told, "held_out": {"patients": [1], "scans": []}}).encode()
    for field, value in (
        ("id", "../../etc"),
        ("id", "case-0"),
        ("patient", "a/b"),
        ("patient", ""),
        ("role", "none"),
        ("changed", "yesterday"),
        ("flair_sha256", "0"),
        ("shape", [1, 2]),
        ("shape", [10**9, 1, 1]),
        ("shape", [True, 1, 1]),
        ("volume_ml", float("nan")),
        ("volume_ml", -1),
        ("excluded", 1),
        ("removed", "2026-01-01T00:00:00.000Z"),
        ("note", 5),
    ):
        yield json.dumps({**told, "cases": [{**row, field: value}]}).encode()


def test_a_damaged_manifest_is_one_sentence_and_stays_as_it_is(library):
    library.add(a_flair(), a_mask())
    path = library.folder / "library.json"
    before = names(library.folder)
    for damage in damages(manifest_of(library.folder)):
        path.write_bytes(damage)
        for act in (Library.open, lambda f: Library(f).add(a_flair(1), a_mask())):
            with pytest.raises(WMHError, match="cannot be used") as caught:
                act(library.folder)
            assert caught.value.kind == "bad-path" and "\n" not in str(caught.value)
        assert path.read_bytes() == damage and names(library.folder) == before


def test_a_newer_schema_asks_for_the_newer_program(library):
    told = manifest_of(library.folder)
    (library.folder / "library.json").write_text(json.dumps({**told, "schema": 2, "new": []}))
    with pytest.raises(WMHError, match="newer version"):
        Library.open(library.folder)


def fails_at(monkeypatch, module, name, at, code):
    """Let the n-th call of a module's function fail as the system would."""
    calls = []
    real = getattr(module, name)

    def call(*arguments, **named):
        calls.append(arguments)
        if len(calls) == at:
            raise OSError(code, os.strerror(code), str(arguments[0]))
        return real(*arguments, **named)

    monkeypatch.setattr(module, name, call)
    return calls


@pytest.mark.parametrize("again", [False, True], ids=["new", "update"])
@pytest.mark.parametrize(
    ("module", "name", "most"), [(os, "fsync", 5), (os, "replace", 3), (os, "rename", 1)]
)
def test_a_full_disk_at_any_moment_leaves_the_library_as_it_was(
    tmp_path, monkeypatch, module, name, most, again
):
    """At every write, flush and move in turn, until one add goes through undisturbed."""
    library = Library.create(tmp_path / "library")
    library.add(a_flair(0), a_mask(0))
    for at in range(1, 20):
        before = {path: path.read_bytes() for path in library.folder.rglob("*") if path.is_file()}
        with monkeypatch.context() as patch:
            calls = fails_at(patch, module, name, at, errno.ENOSPC)
            try:
                library.add(a_flair(0 if again else at), a_mask(4 + at))
            except WMHError as error:
                assert error.kind == "disk-full", error
                failed = True
            else:
                failed = False
        mask = library.cases()[0 if again else -1].mask_sha256
        if failed and mask != sha256_of_mask(a_mask(4 + at)):
            after = {p: p.read_bytes() for p in library.folder.rglob("*") if p.is_file()}
            assert after == before
        Library.open(library.folder)
        for case, row in zip(library.training_cases(), library.cases(), strict=True):
            assert sha256_of_mask(read_case(case)[1].array) == row.mask_sha256
        if len(calls) < at:
            break
    assert at > most


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="rights bind no root")
def test_a_read_only_library_can_be_read(library):
    library.add(a_flair(), a_mask())
    library.folder.chmod(0o500)
    try:
        again = Library.open(library.folder)
        assert len(again.training_cases()) == 1
        with pytest.raises(WMHError, match="rights"):
            again.add(a_flair(1), a_mask())
    finally:
        library.folder.chmod(0o700)


def test_a_read_only_disk_is_a_sentence(library, monkeypatch):
    library.add(a_flair(), a_mask())
    real = os.open

    def refuse(path, flags, *rest, **named):
        if flags & os.O_CREAT:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", refuse)
    assert len(Library.open(library.folder).training_cases()) == 1
    with pytest.raises(WMHError, match="read-only") as caught:
        library.add(a_flair(1), a_mask())
    assert caught.value.kind == "bad-path"


def test_leftovers_go_and_what_is_not_ours_stays(library):
    library.add(a_flair(), a_mask())
    before = names(library.folder)
    cases = library.folder / "cases"
    (cases / ".partial-abc").mkdir()
    (cases / ".partial-abc" / "flair.nii.gz").write_bytes(b"cut")
    (cases / ".ready-case-0123456789ab").mkdir()
    (library.folder / ".partial-xyzlibrary.json").write_text("{")
    (library.folder / "trash" / "case-0123456789ab").mkdir()
    Library.open(library.folder)
    assert names(library.folder) == before
    (cases / "holiday").mkdir()
    (cases / "case-0123456789ab").mkdir()
    (cases / ".ready-case-0123456789ab").mkdir()
    (cases / ".ready-case-0123456789ab" / "row.json").write_text("damaged")
    strange = names(library.folder)
    assert Library.open(library.folder).cases() == library.cases()
    assert names(library.folder) == strange


def test_it_needs_no_torch_and_listing_no_nibabel(library, engine_environment):
    library.add(a_flair(), a_mask())
    code = (
        "import sys, numpy as np\n"
        "from wmh_siamese.library import Library\n"
        "from wmh_siamese.volumes.volume import Volume\n"
        "library = Library.open(sys.argv[1])\n"
        "assert len(library.training_cases()) == 1\n"
        "assert not {'torch', 'nibabel', 'PIL'} & set(sys.modules)\n"
        "flair = Volume(np.arange(512.0).reshape(8, 8, 8), np.eye(4))\n"
        "library.add(flair, np.zeros((8, 8, 8), np.uint8))\n"
        "assert not {'torch', 'safetensors', 'slicer', 'SimpleITK'} & set(sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(library.folder)], env=engine_environment, check=True
    )
    assert len(library.cases()) == 2


def test_a_lost_library_folder_is_a_sentence(library, monkeypatch):
    monkeypatch.setattr(library_folders.tempfile, "mkdtemp", lambda **_: "/nowhere/at/all")
    with pytest.raises(WMHError, match="does not exist"):
        library.add(a_flair(), a_mask())


@pytest.mark.parametrize("row", ["[" * 100_000, '{"volume_ml": 1' + "0" * 400 + "}", "\x00", "[]"])
def test_a_half_done_case_whose_row_cannot_be_read_hinders_nobody(library, row):
    case = library.add(a_flair(), a_mask(), patient="P").case
    ready = library.folder / "cases" / f"{library_folders.READY}{case.id}"
    ready.mkdir()
    (ready / library_folders.ROW_NAME).write_text(row)
    assert Library.open(library.folder).cases() == [case]
    library.add(a_flair(1), a_mask(1), patient="Q")
