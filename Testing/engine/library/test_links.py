"""A library holds its scans itself: a link in it could lead to any file of the computer."""

import json
from dataclasses import asdict

import pytest
from engine.library_scans import a_flair, a_mask, names
from wmh_siamese.errors import WMHError
from wmh_siamese.library import Library
from wmh_siamese.library.folders import READY, ROW_NAME


@pytest.mark.parametrize("what", ["flair.nii.gz", "mask.nii.gz", ""])
def test_a_link_in_place_of_a_case_is_no_case(tmp_path, what):
    library = Library.create(tmp_path / "library")
    case = library.add(a_flair(), a_mask(), patient="P").case
    place = library.folder / "cases" / case.id / what
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    assert Library.open(library.folder).missing() == [case.id]
    with pytest.raises(WMHError, match="gone from the library"):
        library.files_of(case)
    with pytest.raises(WMHError, match="gone from the library"):
        library.export(tmp_path / "out.zip")


def test_a_linked_picture_does_not_leave_with_an_export(tmp_path):
    library = Library.create(tmp_path / "library")
    case = library.add(a_flair(), a_mask(), patient="P").case
    picture = library.thumbnail(case.id)
    picture.unlink(missing_ok=True)
    (tmp_path / "secret").write_text("anything")
    picture.symlink_to(tmp_path / "secret")
    library.export(tmp_path / "out")
    assert not (tmp_path / "out" / "cases" / case.id / "thumbnail.png").exists()


@pytest.mark.parametrize("name", ["library.json", "cases", "trash"])
@pytest.mark.parametrize("other_name", ["library.json", "cases"])
def test_a_library_that_links_to_another_is_refused_and_the_other_stays(tmp_path, name, other_name):
    other = Library.create(tmp_path / "other")
    case = other.add(a_flair(), a_mask(), patient="P").case
    before = names(other.folder)
    linked = Library.create(tmp_path / "linked")
    place = linked.folder / name
    place.unlink() if place.is_file() else place.rmdir()
    place.symlink_to(other.folder / other_name)
    for attempt in (
        lambda: Library.open(linked.folder),
        lambda: linked.add(a_flair(1), a_mask(1)),
        linked.empty_trash,
        lambda: Library.create(linked.folder),
    ):
        with pytest.raises(WMHError, match=f"The {name} of the library in .* is a link"):
            attempt()
    assert names(other.folder) == before and other.cases() == [case]


def test_a_link_among_the_half_done_brings_nothing_in_and_takes_nothing_away(tmp_path):
    other = Library.create(tmp_path / "other")
    case = other.add(a_flair(), a_mask(), patient="P").case
    foreign = other.folder / "cases" / case.id
    (foreign / ROW_NAME).write_text(json.dumps(asdict(case)))
    library = Library.create(tmp_path / "library")
    (library.folder / "cases" / f"{READY}{case.id}").symlink_to(foreign)
    assert Library.open(library.folder).cases() == []
    assert (foreign / "flair.nii.gz").is_file()


def test_a_case_of_a_linked_folder_gets_no_new_mask_there(tmp_path):
    library = Library.create(tmp_path / "library")
    case = library.add(a_flair(), a_mask(), patient="P").case
    place = library.folder / "cases" / case.id
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    mask = (tmp_path / "elsewhere" / "mask.nii.gz").read_bytes()
    with pytest.raises(WMHError, match="is a link"):
        library.add(a_flair(), a_mask(3), patient="P")
    assert (tmp_path / "elsewhere" / "mask.nii.gz").read_bytes() == mask
    assert library.cases() == [case]


def test_a_library_may_itself_be_reached_through_a_link(tmp_path):
    Library.create(tmp_path / "library").add(a_flair(), a_mask(), patient="P")
    (tmp_path / "link").symlink_to(tmp_path / "library")
    linked = Library.open(tmp_path / "link")
    linked.add(a_flair(1), a_mask(1), patient="Q")
    assert len(linked.cases()) == 2 and linked.missing() == []
