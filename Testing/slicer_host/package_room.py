"""slicer.packaging, slicer.util.pip_install and the PyTorch extension: asked, never installed."""

from __future__ import annotations

import importlib.metadata
import shlex
import sys
import tomllib
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement


@dataclass(frozen=True)
class Installation:
    """One installation that the module has asked for."""

    way: str
    requirements: tuple[str, ...]
    options: dict


class Installations:
    """What was asked for during a test, and what comes of it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: nothing asked, nothing fails, no distribution hidden."""
        self.asked: list[Installation] = []
        self.failure: BaseException | None = None
        self.then: Callable[[Installation], object] | None = None
        self.missing: set[str] = set()

    def ask(self, way: str, requirements: object, **options: object) -> object:
        """Record an installation; raise the prepared failure, or call `then`."""
        words = shlex.split(requirements) if isinstance(requirements, str) else requirements
        asked = Installation(way, tuple(str(word) for word in words), options)
        self.asked.append(asked)
        if self.failure is not None:
            raise self.failure
        return self.then(asked) if self.then is not None else None


installations = Installations()


def _requirements(given: object) -> list[Requirement]:
    if isinstance(given, Requirement):
        return [given]
    if isinstance(given, str):
        try:
            return [Requirement(given)]
        except InvalidRequirement:
            return [Requirement(word) for word in given.split()]
    if isinstance(given, list):
        return [item if isinstance(item, Requirement) else Requirement(item) for item in given]
    raise TypeError(f"Expected str, Requirement, or list, got {type(given).__name__}")


def load_requirements(path: str | Path) -> list[Requirement]:
    """Return the requirements of a requirements.txt, its options and comments left out."""
    lines = (line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def load_pyproject_dependencies(path: str | Path) -> list[Requirement]:
    """Return [project.dependencies] of a pyproject.toml; KeyError without a project."""
    project = tomllib.loads(Path(path).read_text(encoding="utf-8"))["project"]
    return [Requirement(text) for text in project.get("dependencies", [])]


def pip_check(req: object) -> bool:
    """Tell whether every requirement is satisfied by what is installed."""
    return all(_satisfied(requirement) for requirement in _requirements(req))


def _satisfied(requirement: Requirement) -> bool:
    if requirement.marker is not None and not requirement.marker.evaluate(default_environment()):
        return True
    if requirement.name.lower() in installations.missing:
        return False
    try:
        installed = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return installed in requirement.specifier


def pip_install(
    requirements: object,
    constraints: object = None,
    no_deps_requirements: object = None,
    skip_packages: list[str] | None = None,
    blocking: bool = True,
    show_progress: bool = True,
    requester: str | None = None,
    parent: object = None,
    logCallback: Callable[[str], None] | None = None,
    completedCallback: Callable[[int], None] | None = None,
) -> object:
    """Record the request; nothing is installed."""
    if skip_packages is not None and (no_deps_requirements is not None or not blocking):
        raise ValueError("skip_packages needs blocking=True and no no_deps_requirements")
    installations.ask(
        "pip",
        requirements,
        requester=requester,
        blocking=blocking,
        constraints=constraints,
        skip_packages=skip_packages,
    )
    if completedCallback is not None and not blocking:
        import qt

        qt.QTimer.singleShot(0, lambda: completedCallback(0))
    return [] if skip_packages is not None else None


def pip_uninstall(requirements: object, **options: object) -> None:
    """Record the request; nothing is removed."""
    installations.ask("pip uninstall", requirements, **options)


def pip_ensure(
    requirements: object,
    constraints: object = None,
    skip_packages: list[str] | None = None,
    prompt_install: bool = True,
    prompt_restart: bool = True,
    requester: str | None = None,
    skip_in_testing: bool = True,
    show_progress: bool = True,
) -> object:
    """Ask, then record what is missing; in testing it returns as Slicer does.

    Raises RuntimeError when the user declines.
    """
    import slicer

    missing = [r for r in _requirements(requirements) if not _satisfied(r)]
    if not missing or (skip_in_testing and slicer.app.testingEnabled()):
        return None
    if prompt_install:
        listed = "\n".join(f"- {requirement}" for requirement in missing)
        title = f"{requester} - Install Python Packages" if requester else "Install Python Packages"
        text = f"{len(missing)} Python packages need to be installed.\n\nContinue?"
        if not slicer.util.confirmOkCancelDisplay(text, title, detailedText=listed):
            raise RuntimeError("User declined package installation")
    return pip_install(
        [str(r) for r in missing],
        constraints,
        None,
        skip_packages,
        show_progress=show_progress,
        requester=requester,
    )


def isPipInstallInProgress() -> bool:
    """Tell whether an installation runs; none ever does here."""
    return False


_PUBLIC = (
    load_requirements,
    load_pyproject_dependencies,
    pip_check,
    pip_ensure,
    pip_install,
    pip_uninstall,
    isPipInstallInProgress,
)


def packaging_module() -> types.ModuleType:
    """Return what `slicer.packaging` is from 5.12 on."""
    module = types.ModuleType("slicer.packaging")
    module.__file__ = __file__
    for function in _PUBLIC:
        setattr(module, function.__name__, function)
    return module


class PyTorchUtilsLogic:
    """PyTorchUtils.PyTorchUtilsLogic of the PyTorch extension."""

    @property
    def torch(self) -> object:
        raise AssertionError("torch was imported in the Slicer process")

    @staticmethod
    def torchInstalled() -> bool:
        """Tell whether torch is installed."""
        return pip_check("torch")

    def installTorch(
        self,
        askConfirmation: bool = False,
        forceComputationBackend: str | None = None,
        torchVersionRequirement: str | None = None,
        torchvisionVersionRequirement: str | None = None,
    ) -> object:
        """Record the request; None says that it was cancelled or failed."""
        return installations.ask(
            "PyTorch extension",
            [f"torch{torchVersionRequirement or ''}"],
            askConfirmation=askConfirmation,
            forceComputationBackend=forceComputationBackend,
            torchvisionVersionRequirement=torchvisionVersionRequirement,
        )


def set_pytorch_extension(present: bool) -> None:
    """Make the PyTorch extension present or absent, as `import PyTorchUtils` sees it."""
    import slicer

    if present:
        module = types.ModuleType("PyTorchUtils")
        module.PyTorchUtilsLogic = PyTorchUtilsLogic
        sys.modules["PyTorchUtils"] = module
        slicer.modules.pytorchutils = module
    else:
        sys.modules.pop("PyTorchUtils", None)
        vars(slicer.modules).pop("pytorchutils", None)
