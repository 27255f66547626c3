"""The packages that came with this module's installations, and taking them away again."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping

import slicer

from WMHSiameseSegLib.packages.pip_messages import Overheard, reason_for

log = logging.getLogger(__name__)

_KEY = "WMHSiameseSeg/packages"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
Needs = Mapping[str, frozenset[str]]


def installed_packages() -> dict[str, frozenset[str]]:
    """Every installed package with the packages it needs, extras left out; names normalised."""
    importlib.invalidate_caches()
    found = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            needs = [text for text in distribution.requires or [] if "extra ==" not in text]
            found[_normal(name)] = frozenset(_normal(_NAME.match(text).group()) for text in needs)
    return found


def brought_packages() -> set[str]:
    """What is remembered as brought; it belongs to this installation of Slicer."""
    kept = slicer.app.revisionUserSettings().value(_KEY)
    try:
        names = json.loads(kept) if isinstance(kept, str) else []
    except ValueError:
        return set()
    return {name for name in names if isinstance(name, str)}


def remember_brought(names: Iterable[str]) -> None:
    """Add to what is remembered as brought."""
    _keep(brought_packages() | set(names))


def removable(brought: Iterable[str], installed: Needs) -> set[str]:
    """Of what was brought, what no other installed package needs."""
    going = set(brought) & installed.keys()
    while True:
        needed = {need for name, needs in installed.items() if name not in going for need in needs}
        if not going & needed:
            return going
        going -= needed


def remove(
    names: Iterable[str], installed: Callable[[], Needs] = installed_packages
) -> tuple[list[str], str]:
    """Uninstall packages; gives what is left of them, and why, or an empty list."""
    wanted = sorted(names)
    try:
        with Overheard() as said:
            slicer.util.pip_uninstall(wanted)
    except Exception:
        log.exception("pip could not uninstall")
    left = [name for name in wanted if name in installed()]
    _keep(brought_packages() - (set(wanted) - set(left)))
    return left, reason_for(said.text) if left else ""


def _keep(names: set[str]) -> None:
    slicer.app.revisionUserSettings().setValue(_KEY, json.dumps(sorted(names)))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
