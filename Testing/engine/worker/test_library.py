"""The worker keeps a library: its requests, its answers, and what it cannot use."""

import json

import numpy as np
import pytest
from engine.library_scans import a_flair, a_mask
from wmh_siamese.cases.reading import read_case
from wmh_siamese.errors import KINDS, WMHError, from_exception
from wmh_siamese.library import Library
from wmh_siamese.worker import library as in_library
from wmh_siamese.worker.asker import Asker
from wmh_siamese.worker.jobs import work_of
from wmh_siamese.worker.workshop import Workshop

# As where torch is not installed.
NO_TORCH = """
import sys; sys.modules['torch'] = None
from wmh_siamese.worker import service; service.main()
"""


@pytest.fixture
def ask_of(tmp_path):
    """A request to the library of this test; the scan is in array files, as a panel writes."""
    np.save(tmp_path / "flair.npy", np.asfortranarray(a_flair().array))
    np.save(tmp_path / "mask.npy", np.asfortranarray(a_mask()))
    scan = {
        "volume": str(tmp_path / "flair.npy"),
        "affine": a_flair().affine.tolist(),
        "mask": str(tmp_path / "mask.npy"),
    }

    def make(what, **fields):
        request = {"do": "library", "what": what, "library": str(tmp_path / "library")}
        return {**request, **(scan if what == "add" else {}), **fields}

    return make


@pytest.fixture
def answer(ask_of):
    """What the workshop answers to a request, without a process."""
    workshop = Workshop()
    said = []
    line = Asker(lambda *stage: said.append(stage), said.append, lambda: False)

    def ask(what, **fields):
        said.clear()
        result = work_of(ask_of(what, **fields))(line, workshop)
        return json.loads(json.dumps(result, allow_nan=False))

    ask.said = said
    return ask


def test_a_library_from_its_beginning_in_a_worker_without_torch(start_worker, ask_of, tmp_path):
    worker = start_worker("-c", NO_TORCH)
    asked = iter(range(1, 100))

    def ask(what, **fields):
        identity = next(asked)
        worker.ask(id=identity, **ask_of(what, **fields))
        return worker.answer(identity)[0]

    assert ask("list")["kind"] == "bad-path"
    created = ask("create")
    assert created["event"] == "result" and created["rows"] == [] and created["count"] == 0
    added = ask("add", patient="P1", note="seen twice")
    assert added["event"] == "result" and added["new"] and not added["resampled"]
    assert added["rows"] == [added["case"]]
    case_id = added["case"]["id"]
    assert added["case"]["patient"] == "P1" and added["case"]["role"] == "training"
    assert added["case"]["shape"] == list(a_flair().shape)
    assert not ask("add")["new"]
    listed = ask("list")
    assert listed["count"] == 1 and listed["missing"] == [] and listed["next"] is None
    changed = ask("change", case=case_id, role="held-out", excluded=True)
    assert (changed["case"]["role"], changed["case"]["excluded"]) == ("held-out", True)
    refused = ask("change", case=case_id, role="training")
    assert refused["event"] == "error" and refused["kind"] == "bad-volume"
    assert "held out" in refused["sentence"] and refused["way_out"]
    assert ask("remove", case=case_id)["rows"] == []
    trash = ask("trash")
    assert [row["id"] for row in trash["rows"]] == [case_id] and trash["rows"][0]["removed"]
    assert ask("restore", case=case_id)["count"] == 1
    exported = ask("export", path=str(tmp_path / "x.zip"))
    assert exported["path"] == str(tmp_path / "x.zip") and (tmp_path / "x.zip").is_file()
    imported = ask("import", path=str(tmp_path / "x.zip"))
    assert imported["kept"] == [case_id] and imported["refused"] == []
    ask("remove", case=case_id)
    assert ask("empty-trash")["emptied"] == 1
    worker.end()
    assert b"Traceback" not in worker.log and b"flair" not in worker.log


def test_a_mask_of_another_grid_is_resampled_and_told(answer, tmp_path):
    answer("create")
    flair = a_flair()
    finer = flair.affine.copy()
    finer[:3, 2] /= 2
    finer[:3, 3] -= finer[:3, 2] / 2
    np.save(tmp_path / "mask.npy", np.repeat(a_mask(), 2, axis=2))
    added = answer("add", mask_affine=finer.tolist())
    assert added["resampled"] and added["outside"] == 0
    assert any("another grid" in str(text) for text in answer.said)
    (case,) = Library(tmp_path / "library").training_cases()
    np.testing.assert_array_equal(read_case(case)[1].array, a_mask())


