"""What the module's installations brought, taking it away, and installing again what is broken."""

import sys

import pytest
import slicer
from slicer_side.panel import Panel, wait_for
from WMHSiameseSegLib import brought_packages as brought_module
from WMHSiameseSegLib import installation as installation_module
from WMHSiameseSegLib import packages_dialog
from WMHSiameseSegLib.brought_packages import (
    brought_packages,
    installed_packages,
    remember_brought,
    removable,
    remove,
)
from WMHSiameseSegLib.installation import Choice, Installation, InstallationError
from WMHSiameseSegLib.packages_dialog import build_mismatch
from WMHSiameseSegLib.requirement import Requirement
from WMHSiameseSegLib.simulated_flair import add_simulated_flair

pytest_plugins = ["slicer_side.panel_fixtures"]


class World:
    """A Python's packages with their needs, and a pip that changes them."""

    def __init__(self, **needs):
        self.packages = {name: frozenset(needed) for name, needed in needs.items()}
        self.brings = {"torch": {"torch": {"sympy"}, "sympy": set()}}
        self.calls = []

    def installed(self):
        return dict(self.packages)

    def version_of(self, name):
        return "9.0" if name in self.packages else None

    def install(self, arguments, **options):
        self.calls.append(("install", *arguments))
        for word in arguments:
            for name, needed in self.brings.get(word.partition(">")[0], {}).items():
                self.packages[name] = frozenset(needed)

    def uninstall(self, names):
        self.calls.append(("uninstall", *names))
        for name in names:
            self.packages.pop(name, None)


@pytest.fixture
def world(a_user_at_slicer, monkeypatch):
    world = World(numpy=(), nibabel=("numpy",))
    for module in (brought_module, installation_module, packages_dialog):
        monkeypatch.setattr(module, "installed_packages", world.installed)
    monkeypatch.setattr(remove, "__defaults__", (world.installed,))
    monkeypatch.setattr(slicer.util, "pip_uninstall", world.uninstall)
    monkeypatch.setattr(slicer.packaging, "pip_ensure", world.install)
    monkeypatch.setitem(sys.modules, "PyTorchUtils", None)
    slicer.app.revisionUserSettings().remove("WMHSiameseSeg")
    yield world
    slicer.app.revisionUserSettings().remove("WMHSiameseSeg")


def an_installation(world, choice=Choice.INSTALL):
    asked = []

    def choose(missing, why):
        asked.append(why)
        return choice

    needed = [Requirement("torch", "2.6"), Requirement("nibabel", "5")]
    return Installation(needed, choose, lambda: None, world.version_of), asked


def test_what_an_installation_brings_is_remembered_and_nothing_else(world):
    made, _asked = an_installation(world)
    made.ensure()
    assert brought_packages() == {"torch", "sympy"}


def test_what_another_package_needs_stays():
    installed = {
        "torch": frozenset({"sympy", "jinja2"}),
        "sympy": frozenset({"mpmath"}),
        "mpmath": frozenset(),
        "jinja2": frozenset({"markupsafe"}),
        "markupsafe": frozenset(),
        "theirs": frozenset({"jinja2"}),
    }
    brought = {"torch", "sympy", "mpmath", "jinja2", "markupsafe", "long gone"}
    assert removable(brought, installed) == {"torch", "sympy", "mpmath"}


def test_a_real_python_lists_its_packages_with_what_they_need():
    installed = installed_packages()
    assert "numpy" in installed["nibabel"]
    assert "pytest" not in installed["nibabel"]  # an extra of its own


def test_uninstalling_takes_what_was_brought_and_forgets_it(world):
    made, _asked = an_installation(world)
    made.ensure()
    assert remove({"torch", "sympy"}) == ([], "")
    assert world.installed().keys() == {"numpy", "nibabel"}
    assert brought_packages() == set()


def test_what_could_not_be_removed_is_named_with_a_reason(world, monkeypatch):
    remember_brought({"nibabel"})

    def fail(names):
        print("ERROR: [WinError 5] Access is denied: torch_cpu.dll")
        raise RuntimeError("exit code 1")

    monkeypatch.setattr(slicer.util, "pip_uninstall", fail)
    left, reason = remove({"nibabel"})
    assert left == ["nibabel"] and "every other Slicer" in reason
    assert brought_packages() == {"nibabel"}


