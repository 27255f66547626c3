"""Version, changelog, citation and licences: what a release goes by."""

import re
import tomllib
import zipfile

import offline_bundle
import pytest
import wmh_siamese
from extension.configured import ROOT
from licences import objectionable, terms
from offline_bundle import MODULE, version
from packaging.requirements import Requirement
from release import archive_module, faults, notes, write_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_version_stands_in_one_place():
    assert version() == wmh_siamese.__version__
    assert "version" not in PROJECT and "version" in PROJECT["dynamic"]


def test_what_keeps_the_sources_from_being_a_release_is_told():
    """Before a release the changelog calls it unreleased; nothing else may be wrong."""
    assert all("unreleased" in fault for fault in faults(version()))
    assert len(faults("9.9.9")) == 3


def test_the_notes_of_a_release_are_its_part_of_the_changelog():
    changelog = "# Changelog\n\n## 1.1.0 (2027-01-02)\n\n- New.\n- Newer.\n\n## 1.0.0\n\n- Old.\n"
    assert notes(changelog, "1.1.0") == "- New.\n- Newer."
    assert notes(changelog, "1.0.0") == "- Old."
    with pytest.raises(ValueError, match=r"nothing of 1\.2\.0"):
        notes(changelog, "1.2.0")


def test_the_released_module_is_the_module_with_its_licence(tmp_path):
    archive_module(tmp_path / "one.zip")
    archive_module(tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        names = set(archive.namelist())
        inside = archive.read("WMHSiameseSeg/WMHSiameseSeg.py")
    assert inside == (MODULE / "WMHSiameseSeg.py").read_bytes()
    assert "LICENSE.txt" in names
    assert not [name for name in names if name.endswith(".pyc")]


def test_what_tools_leave_in_the_module_is_not_released(tmp_path, monkeypatch):
    """Python's caches, and the description that an editable installation by pip leaves."""
    module = tmp_path / "WMHSiameseSeg"
    kept = module / "wmh_siamese" / "volumes" / "volume.py"
    left = [module / "wmh_siamese.egg-info" / "SOURCES.txt", kept.parent / "__pycache__" / "v.pyc"]
    for file in (kept, *left):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    monkeypatch.setattr(offline_bundle, "MODULE", module)
    archive_module(tmp_path / "module.zip")
    with zipfile.ZipFile(tmp_path / "module.zip") as archive:
        names = set(archive.namelist())
    assert names == {"LICENSE.txt", "WMHSiameseSeg/wmh_siamese/volumes/volume.py"}


def test_everything_released_has_its_checksum(tmp_path):
    (tmp_path / "sbom.cdx.json").write_text("{}")
    write_files(tmp_path)
    write_files(tmp_path)
    lines = (tmp_path / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    names = {line.partition("  ")[2] for line in lines}
    assert names == {path.name for path in tmp_path.iterdir()} - {"SHA256SUMS"}


def test_every_dependency_is_justified_with_its_licence():
    told = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    names = {Requirement(text).name.lower() for group in groups for text in group}
    names.remove("wmh-siamese")
    unknown = [name for name in names if not re.search(rf"\b{re.escape(name)}\b", told)]
    assert not unknown


@pytest.mark.parametrize(
    ("licence", "good"),
    [
        ("BSD License", True),
        ("Apache-2.0 AND MIT", True),
        ("MPL-2.0 AND MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("GPL-3.0-only OR Apache-2.0", True),
        ("LGPL-3.0-only OR GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("UNKNOWN", False),
        ("", False),
    ],
)
def test_a_licence_that_is_not_permissive_is_found(licence, good):
    assert (objectionable([{"Name": "thing", "License": licence}]) == []) is good


def test_of_alternatives_the_permissive_one_is_taken():
    assert terms("GPL-3.0-only OR MIT; Apache-2.0") == ["MIT", "Apache-2.0"]


def test_nvidias_libraries_are_used_and_not_passed_on():
    told = {"Name": "nvidia-cublas-cu12", "License": "LicenseRef-NVIDIA-Proprietary"}
    assert objectionable([told]) == []
