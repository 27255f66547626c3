"""What the module's installations brought, taking it away, and installing again what is broken."""

import sys

import pytest
import slicer
from slicer_side.finetune_panel import scripted
from slicer_side.panel import Panel, wait_for
from WMHSiameseSegLib.packages import installation as installation_module
from WMHSiameseSegLib.packages import installed_packages as brought_module
from WMHSiameseSegLib.packages import packages_dialog, source
from WMHSiameseSegLib.packages.installation import Choice, Installation, InstallationError
from WMHSiameseSegLib.packages.installed_packages import (
    brought_packages,
    installed_packages,
    remember_brought,
    removable,
    remove,
)
from WMHSiameseSegLib.packages.packages_dialog import build_mismatch
from WMHSiameseSegLib.packages.requirement import Requirement
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair

pytest_plugins = ["slicer_side.panel_fixtures"]


class World:
    """A Python's packages with their needs, and a pip that changes them."""

    def __init__(self, **needs):
        self.packages = {name: frozenset(needed) for name, needed in needs.items()}
        self.brings = {"torch": {"torch": {"sympy"}, "sympy": set()}}
        self.brings |= {name: {name: set()} for name in ("torchvision", "nibabel")}
        self.calls = []
        self.failing = {}

    def installed(self):
        return dict(self.packages)

    def version_of(self, name):
        return "9.0" if name in self.packages else None

    def install(self, arguments, **options):
        what = "look for" if "--dry-run" in arguments else "install"
        self.calls.append((what, *(word for word in arguments if not word.startswith("-"))))
        if what in self.failing:
            print(self.failing[what])
            raise RuntimeError("exit code 1")
        if what == "look for":
            return
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
    monkeypatch.setattr(slicer.packaging, "pip_install", world.install)
    monkeypatch.setitem(sys.modules, "PyTorchUtils", None)
    slicer.app.revisionUserSettings().remove("WMHSiameseSeg")
    yield world
    slicer.app.revisionUserSettings().remove("WMHSiameseSeg")


def an_installation(world, choice=Choice.INSTALL, folder=None):
    asked = []

    def choose(missing, why):
        asked.append([requirement.name for requirement in missing])
        return choice

    needed = [Requirement("torch", "2.6"), Requirement("nibabel", "5")]
    return Installation(needed, choose, lambda: folder, world.version_of), asked


@pytest.fixture
def a_broken_torch(world):
    """With a torchvision that another extension has brought."""
    world.packages |= {"torch": frozenset({"sympy"}), "torchvision": frozenset({"torch"})}
    return dict(world.packages)


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


def test_a_torchvision_goes_and_comes_with_its_torch_and_the_question_names_it(
    world, a_broken_torch
):
    made, asked = an_installation(world)
    made.repair(["torch", "nibabel"])
    assert asked == [["torch", "nibabel", "torchvision"]]
    assert world.calls == [
        ("look for", "torch>=2.6", "nibabel>=5", "torchvision"),
        ("uninstall", "nibabel", "torch", "torchvision"),
        ("install", "torch>=2.6", "nibabel>=5", "torchvision"),
    ]
    assert brought_packages() == {"sympy"}  # the rest was there before


def test_no_torchvision_comes_where_none_was(world):
    world.packages["torch"] = frozenset()
    made, asked = an_installation(world)
    made.repair(["torch"])
    assert asked == [["torch"]]
    assert world.calls[-1] == ("install", "torch>=2.6")


def test_the_pytorch_extension_brings_torch_and_torchvision_in_builds_that_fit(
    world, a_broken_torch, monkeypatch
):
    def install(**_options):
        world.install(["torch"])
        world.install(["torchvision"])

    logic = type("Logic", (), {"installTorch": staticmethod(install)})
    extension = type("Extension", (), {"PyTorchUtilsLogic": logic})
    monkeypatch.setitem(sys.modules, "PyTorchUtils", extension)
    monkeypatch.setattr(source, "installed_version", world.version_of)
    made, _asked = an_installation(world)
    made.repair(["torch"])
    assert world.calls == [
        ("uninstall", "torch", "torchvision"),
        ("install", "torch"),
        ("install", "torchvision"),
    ]


def test_a_torchvision_that_the_folder_lacks_stays_as_it_is(world, a_broken_torch, tmp_path):
    (tmp_path / "torch-2.6.0-py3-none-any.whl").touch()
    made, _asked = an_installation(world, Choice.FOLDER, tmp_path)
    made.repair(["torch"])
    assert [call[0] for call in world.calls] == ["look for", "uninstall", "install"]
    assert world.calls[1] == ("uninstall", "torch")
    assert "torchvision" in world.packages


