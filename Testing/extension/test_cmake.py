"""CMake takes the extension as it stands, and stops at each typo that would break a package."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from extension.configured import ROOT, configure, install

MODULE = ROOT / "WMHSiameseSeg"
LISTS = Path("WMHSiameseSeg", "CMakeLists.txt")


@pytest.fixture(scope="session")
def extension(tmp_path_factory):
    """The extension, configured from a copy: beside a virtual environment in the sources, CMake
    would take warnings about its own files for ours."""
    folder = tmp_path_factory.mktemp("extension")
    return configure(copied(folder / "source"), folder / "build")


@pytest.fixture(scope="session")
def install_tree(extension, tmp_path_factory):
    """The module as the package holds it: what the CMake lists name and nothing else."""
    return install(extension.build, tmp_path_factory.mktemp("installed"))


@pytest.fixture
def source(tmp_path):
    """A copy of the extension's sources to spoil."""
    return copied(tmp_path / "source")


def copied(copy):
    left_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(MODULE, copy / "WMHSiameseSeg", ignore=left_out)
    for name in ("CMakeLists.txt", "README.md", "LICENSE.txt"):
        shutil.copy(ROOT / name, copy)
    return copy


def sources_of(module):
    """Every file that is neither made by Python nor by pip."""
    paths = (path.relative_to(module) for path in module.rglob("*") if path.is_file())
    return sorted(
        path.as_posix()
        for path in paths
        if path.suffix != ".pyc"
        and path.name != "CMakeLists.txt"
        and not path.parts[0].endswith(".egg-info")
    )


def test_it_configures_without_a_warning(extension):
    assert extension.code == 0, extension.words
    assert "CMake Warning" not in extension.words


def test_slicer_is_asked_for_one_module_with_its_tests_and_a_package(extension):
    asked = extension.requests
    assert asked["module"] == asked["EXTENSION_NAME"] == ["WMHSiameseSeg"]
    assert asked["unit test"] == ["WMHSiameseSeg.py"]
    assert asked["generic tests"] == ["TRUE"]
    assert asked["EXTENSION_DEPENDS"] == ["PyTorch"]
    assert asked["package"] == asked["generate config"] == ["ON"]


def test_every_python_file_is_a_script_and_everything_else_a_resource(extension):
    assert all(name.endswith(".py") for name in extension.requests["scripts"])
    assert not [name for name in extension.requests["resources"] if name.endswith(".py")]


def test_the_install_tree_holds_every_file_of_the_module(install_tree):
    assert sources_of(install_tree) == sources_of(MODULE)


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        ("CMakeLists.txt", "EXTENSION_DESCRIPTION", "EXTENSION_DESCRIPTON", "EXTENSION_DESCRIP"),
        ("CMakeLists.txt", "EXTENSION_DEPENDS", "EXTENSION_DEPENDENCIES", "EXTENSION_DEPEND"),
        ("CMakeLists.txt", "add_subdirectory(WMHSiameseSeg)", "add_subdirectory(WMH)", "WMH"),
        ("CMakeLists.txt", "find_package(Slicer", "find_package(Slicr", "Slicr"),
        ("CMakeLists.txt", "Slicer_EXTENSION_CPACK", "Slicer_EXTENSION_PACK", "PACK"),
        (LISTS, "WMHSiameseSegLib/scene/scene.py", "WMHSiameseSegLib/scenes.py", "scenes.py"),
        (LISTS, "Resources/UI/SegmentTab.ui", "Resources/UI/Segment.ui", "Segment.ui"),
        (LISTS, "SCRIPTS ${MODULE_PYTHON_SCRIPTS}", "SCRIPTS ${MODULE_SCRIPTS}", "MODULE_SCRIPTS"),
        (LISTS, "  RESOURCES $", "  RESOURCE $", "RESOURCE"),
        (LISTS, "(SCRIPT ${MODULE_NAME}.py)", "(SCRIPT ${MODULE_NAME}Test.py)", "Test.py"),
        (LISTS, "slicerMacroBuildScriptedModule", "slicerMacroBuildScriptModule", "ScriptModule"),
    ],
)
def test_a_typo_is_found(source, tmp_path, file, right, wrong, said):
    lists = source / file
    text = lists.read_text(encoding="utf-8")
    assert right in text
    lists.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    spoilt = configure(source, tmp_path / "build")
    assert spoilt.code != 0 or "CMake Warning" in spoilt.words
    assert said in spoilt.words


def test_the_panel_runs_from_the_install_tree_alone(install_tree, tmp_path):
    """The module's own test and more of the panel's, where there are no sources."""
    shutil.copytree(install_tree, tmp_path / "WMHSiameseSeg")
    left_out = shutil.ignore_patterns("__pycache__", "bench")
    shutil.copytree(ROOT / "Testing", tmp_path / "Testing", ignore=left_out)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    panel = "Testing/slicer_side/test_module.py"
    quick = "without or medical or closing or opening"  # no run of the network
    (tmp_path / "conftest.py").write_text(f"""
import WMHSiameseSegLib, wmh_siamese
for package in (WMHSiameseSegLib, wmh_siamese):
    assert package.__file__.startswith({str(tmp_path)!r}), package.__file__
""")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", quick, panel],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": "", "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_the_engine_runs_from_the_install_tree_alone(install_tree):
    """The command knows its bundled generator, which lies beside it in the package."""
    done = subprocess.run(
        [sys.executable, "-m", "wmh_siamese", "models"],
        cwd=install_tree,
        env={**os.environ, "PYTHONPATH": str(install_tree)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (model,) = (install_tree / "Resources" / "Models").glob("*.safetensors")
    assert model.stem in done.stdout