def test_a_broken_torch_goes_with_its_torchvision_before_it_is_installed_again(world):
    world.packages |= {"torch": frozenset({"sympy"}), "torchvision": frozenset({"torch"})}
    made, asked = an_installation(world)
    made.repair(["torch"])
    assert "cannot be loaded" in asked[0]
    (first, *gone), (second, *came) = world.calls
    assert (first, set(gone)) == ("uninstall", {"torch", "torchvision"})
    assert (second, came) == ("install", ["torch>=2.6"])


def test_a_repair_that_nobody_wants_takes_nothing_away(world):
    world.packages["torch"] = frozenset()
    made, _asked = an_installation(world, Choice.CANCEL)
    with pytest.raises(InstallationError, match="Click again"):
        made.repair(["torch"])
    assert not world.calls


def test_what_was_repaired_still_counts_as_brought(world):
    made, _asked = an_installation(world)
    made.ensure()
    made.repair(["torch"])
    assert brought_packages() == {"torch", "sympy"}


def test_a_disk_without_room_is_told_before_anything_is_downloaded(world, monkeypatch):
    usage = type("Usage", (), {"free": 1e6})
    monkeypatch.setattr(installation_module.shutil, "disk_usage", lambda path: usage)
    made, _asked = an_installation(world)
    with pytest.raises(InstallationError, match=r"has about 1 MB left.*need about"):
        made.ensure()
    assert not world.calls


@pytest.mark.parametrize(
    ("torch", "torchvision", "wrong"),
    [
        ("2.6.0+cpu", "0.21.0+cu126", True),
        ("2.6.0", "0.21.0+cpu", True),
        ("2.6.0+cpu", "0.21.0+cpu", False),
        ("2.6.0", "0.21.0", False),
        ("2.6.0+cpu", None, False),
        (None, None, False),
    ],
)
def test_builds_that_do_not_fit_together_are_told(torch, torchvision, wrong):
    assert bool(build_mismatch(torch, torchvision)) is wrong


@pytest.fixture
def a_panel(world, a_user_at_slicer, model_file, own_temporary_folder):
    from slicer_side.conftest import MODULE_FILE

    a_user_at_slicer.load_module(MODULE_FILE)
    panel = Panel(a_user_at_slicer.select("WMHSiameseSeg"))
    panel.tab.models.open(model_file)
    yield panel
    panel.widget.worker.end()
    wait_for(lambda: not panel.widget.worker.ending)


def test_the_panel_uninstalls_what_was_brought_after_a_question(a_panel, world, the_answers):
    remember_brought({"nibabel"})
    the_answers.answer("Uninstall…", True)
    a_panel.ui.packagesButton.click()
    assert world.calls == [("uninstall", "nibabel")]
    assert "Uninstalled: nibabel." in a_panel.ui.statusLabel.text
    assert "nibabel" in the_answers.texts()[-1]


def test_nothing_is_uninstalled_without_a_yes(a_panel, world, the_answers):
    remember_brought({"nibabel"})
    the_answers.answer("Uninstall…", False)
    a_panel.ui.packagesButton.click()
    assert not world.calls


def test_what_slicer_brought_itself_cannot_be_uninstalled(a_panel, world, the_answers):
    def look(dialog):
        enabled.append(dialog.findChild(type(a_panel.ui.packagesButton), "uninstallButton").enabled)
        return "Close"

    enabled = []
    the_answers.answer(look)
    a_panel.ui.packagesButton.click()
    assert enabled == [False]
    assert not world.calls


def test_a_torch_that_cannot_be_loaded_is_offered_again(a_panel, world, the_answers, monkeypatch):
    offered = []
    repair = a_panel.widget.installation.repair
    monkeypatch.setattr(a_panel.widget.installation, "ensure", lambda missing=None: False)
    monkeypatch.setattr(
        a_panel.widget.installation, "repair", lambda names: offered.append(names) or repair(names)
    )
    a_panel.use_scripted_worker("broken")
    the_answers.answer("Cancel")
    a_panel.choose(add_simulated_flair())
    a_panel.start()
    wait_for(lambda: the_answers.asked)
    wait_for(lambda: "Click again" in a_panel.ui.statusLabel.text)
    assert offered == [["torch"]]
    assert not world.calls
