"""What the Extensions Index checks of an entry and of the repository that it points to."""

import json
import re
import subprocess

import pytest
from extension.configured import ROOT
from index_entry import SCHEMA, cmake_value, entry_text, index_entry

ENTRY = ROOT / "WMHSiameseSeg.json"
CMAKE = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
# Slicer's schema 1.0.1 for catalog entries: every key it knows with its type, and no other.
KEYS = {
    "$schema": str,
    "category": str,
    "scm_url": str,
    "scm_revision": str,
    "scm_type": str,
    "build_dependencies": list,
    "build_subdirectory": str,
    "enabled": bool,
    "tier": int,
}
REQUIRED = {"$schema", "category", "scm_url"}
PLACEHOLDER = "OWNER"
MB = 1 << 20


def faults_of(entry):
    """What the index would refuse, in words."""
    faults = [f"unknown key {key}" for key in entry.keys() - KEYS]
    faults += [f"no {key}" for key in REQUIRED - entry.keys()]
    faults += [
        f"{key} is no {kind.__name__}"
        for key, kind in KEYS.items()
        if key in entry and type(entry[key]) is not kind
    ]
    if not all(isinstance(name, str) for name in entry.get("build_dependencies", [])):
        faults.append("a dependency is no name")
    if not 1 <= int(entry.get("tier", 1)) <= 5:
        faults.append("tier is not 1 to 5")
    if entry.get("category") != "Segmentation":
        faults.append("category")
    if not re.fullmatch(r"https://[^/]+/[^/]+/Slicer\w+(\.git)?", str(entry.get("scm_url"))):
        faults.append("scm_url is not that of a repository whose name begins with Slicer")
    return faults


def test_the_entry_is_one_that_the_index_takes():
    assert faults_of(json.loads(ENTRY.read_text(encoding="utf-8"))) == []
    assert SCHEMA.endswith("schema-v1.0.1.json#")
    assert b"\r" not in ENTRY.read_bytes()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"scm_type": 3}, "scm_type is no str"),
        ({"tier": 6}, "tier"),
        ({"tier": True}, "tier"),
        ({"homepage": "x"}, "unknown key homepage"),
        ({"category": "Brain"}, "category"),
        ({"scm_url": "git@github.com:a/SlicerWMH.git"}, "scm_url"),
        ({"scm_url": "https://github.com/a/WMHSiameseSeg.git"}, "scm_url"),
        ({"build_dependencies": "PyTorch"}, "build_dependencies"),
    ],
)
def test_the_rules_find_a_bad_entry(change, fault):
    entry = {**index_entry(CMAKE), **change}
    assert any(fault in found for found in faults_of(entry))


def test_the_entry_says_what_cmake_says():
    assert ENTRY.read_text(encoding="utf-8") == entry_text(index_entry(CMAKE))


def test_cmake_names_the_extension_and_one_existing_file_for_each_picture():
    assert re.findall(r"project\s*\(\s*([^\s)]+)", CMAKE) == [ENTRY.stem]
    homepage = cmake_value(CMAKE, "HOMEPAGE").removeprefix("https://github.com/")
    raw = f"https://raw.githubusercontent.com/{homepage}/main/"
    urls = [cmake_value(CMAKE, "ICONURL"), *cmake_value(CMAKE, "SCREENSHOTURLS").split()]
    assert len(urls) >= 2
    for url in urls:
        assert url.startswith(raw) and url.endswith(".png")
        assert (ROOT / url.removeprefix(raw)).is_file(), url


def test_a_value_that_is_no_single_quoted_string_is_refused():
    with pytest.raises(ValueError, match="ICONURL 0 times"):
        cmake_value("set(EXTENSION_ICONURL https://example.org/icon.png)", "ICONURL")


def test_the_owner_of_the_repository_stands_in_one_place():
    """Filled in at publication: in CMakeLists.txt, and in the entry that is made from it."""
    found = subprocess.run(
        ["git", "grep", "-lE", rf"github(usercontent)?\.com/{PLACEHOLDER}/"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if found.returncode > 1:
        pytest.skip("no git checkout")
    assert set(found.stdout.split()) <= {"CMakeLists.txt", ENTRY.name}
    assert "TO BE FILLED IN AT PUBLICATION" in CMAKE or PLACEHOLDER not in CMAKE


def test_the_repository_with_its_history_is_small():
    """The index takes 100 MB; ours stays below 60."""
    listed = subprocess.run(
        "git rev-list --objects HEAD | cut -d' ' -f1 | git cat-file"
        " --batch-check='%(objectsize:disk)'",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    sizes = [int(size) for size in listed.stdout.split()]
    if not sizes:
        pytest.skip("no git checkout")
    assert sum(sizes) < 60 * MB


def test_the_licence_lies_where_the_index_looks_for_it():
    assert "Apache License" in (ROOT / "LICENSE.txt").read_text(encoding="utf-8")
