"""The public repository's workflows: valid, pinned, bounded, and asking for what exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from extension.configured import ROOT
from ruamel.yaml import YAML

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


def read(path):
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def steps_of(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request):
    return read(request.param)


def test_there_are_tests_a_smoke_test_an_audit_and_a_release():
    assert {path.stem for path in WORKFLOWS} == {"tests", "slicer", "audit", "release"}


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("github-workflows", WORKFLOWS),
        ("github-issue-forms", [ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml"]),
        ("dependabot", [ROOT / ".github" / "dependabot.yml"]),
        ("citation-file-format", [ROOT / "CITATION.cff"]),
    ],
)
def test_they_keep_to_their_schema(schema, paths):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_are_pinned_to_a_commit(workflow):
    used = [step["uses"] for step in steps_of(workflow) if "uses" in step]
    assert all(PINNED.fullmatch(action) for action in used), used


def test_rights_are_asked_for_and_time_is_bounded(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 90 for job in workflow["jobs"].values())


def test_nothing_that_others_write_is_pasted_into_a_command(workflow):
    """What stands in a branch's name or a title would be run: it goes through the environment."""
    scripts = [step["run"] for step in steps_of(workflow) if "run" in step]
    assert not [script for script in scripts if "${{" in script]


def test_every_make_target_and_every_file_named_is_there(workflow):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    for step in steps_of(workflow):
        script = step.get("run", "")
        for words in re.findall(r"^make ([^\n]+)", script, re.MULTILINE):
            assert {word for word in words.split() if "=" not in word} <= targets
        for name in re.findall(r"\b(?:Testing|Packaging|WMHSiameseSeg)/[\w./-]+", script):
            assert (ROOT / name).is_file(), name


def test_linux_macos_and_windows_run_make_test():
    job = read(FOLDER / "tests.yml")["jobs"]["tests"]
    systems = {name.partition("-")[0] for name in job["strategy"]["matrix"]["os"]}
    assert systems == {"ubuntu", "macos", "windows"}
    assert sum("make test" in step.get("run", "") for step in job["steps"]) == 2


def test_slicers_of_both_releases_and_the_preview_are_tried():
    tried = read(FOLDER / "slicer.yml")["jobs"]["smoke"]["strategy"]["matrix"]["include"]
    assert [entry["slicer"] for entry in tried] == ["5.10", "5.12", "preview"]
    assert "nightly" in tried[-1]["which"]


def test_the_smoke_test_is_a_script_that_bash_reads():
    script = Path(ROOT, "Testing", "slicer_application", "smoke.sh")
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert "runUnitTest" in script.read_text(encoding="utf-8")


def test_system_libraries_are_those_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = re.search(r"^LIBRARIES := (.+)$", makefile, re.MULTILINE)[1].split()
    assert set(wanted) <= set((FOLDER / "tests.yml").read_text(encoding="utf-8").split())
