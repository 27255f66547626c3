"""An offline bundle holds all that is needed, whole, and the panel installs from it."""

import hashlib
import subprocess
import sys

import pytest
from extension.configured import ROOT
from extension.tiny_wheel import tiny_wheel
from offline_bundle import MODULE, VGG_KINDS, main, make_bundle, requirements
from packaging.requirements import Requirement
from slicer_side import started_host  # noqa: F401
from wmh_siamese.networks.vgg_blocks import TORCHVISION
from WMHSiameseSegLib.packages import source
from WMHSiameseSegLib.packages.pip_messages import reason_for
from WMHSiameseSegLib.packages.requirement import Requirement as Needed
from WMHSiameseSegLib.packages.requirement import read_requirements
from WMHSiameseSegLib.packages.source import FolderOfWheels, InstallationError

PYTHON = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A folder that stands for the package index."""
    folder = tmp_path_factory.mktemp("index")
    tiny_wheel(folder, "tiny", needs=["needed"])
    tiny_wheel(folder, "needed")
    return folder


@pytest.fixture(scope="module")
def bundle(index, tmp_path_factory):
    target = tmp_path_factory.mktemp("made") / "bundle"
    make_bundle(target, ["tiny>=1"], PYTHON, ["--no-index", "--find-links", str(index)])
    return target


def test_it_holds_the_wheels_and_what_they_need(bundle):
    names = {path.name.partition("-")[0] for path in (bundle / "wheels").iterdir()}
    assert names == {"tiny", "needed"}


def test_it_holds_the_module_with_its_generator_its_licence_and_a_scan(bundle):
    module = bundle / MODULE.name
    assert (module / "WMHSiameseSeg.py").is_file()
    assert list((module / "Resources" / "Models").glob("*.safetensors"))
    assert (bundle / "simulated_flair.nii.gz").stat().st_size > 1000
    assert (bundle / "LICENSE.txt").read_bytes() == (ROOT / "LICENSE.txt").read_bytes()
    assert not list(bundle.rglob("__pycache__"))


def test_its_page_names_python_packages_and_the_way_in_slicer(bundle):
    page = (bundle / "INSTALL.txt").read_text(encoding="utf-8")
    assert f"Python {PYTHON}" in page and "2 wheels" in page
    assert "--find-links wheels tiny" in page
    assert "Use a folder of wheels" in page
    assert len(page.splitlines()) < 60


def test_its_checksums_are_those_of_every_other_file(bundle):
    sums = dict(
        reversed(line.split("  ", 1))
        for line in (bundle / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    )
    there = {
        path.relative_to(bundle).as_posix(): path for path in bundle.rglob("*") if path.is_file()
    }
    del there["SHA256SUMS"]
    assert sums == {n: hashlib.sha256(p.read_bytes()).hexdigest() for n, p in there.items()}


def test_the_panel_installs_from_it_without_an_index(bundle, tmp_path, monkeypatch):
    """The arguments are those of the panel, the pip is a real one."""
    given = []
    monkeypatch.setattr(source, "_pip", given.append)
    FolderOfWheels(bundle).rehearse([Needed("tiny", "1")])
    FolderOfWheels(bundle).install([Needed("tiny", "1")])
    target = tmp_path / "packages"
    command = [sys.executable, "-m", "pip", "install", "--target", str(target)]
    subprocess.run([*command, *given[0]], check=True, timeout=120)
    assert not list(target.glob("*.py"))
    subprocess.run([*command, *given[1]], check=True, timeout=120)
    assert {path.name for path in target.glob("*.py")} == {"tiny.py", "needed.py"}


def test_a_wheel_of_another_python_is_found_out_before_anything_is_installed(tmp_path, monkeypatch):
    wheel = tiny_wheel(tmp_path)
    wheel.rename(tmp_path / "tiny-1.0-cp27-none-any.whl")
    given = []
    monkeypatch.setattr(source, "_pip", given.append)
    FolderOfWheels(tmp_path).rehearse([Needed("tiny", "1")])
    command = [sys.executable, "-m", "pip", "install", *given[0]]
    told = subprocess.run(command, check=False, timeout=120, capture_output=True, text=True)
    assert told.returncode != 0
    assert "no wheel that fits Python" in reason_for(told.stderr)


def test_a_package_that_it_lacks_is_named(bundle):
    with pytest.raises(InstallationError, match="no wheel of torch"):
        FolderOfWheels(bundle).check([Needed("torch")])


def test_what_it_collects_is_enough_for_the_panel():
    collected = {Requirement(text).name for text in requirements()}
    needed = read_requirements(MODULE / "Resources" / "requirements.txt")
    assert {requirement.name for requirement in needed} <= collected


def test_a_folder_that_is_there_stays_as_it_is(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_where_a_wheel_is_missing_nothing_is_left(index, tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        make_bundle(tmp_path / "b", ["absent"], PYTHON, ["--no-index", "--find-links", str(index)])
    assert not list(tmp_path.iterdir())


def test_make_names_the_target():
    assert "\noffline-bundle:" in (ROOT / "Makefile").read_text(encoding="utf-8")


# VGG19's weights


def test_without_them_its_page_says_where_they_are(bundle):
    page = (bundle / "INSTALL.txt").read_text(encoding="utf-8")
    assert TORCHVISION.url in page and f"begins with {TORCHVISION.sha256_begins}" in page
    assert "575 MB" in page and "Only 1 MB of it is kept" in page


def test_they_go_along_as_they_are(index, tmp_path):
    weights = tmp_path / "vgg19_caffe.npz"
    weights.write_bytes(b"numbers")
    target = tmp_path / "bundle"
    options = ["--no-index", "--find-links", str(index)]
    make_bundle(target, ["needed"], PYTHON, options, weights)
    assert (target / weights.name).read_bytes() == b"numbers"
    assert f"  {weights.name}\n" in (target / "SHA256SUMS").read_text(encoding="utf-8")
    page = (target / "INSTALL.txt").read_text(encoding="utf-8")
    assert f"Choose file...: {weights.name} in this folder" in page
    assert "https:" not in page and len(page.splitlines()) < 60


@pytest.mark.parametrize(("name", "said"), [("gone.pth", "no file"), ("vgg19.h5", "none of .npz")])
def test_a_file_that_cannot_be_theirs_is_refused_before_anything_is_fetched(
    tmp_path, name, said, capsys
):
    (tmp_path / "vgg19.h5").touch()
    assert main([str(tmp_path / "bundle"), "--vgg", str(tmp_path / name)]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "bundle").exists()


def test_they_are_of_the_kinds_that_the_panel_takes():
    panel = (MODULE / "WMHSiameseSegLib" / "finetune" / "vgg_panel.py").read_text(encoding="utf-8")
    assert f"({' '.join(f'*{kind}' for kind in VGG_KINDS)})" in panel
