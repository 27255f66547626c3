"""What the user's folder beside Slicer's settings holds: models, and VGG19's weights."""

from __future__ import annotations

import os
import re
import shutil
import struct
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import slicer
from wmh_siamese.errors import WMHError
from wmh_siamese.files.safetensors_header import read_header
from wmh_siamese.files.workplace import prefix_of, sweep_workplaces, workplace
from wmh_siamese.models.model_file import bundled_models, read_card

from WMHSiameseSegLib.models.model_choice import Model, read_model
from WMHSiameseSegLib.panel.user_settings import default_model as kept_default
from WMHSiameseSegLib.panel.user_settings import (
    previous_default_model,
    remember_default_model,
    shown_names,
)

_SUFFIX = ".safetensors"
_LONGEST_NAME = 60


def user_models_folder() -> Path:
    """Where models that were trained or imported here lie; it may not be there yet."""
    return _user_folder() / "Models"


def vgg_file() -> Path:
    """Where VGG19's first two blocks are kept; it may not be there yet."""
    return _user_folder() / "VGG19" / "blocks.safetensors"


def vgg_convention() -> str:
    """Which input the kept VGG19 expects; empty when none is kept, or the file is damaged."""
    try:
        return str(read_header(vgg_file())["__metadata__"]["convention"])
    except (WMHError, OSError, ValueError, LookupError, TypeError, struct.error):
        return ""


def known_models() -> list[Model]:
    """The bundled models, then the user's own by file name."""
    own = sorted(p for p in user_models_folder().glob(f"*{_SUFFIX}") if not p.name.startswith("."))
    names = shown_names()
    read = [_read(path, *_state(path)) for path in (*bundled_models(), *own)]
    return [replace(model, shown=names.get(model.path.name, "")) for model in read]


def is_own(model: Model) -> bool:
    """Whether the model is the user's, and may be deleted."""
    return model.path.parent == user_models_folder()


def default_model() -> str:
    """File name of the model to offer first: what the user kept, else the first bundled one."""
    names = [path.name for path in bundled_models()]
    kept = kept_default()
    if kept and (user_models_folder() / kept).is_file():
        return kept
    return kept if kept in names else next(iter(names), "")


def make_default(name: str) -> None:
    """Offer the model of this file name first; the default until now can be had back."""
    remember_default_model(name, before=default_model())


def previous_default(models: Sequence[Model]) -> Model | None:
    """Of these models the one that was the default before, if it can be the default again."""
    name = previous_default_model()
    usable = [m for m in models if m.card is not None and m.path.name == name != default_model()]
    return next(iter(usable), None)


def new_model_path(name: str) -> Path:
    """A free file for a model of this name; its folder is made.

    Raises:
        OSError: when it cannot be made.
    """
    folder = user_models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:_LONGEST_NAME] or "model"
    taken = {path.name for path in (*bundled_models(), *folder.glob(f"*{_SUFFIX}"))}
    number, file = 1, f"{stem}{_SUFFIX}"
    while file in taken:
        number += 1
        file = f"{stem}-{number}{_SUFFIX}"
    return folder / file


def import_model(origin: Path) -> tuple[Model, bool]:
    """Copy a model file to the user's models; it appears whole or not at all.

    Returns the copy, its hash taken from the file that was written, and True; or the model of this
    hash that was there already, and False.

    Raises:
        WMHError: when it is no model file of this program.
        OSError: when it cannot be copied.
    """
    sha256 = read_card(origin).sha256
    same = [model for model in known_models() if model.card and model.card.sha256 == sha256]
    if same:
        return same[0], False
    target = new_model_path(origin.stem)
    copy_model(origin, target)
    return read_model(target), True


def copy_model(origin: Path, target: Path) -> None:
    """Copy a file; it appears whole or not at all. A link stays, its target is replaced.

    Raises:
        OSError: when it cannot be copied.
    """
    target = Path(os.path.realpath(target))
    with workplace(target.parent) as folder:
        shutil.copyfile(origin, folder / target.name)
        os.replace(folder / target.name, target)


def sweep_workplace(worker_pid: int) -> bool:
    """Delete what a worker that was ended has left; False when some of it is in use."""
    left = [p for f in _workplaces() for p in f.glob(f"{prefix_of(worker_pid)}*")]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return not any(folder.exists() for folder in left)


def sweep_stale_workplaces() -> int:
    """Delete what trainings and downloads of killed workers have left; returns how many."""
    return sum(sweep_workplaces(folder) for folder in _workplaces())


def _workplaces() -> tuple[Path, ...]:
    return user_models_folder(), vgg_file().parent


def _user_folder() -> Path:
    return Path(slicer.app.slicerUserSettingsFilePath).parent / "WMHSiameseSeg"


def _state(path: Path) -> tuple[int, int]:
    try:
        file = path.stat()
    except OSError:
        return 0, 0
    return file.st_mtime_ns, file.st_size


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int, _size: int) -> Model:
    """A card is read once, because its hash goes over the whole file."""
    return read_model(path)
