"""What is missing, what a person is asked, and what is installed then."""

import sys
import types
from pathlib import Path

import pytest
import slicer
from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.packages import source
from WMHSiameseSegLib.packages.installation import Choice, Installation, InstallationError
from WMHSiameseSegLib.packages.requirement import Requirement, read_requirements, total_size_text

REQUIREMENTS = Path(__file__).parents[3] / "WMHSiameseSeg" / "Resources" / "requirements.txt"
INSTALLED = {"numpy": "2.1.0", "scipy": "1.14", "nibabel": "5.2.1", "safetensors": "0.5"}


class Pip:
    """Stands for slicer.util.pip_install, slicer.packaging or the PyTorch extension."""

    def __init__(self, versions, installs):
        self.versions, self.installs, self.calls = versions, installs, []

    def install(self, *arguments, **options):
        self.calls.append((arguments, options))
        self.versions.update(self.installs)


@pytest.fixture
def versions():
    return dict(INSTALLED)


@pytest.fixture
def pip(versions, monkeypatch):
    pip = Pip(versions, {"torch": "2.6.0+cpu"})
    packaging = types.ModuleType("slicer.packaging")
    packaging.pip_ensure = packaging.pip_install = pip.install
    monkeypatch.setitem(sys.modules, "slicer.packaging", packaging)
    monkeypatch.setitem(sys.modules, "PyTorchUtils", None)
    return pip


@pytest.fixture(autouse=True)
def a_person_at_the_screen(the_application, monkeypatch):
    monkeypatch.setattr(the_application.app, "_testing", False)
    return the_application


def an_installation(versions, choice, folder=None):
    asked = []

    def choose(missing, why):
        assert why
        asked.append([str(requirement) for requirement in missing])
        return choice

    made = Installation(read_requirements(REQUIREMENTS), choose, lambda: folder, versions.get)
    return made, asked


def test_nothing_is_asked_when_everything_is_there(versions):
    made, asked = an_installation({**versions, "torch": "2.6.0"}, Choice.CANCEL)
    assert made.ensure() is False
    assert not asked


@pytest.mark.parametrize(
    ("torch", "will_do"),
    [("2.5.1", False), ("2.6", True), ("2.6.0+cu124", True), ("2.13.0", True), ("3.0a1", True)],
)
def test_a_version_counts_by_its_numbers(versions, torch, will_do):
    made, _asked = an_installation({**versions, "torch": torch}, Choice.CANCEL)
    assert made.missing() == ([] if will_do else [Requirement("torch", "2.6")])


def test_one_question_names_every_missing_package_then_pip_installs_them(versions, pip):
    del versions["nibabel"]
    pip.installs["nibabel"] = "5.3"
    made, asked = an_installation(versions, Choice.INSTALL)
    assert made.ensure() is True
    assert asked == [["torch>=2.6", "nibabel>=5"]]
    assert pip.calls[0][0] == (["torch>=2.6", "nibabel>=5"],)
    assert pip.calls[0][1]["prompt_install"] is False


def test_cancel_installs_nothing_and_says_what_to_do(versions, pip):
    made, _asked = an_installation(versions, Choice.CANCEL)
    with pytest.raises(InstallationError, match=r"torch>=2.6.*Click again"):
        made.ensure()
    assert not pip.calls


def test_nothing_is_installed_while_slicer_is_tested(versions, pip, monkeypatch):
    monkeypatch.setattr(slicer.app, "_testing", True)
    made, asked = an_installation(versions, Choice.INSTALL)
    with pytest.raises(InstallationError, match="Nothing is installed while Slicer is tested"):
        made.ensure()
    assert not asked and not pip.calls


def test_a_folder_of_wheels_needs_no_network(versions, pip, tmp_path):
    (tmp_path / "torch-2.6.0-cp312-none-linux_x86_64.whl").touch()
    made, _asked = an_installation(versions, Choice.FOLDER, tmp_path)
    assert made.ensure() is True
    assert pip.calls[0][0] == (["--no-index", "--find-links", str(tmp_path), "torch>=2.6"],)


def test_a_folder_without_the_wheel_is_said(versions, pip, tmp_path):
    made, _asked = an_installation(versions, Choice.FOLDER, tmp_path)
    with pytest.raises(InstallationError, match="no wheel of torch"):
        made.ensure()
    assert not pip.calls


def test_no_folder_chosen_means_nothing_installed(versions, pip):
    made, _asked = an_installation(versions, Choice.FOLDER, None)
    with pytest.raises(InstallationError, match="No folder"):
        made.ensure()


def test_the_pytorch_extension_installs_torch_where_it_is_present(versions, pip, monkeypatch):
    extension = Pip(versions, {"torch": "2.6.0"})
    logic = types.SimpleNamespace(installTorch=extension.install)
    monkeypatch.setitem(
        sys.modules, "PyTorchUtils", types.SimpleNamespace(PyTorchUtilsLogic=lambda: logic)
    )
    monkeypatch.setattr(source, "installed_version", versions.get)
    made, _asked = an_installation(versions, Choice.INSTALL)
    assert made.ensure() is True
    asked_for = {"askConfirmation": False, "torchVersionRequirement": ">=2.6"}
    assert extension.calls == [((), asked_for)]
    assert not pip.calls


def test_a_failing_pytorch_extension_leaves_it_to_pip(versions, pip, monkeypatch):
    monkeypatch.setitem(
        sys.modules, "PyTorchUtils", types.SimpleNamespace(PyTorchUtilsLogic=lambda: None)
    )
    monkeypatch.setattr(source, "installed_version", versions.get)
    made, _asked = an_installation(versions, Choice.INSTALL)
    assert made.ensure() is True
    assert pip.calls


def test_before_slicer_5_12_pip_install_is_used(versions, pip, monkeypatch):
    monkeypatch.setitem(sys.modules, "slicer.packaging", None)
    monkeypatch.setattr(slicer.util, "pip_install", pip.install)
    made, _asked = an_installation(versions, Choice.INSTALL)
    assert made.ensure() is True
    assert pip.calls == [((["torch>=2.6"],), {})]


def test_a_failure_of_pip_gets_a_way_out(versions, pip, monkeypatch):
    def fail(*_arguments, **_options):
        raise RuntimeError("exit status 1")

    monkeypatch.setattr(sys.modules["slicer.packaging"], "pip_ensure", fail)
    made, _asked = an_installation(versions, Choice.INSTALL)
    with pytest.raises(InstallationError, match=r"proxy.*folder of wheels"):
        made.ensure()


def test_an_installation_without_effect_is_not_called_done(versions, pip):
    pip.installs.clear()
    made, _asked = an_installation(versions, Choice.INSTALL)
    with pytest.raises(InstallationError, match="Restart Slicer"):
        made.ensure()


def test_what_the_worker_misses_is_offered_although_metadata_is_there(versions, pip):
    versions["torch"] = "2.6.0"
    made, asked = an_installation(versions, Choice.INSTALL)
    assert made.ensure(["torch"]) is True
    assert asked == [["torch>=2.6"]]


def test_sizes_are_told_in_units_a_person_reads():
    assert total_size_text([Requirement("safetensors")]).endswith("MB")
    many = [Requirement("torch")] * 40
    assert total_size_text(many).endswith("GB")


def test_requirements_are_ranges_of_least_versions(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("torch==2.6\n")
    with pytest.raises(ValueError, match=r"torch==2\.6"):
        read_requirements(path)
