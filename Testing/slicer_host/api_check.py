"""Holds a module's sources against the record of the real application, without running them."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import api

_PREFIXES = ("qt", "ctk")
# Modules of the slicer package that a source may import; they hold no widgets.
_SLICER_MODULES = frozenset(
    {
        "util",
        "app",
        "modules",
        "i18n",
        "packaging",
        "testing",
        "parameterNodeWrapper",
        "ScriptedLoadableModule",
        "mrmlScene",
        "selfTests",
    }
)


@dataclass(frozen=True)
class Finding:
    """One name that Slicer does not have."""

    file: str
    line: int
    name: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.name} does not exist in Slicer"


def check_sources(paths: Iterable[Path], slicer: object = None) -> list[Finding]:
    """Return every name of qt, ctk, slicer.q…, slicer.util and slicer.app that is not there.

    `slicer`, the package itself, also checks slicer.vtk… names and the arguments given to
    functions of slicer.util.
    """
    found: list[Finding] = []
    for path in sorted(paths):
        tree = ast.parse(Path(path).read_text(encoding="utf-8"), str(path))
        for node in ast.walk(tree):
            found += [Finding(str(path), line, name) for line, name in _wrong(node, slicer)]
    return found


def check_ui(paths: Iterable[Path]) -> list[Finding]:
    """Return every widget class and property of .ui files that Slicer does not have."""
    found: list[Finding] = []
    for path in sorted(paths):
        for line_number, line in enumerate(Path(path).read_text("utf-8").splitlines(), start=1):
            for name in re.findall(r'<widget class="(\w+)"', line):
                if name != "Line" and not _widget_exists(name):
                    found.append(Finding(str(path), line_number, name))
    return found


def _widget_exists(name: str) -> bool:
    return any(api.class_exists(f"{prefix}.{name}") for prefix in ("qt", "ctk", "slicer"))


def _dotted(node: ast.AST) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def _wrong(node: ast.AST, slicer: object) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.ImportFrom) and node.module in _PREFIXES:
        for alias in node.names:
            if not api.class_exists(f"{node.module}.{alias.name}"):
                yield node.lineno, f"{node.module}.{alias.name}"
    elif isinstance(node, ast.ImportFrom) and node.module == "slicer.util":
        for alias in node.names:
            if not _util_exists(alias.name, slicer):
                yield node.lineno, f"slicer.util.{alias.name}"
    elif isinstance(node, ast.Attribute):
        name = _dotted(node)
        if name and not _exists(name, slicer):
            yield node.lineno, name
    elif isinstance(node, ast.Call):
        yield from _wrong_call(node, slicer)
        yield from _wrong_connect(node)


def _exists(name: str, slicer: object) -> bool:
    first, *rest = name.split(".")
    if first in _PREFIXES:
        return _class_attribute_exists(first, rest)
    if first != "slicer" or not rest:
        return True
    if rest[0] == "util" and len(rest) > 1:
        return _util_exists(rest[1], slicer)
    if rest[0] == "app" and len(rest) > 1:
        return rest[1] in api.application_names()
    if rest[0].startswith(("qMRML", "qSlicer")):
        return _class_attribute_exists(first, rest)
    if rest[0].startswith("vtk") and slicer is not None:
        return hasattr(slicer, rest[0])
    return rest[0] in _SLICER_MODULES or not rest[0].startswith("q")


def _class_attribute_exists(prefix: str, rest: list[str]) -> bool:
    qualified = f"{prefix}.{rest[0]}"
    if not api.class_exists(qualified):
        return False
    if len(rest) < 2 or qualified not in api.record()["classes"]:
        return True
    return rest[1] in api.class_names(qualified) or rest[1].startswith("__")


def _util_exists(name: str, slicer: object) -> bool:
    if name in api.util_signatures():
        return True
    return slicer is not None and hasattr(slicer.util, name)


def _wrong_call(node: ast.Call, slicer: object) -> Iterator[tuple[int, str]]:
    name = _dotted(node.func)
    function = name.removeprefix("slicer.util.")
    if slicer is None or function == name or "." in function:
        return
    real = getattr(slicer.util, function, None)
    if real is None or not inspect.isfunction(real) or function.startswith("pip_"):
        return
    parameters = inspect.signature(real).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    for keyword in node.keywords:
        if keyword.arg is not None and keyword.arg not in parameters:
            yield node.lineno, f"{name}({keyword.arg}=…)"


def _wrong_connect(node: ast.Call) -> Iterator[tuple[int, str]]:
    """Find obj.connect("signal(…)", …) whose signal no recorded class has."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in ("connect", "disconnect"):
        return
    if not node.args or not isinstance(node.args[0], ast.Constant):
        return
    text = node.args[0].value
    if isinstance(text, str) and "(" in text:
        name = text[: text.index("(")].strip()
        if name not in _all_names():
            yield node.lineno, f'connect("{text}")'


def _all_names() -> set[str]:
    names = set(api.application_names())
    for qualified in api.record()["classes"]:
        names.update(api.class_names(qualified))
    return names