def a_full_disk(monkeypatch):
    usage = type("Usage", (), {"free": 1e6})
    monkeypatch.setattr(source.shutil, "disk_usage", lambda path: usage)


def no_network(world):
    world.failing["look for"] = "NewConnectionError: Failed to establish a new connection"


@pytest.mark.parametrize(
    ("choice", "folder", "trouble", "said"),
    [
        (Choice.CANCEL, None, None, "Nothing was changed"),
        (Choice.FOLDER, None, None, "nothing was changed"),
        (Choice.FOLDER, "empty", None, "no wheel of torch"),
        (Choice.INSTALL, None, "disk", "has about 1 MB left"),
        (Choice.INSTALL, None, "network", "no network"),
    ],
)
def test_a_repair_that_cannot_be_done_takes_nothing_away(
    world, a_broken_torch, tmp_path, monkeypatch, choice, folder, trouble, said
):
    if trouble == "disk":
        a_full_disk(monkeypatch)
    elif trouble == "network":
        no_network(world)
    made, _asked = an_installation(world, choice, tmp_path if folder else None)
    with pytest.raises(InstallationError, match=said) as told:
        made.repair(["torch"])
    assert world.packages == a_broken_torch
    assert "Taken away" not in str(told.value)


def test_a_repair_that_breaks_off_names_what_is_gone(world, a_broken_torch):
    world.failing["install"] = "No space left on device"
    made, _asked = an_installation(world)
    with pytest.raises(InstallationError, match=r"no room.*again: torch, torchvision\."):
        made.repair(["torch"])


class Worker:
    """Stands for a WorkerClient."""

    def __init__(self, world, busy=False):
        self.busy = busy
        self.end_and_wait = lambda: world.calls.append(("end",))


def test_workers_end_before_packages_go(world, a_broken_torch):
    made, _asked = an_installation(world)
    made.serve(Worker(world), "A training is running.")
    made.repair(["torch"])
    assert [call[0] for call in world.calls] == ["look for", "end", "uninstall", "install"]


@pytest.mark.parametrize("do", ["repair", "uninstall"])
def test_nothing_goes_while_a_worker_is_busy(world, a_broken_torch, do):
    made, asked = an_installation(world)
    made.serve(Worker(world), "A scan is being segmented.")
    made.serve(Worker(world, busy=True), "A training is running.")
    with pytest.raises(InstallationError, match="A training is running"):
        getattr(made, do)(["torch"])
    assert not world.calls and not asked


def test_what_was_repaired_still_counts_as_brought(world):
    made, _asked = an_installation(world)
    made.ensure()
    made.repair(["torch"])
    assert brought_packages() == {"torch", "sympy"}


def test_a_disk_without_room_is_told_before_anything_is_downloaded(world, monkeypatch):
    a_full_disk(monkeypatch)
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
    workers = (panel.widget.worker, panel.widget.trainer)
    for worker in workers:
        worker.end()
    wait_for(lambda: not any(worker.ending for worker in workers))


@pytest.mark.parametrize("button", ["Uninstall…", "Install again…"])
def test_a_training_keeps_its_packages(a_panel, world, the_answers, button):
    remember_brought({"nibabel"})
    trainer = a_panel.widget.trainer
    trainer.command = lambda: scripted("mute")
    trainer.ask({"do": "probe"}, lambda event: None)
    the_answers.answer(button)
    a_panel.ui.packagesButton.click()
    assert "A training or a download is running" in a_panel.ui.statusLabel.text
    assert trainer.alive and not world.calls


def test_a_worker_that_waits_is_gone_before_its_packages_go(a_panel, world, the_answers):
    remember_brought({"nibabel"})
    trainer, heard = a_panel.widget.trainer, []
    trainer.command = lambda: scripted("good")
    trainer.ask({"do": "probe"}, heard.append)
    wait_for(lambda: heard)
    the_answers.answer("Uninstall…", True)
    a_panel.ui.packagesButton.click()
    assert not trainer.alive and not trainer.ending
    assert world.calls == [("uninstall", "nibabel")]


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
    wait_for(lambda: "Nothing was changed" in a_panel.ui.statusLabel.text)
    assert offered == [["torch"]]
    assert not world.calls
