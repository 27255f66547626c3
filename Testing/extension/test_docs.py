"""What the documentation says can be done: links lead somewhere, commands are understood."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from wmh_siamese.cli import parser

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "WMHSiameseSeg" / "wmh_siamese"
PANEL = ROOT / "WMHSiameseSeg" / "WMHSiameseSegLib"
UI = ROOT / "WMHSiameseSeg" / "Resources" / "UI"
DOCS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "Testing/*.md", "Resources/**/*.md")
    for path in ROOT.glob(pattern)
)
USERS_MEET = (  # what a panel may show of the engine
    *("errors.py", "segmenting/inference.py", "training/run.py", "training/step.py"),
    *("models/model_file.py", "files/safetensors_header.py"),
    *("networks/devices.py", "networks/vgg_weights.py", "networks/torch_loading.py"),
    *("worker/", "library/", "finetuning/"),
)


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", without_code(path.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(program: str) -> Iterator[tuple[str, list[str]]]:
    """Every command of a program in the code blocks of the docs, as its arguments."""
    for path in DOCS:
        for block in re.findall(
            r"^```\w*\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S
        ):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith(f"{program} "):
                    yield ids(path), shlex.split(line.partition("#")[0].replace("…", ""))[1:]


@pytest.mark.parametrize("path", DOCS, ids=ids)
def test_links_lead_somewhere(path: Path) -> None:
    text = without_code(path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), target
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors(file), f"{target} has no such heading"


def test_every_picture_is_shown_by_some_page_and_none_is_missing() -> None:
    folder = ROOT / "Resources" / "Screenshots"
    shown = {
        Path(target).name
        for path in DOCS
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", path.read_text(encoding="utf-8"))
    }
    assert {path.name for path in folder.glob("*.png")} <= shown


def test_pictures_say_in_words_what_they_show() -> None:
    for path in DOCS:
        for words in re.findall(r"!\[([^\]]*)\]\(", path.read_text(encoding="utf-8")):
            assert len(words) > 8, f"{ids(path)}: a picture without words"


def test_commands_are_understood_by_the_program() -> None:
    found = list(commands("wmh-siamese"))
    assert len(found) > 8
    for page, arguments in found:
        # the loss that the newcomer's exercise adds; test_exercise.py has it understood
        arguments = ["tversky" if word == "focal-tversky" else word for word in arguments]
        try:
            parser().parse_args(arguments)
        except SystemExit:
            pytest.fail(f"{page}: wmh-siamese {shlex.join(arguments)}")


def test_make_knows_the_targets_that_are_named() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    variables = set(re.findall(r"^([A-Z]+)\s*[?:]?=", makefile, re.M)) | {"BENCH"}
    named = set()
    for path in DOCS:
        text = path.read_text(encoding="utf-8")
        for line in re.findall(r"(?:^|`)make ([^`\n#]+)", text, re.M):
            words = shlex.split(line)
            named.add(words[0])
            for word in words[1:]:
                assert word.partition("=")[0] in variables, f"{ids(path)}: make {line}"
    assert {"demo", "test", "screenshots", "translations"} <= named <= targets


def test_files_that_are_named_exist() -> None:
    """Paths in backquotes that begin with one of our folders."""
    for path in DOCS:
        for name in re.findall(
            r"`((?:WMHSiameseSeg|Resources|Testing|docs)/[\w./-]+)`",
            path.read_text(encoding="utf-8"),
        ):
            places = [ROOT / name, ROOT / "WMHSiameseSeg" / name, ROOT / "Testing" / name]
            stays_with_users = name == "WMHSiameseSeg/Models"
            assert stays_with_users or any(place.exists() for place in places), (
                f"{ids(path)} names {name}"
            )


def test_options_of_the_host_that_are_named_exist() -> None:
    from slicer_host.__main__ import _arguments

    text = (ROOT / "docs" / "developer.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"-m slicer_host\s+([^`]+)`", text)
    options = _arguments(shlex.split(line))
    assert [module.name for module in options.modules] == ["WMHSiameseSeg.py"]
    assert options.select and options.picture


# Troubleshooting


def template(node: ast.expr) -> str | None:
    """The sentence that an expression makes, with … for what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
    return None


def engine_sentences() -> dict[str, str]:
    """Sentences that begin an error which a panel may show, with their file."""
    found = {}
    for path in sorted(ENGINE.rglob("*.py")):
        name = path.relative_to(ENGINE).as_posix()
        if name.startswith(USERS_MEET):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "WMHError":
                    sentence = template(call.args[1]) if len(call.args) > 1 else None
                    if sentence and re.search(r"[a-z]{3}", sentence):
                        found[sentence] = name
    return found


COMPLAINTS = {"complain", "Finding", "_stop", "InstallationError", "errorDisplay", "WorkerNeeds"}
NOTHING_BUT_COMPLAINTS = {"pip_messages.py"}