def test_what_an_added_case_loses_and_whose_it_was_is_told(answer):
    answer("create")
    flair = a_flair()
    away = flair.affine.copy()
    away[:3, 3] += 5 * away[:3, 0]
    added = answer("add", mask_affine=away.tolist(), patient="p1")
    assert added["outside"] == np.count_nonzero(a_mask()[-5:]) > 0
    assert added["patient_before"] == ""
    assert answer("add")["patient_before"] == ""
    assert answer("add", patient="P1")["patient_before"] == ""
    again = answer("add", patient="p2")
    assert (again["patient_before"], again["case"]["patient"]) == ("P1", "p2")


def test_export_and_import_tell_how_far_they_are_and_hear_a_stop(answer, ask_of, tmp_path):
    answer("create")
    answer("add")
    answer("export", path=str(tmp_path / "out"))
    assert answer.said == [("exporting", 0, 1), ("exporting", 1, 1)]
    answer("import", path=str(tmp_path / "out"))
    assert answer.said == [("importing", 0, 1), ("importing", 1, 1)]
    stopped = Asker(lambda *_: None, lambda _: None, lambda: True)
    with pytest.raises(WMHError) as caught:
        work_of(ask_of("export", path=str(tmp_path / "x.zip")))(stopped, Workshop())
    assert caught.value.kind == "stopped" and not (tmp_path / "x.zip").exists()


def test_many_rows_come_in_several_results(answer, tmp_path, monkeypatch):
    answer("create")
    library = Library(tmp_path / "library")
    ids = [library.add(a_flair(seed), a_mask()).case.id for seed in range(5)]
    monkeypatch.setattr(in_library, "PAGE_BYTES", 900)
    seen, first = [], 0
    while first is not None:
        page = answer("list", first=first)
        assert page["count"] == 5 and len(page["rows"]) < 5
        seen += [row["id"] for row in page["rows"]]
        first = page["next"]
    assert seen == ids


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("dance", {}),
        (None, {}),
        ("list", {"library": 5}),
        ("list", {"first": -1}),
        ("list", {"first": True}),
        ("add", {"mask": None}),
        ("add", {"affine": [[1]]}),
        ("add", {"mask_affine": "x"}),
        ("add", {"patient": 5}),
        ("add", {"folder": "/home"}),
        ("change", {}),
        ("change", {"case": "x", "excluded": "yes"}),
        ("remove", {"case": 5}),
        ("export", {}),
        ("import", {"path": "a\0b"}),
    ],
)
def test_a_request_that_cannot_be_used(ask_of, what, fields):
    with pytest.raises(WMHError) as caught:
        work_of(ask_of(what, **fields))
    assert caught.value.kind == "internal"


@pytest.mark.parametrize(
    ("what", "fields", "kind"),
    [
        ("add", {"role": "none"}, "bad-volume"),
        ("add", {"patient": "a/b"}, "bad-volume"),
        ("add", {"volume": "/nowhere/x.npy"}, "bad-path"),
        ("add", {"affine": [[0.0] * 4] * 4}, "bad-volume"),
        ("add", {"mask_affine": [[float("nan")] * 4] * 4}, "bad-volume"),
        ("change", {"case": "x"}, "bad-path"),
        ("remove", {"case": "x"}, "bad-path"),
        ("restore", {"case": "x"}, "bad-path"),
        ("import", {"path": "/nowhere"}, "bad-path"),
        ("create", {}, "bad-path"),
        ("list", {"library": "/nowhere"}, "bad-path"),
    ],
)
def test_what_cannot_be_done_gives_its_kind(answer, what, fields, kind):
    answer("create")
    with pytest.raises(Exception) as caught:  # the worker puts it into words
        answer(what, **fields)
    error = from_exception(caught.value)
    assert error.kind == kind in KINDS and "\n" not in error.sentence


def test_a_damaged_array_file_is_a_bad_volume(answer, tmp_path):
    answer("create")
    for name in ("flair.npy", "mask.npy"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[:-50])
        with pytest.raises(WMHError) as caught:
            answer("add")
        assert caught.value.kind == "bad-volume"
        (tmp_path / name).write_bytes(whole)
    assert answer("list")["rows"] == []
