"""A library holds its scans itself: a link in it could lead to any file of the computer."""

import pytest
from engine.library_scans import a_flair, a_mask
from wmh_siamese.errors import WMHError
from wmh_siamese.library import Library


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