def called(node: ast.AST) -> str:
    """The name of the function that a node calls, without what it belongs to."""
    function = getattr(node, "func", None)
    return getattr(function, "attr", "") or getattr(function, "id", "")


def translated(node: ast.AST) -> set[str]:
    """The texts in ``_(…)`` anywhere below a node."""
    return {str(ast.literal_eval(n.args[0])) for n in ast.walk(node) if called(n) == "_"}


def complaints_in(module: ast.Module) -> set[str]:
    """The texts that reach a complaint: in it, by a variable or by a function of the module."""
    functions = {n.name: n for n in ast.walk(module) if isinstance(n, ast.FunctionDef)}
    found: set[str] = set()
    for function in functions.values():
        assigned = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
        for call in ast.walk(function):
            name = called(call)
            if name not in COMPLAINTS or (name == "Finding" and "STOP" not in ast.unparse(call)):
                continue
            names = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}
            made = [line for line in assigned if names & set(map(ast.unparse, line.targets))]
            said_by = [functions[name] for name in names & functions.keys()]
            found |= {text for node in (call, *made, *said_by) for text in translated(node)}
    return found


def panel_sentences() -> dict[str, str]:
    """Complaints of the panel itself, with their file."""
    found = {}
    for path in sorted(PANEL.rglob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        only = path.name in NOTHING_BUT_COMPLAINTS
        found |= dict.fromkeys(translated(module) if only else complaints_in(module), path.name)
    return found


def quoted() -> list[str]:
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    return [re.sub(r"\s+", " ", words) for words in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", text)]


def plain(sentence: str) -> str:
    """Without what is put in, so that the same sentence is found however it names things."""
    return re.sub(r"[^a-z]+", " ", re.sub(r"\{[^}]*\}|…", " ", sentence.lower())).strip()


def test_every_sentence_of_the_engine_that_users_meet_is_explained() -> None:
    assert all((ENGINE / place).exists() for place in USERS_MEET)
    explained = {plain(words) for words in quoted()}
    lacking = {
        f"{name}: {sentence}"
        for sentence, name in engine_sentences().items()
        if plain(sentence) not in explained
    }
    assert not lacking, "add to docs/troubleshooting.md:\n" + "\n".join(sorted(lacking))


def test_every_complaint_of_the_panel_is_explained() -> None:
    """By its beginning at least: what to do may be left out."""
    explained = tuple(f"{plain(words)} " for words in quoted() if " " in plain(words))
    lacking = {
        f"{name}: {sentence}"
        for sentence, name in panel_sentences().items()
        if not f"{plain(sentence)} ".startswith(explained)
    }
    assert len(panel_sentences()) > 40
    assert not lacking, "add to docs/troubleshooting.md:\n" + "\n".join(sorted(lacking))


def test_no_sentence_is_explained_that_nobody_says() -> None:
    sources = [*ENGINE.rglob("*.py"), *PANEL.rglob("*.py")]
    said = " | ".join(
        plain(words)
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (words := template(node)) and len(words) > 3
    )
    said += " | ".join(plain(path.read_text(encoding="utf-8")) for path in UI.glob("*.ui"))
    unknown = [words for words in quoted() if plain(words) not in said]
    assert unknown == [], "nobody says these any more"


# User guide

BUTTONS = {
    "QPushButton",
    "QToolButton",
    "QCheckBox",
    "ctkCollapsibleButton",
    "ctkCollapsibleGroupBox",
}


def controls() -> set[str]:
    """What stands on buttons, check boxes and sections, and before inputs."""
    found = set()
    for path in UI.glob("*.ui"):
        for widget in ElementTree.parse(path).iter("widget"):
            properties = {p.get("name"): p.findtext("string") for p in widget.iter("property")}
            text = properties.get("text") or properties.get("title") or ""
            before_input = text.endswith(":") and not widget.get("name", "").endswith("ValueName")
            if text and (widget.get("class") in BUTTONS or before_input):
                found.add(text.rstrip(":"))
    return found


def test_every_control_is_explained() -> None:
    text = (ROOT / "docs" / "user-guide.md").read_text(encoding="utf-8")
    lacking = controls() - set(re.findall(r"\*\*([^*]+)\*\*", text))
    assert len(controls()) > 60
    assert not lacking, "add to docs/user-guide.md: " + ", ".join(sorted(lacking))


def test_every_column_of_a_table_is_explained() -> None:
    from wmh_siamese.evaluation import table
    from wmh_siamese.segmenting import result_table

    page = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    sections = dict(part.split("\n", 1) for part in page.split("\n## ")[1:])
    for title, columns in (("segment", result_table.COLUMNS), ("evaluate", table.COLUMNS)):
        section = sections[f"`wmh-siamese {title} --csv`"]
        told = [
            name
            for line in section.splitlines()
            if line.startswith("| `")
            for name in re.findall(r"`([a-z_0-9]+)`", line.split("|")[1])
        ]
        assert told == list(columns)
