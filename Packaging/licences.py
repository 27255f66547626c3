"""The licences of what comes along when the project is installed: listed, and each looked at.

    python Packaging/licences.py PIP-LICENSES PYTHON TABLE.md

PIP-LICENSES is that program, PYTHON an environment with what people run and nothing else. The table
is written; a licence that is not known as permissive ends with exit code 1.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

# Each lets anyone use, change and pass on; MPL-2.0 asks that changed files of its own stay open.
PERMISSIVE = re.compile(
    r"(the )?(apache|mit|0?bsd|isc|psf|python software foundation|mpl-2\.0"
    r"|mozilla public license 2\.0|zlib|bsl-1\.0|cc0|unlicense|hpnd|dfsg approved)",
    re.IGNORECASE,
)
# NVIDIA's run-time libraries, which CUDA builds of PyTorch bring: used, never passed on by us.
FREE_TO_USE = re.compile(r"(nvidia|cuda)[-_]|triton$", re.IGNORECASE)
OURS = "wmh-siamese"


def terms(licence: str) -> list[str]:
    """The licences that all hold; of alternatives the one to choose, a permissive one first."""
    every = [part for part in re.split(r"\s+AND\s+|;", licence) if part.strip()]
    chosen = []
    for part in every:
        alternatives = [word.strip(" ()") for word in re.split(r"\s+OR\s+", part)]
        chosen.append(
            next((word for word in alternatives if PERMISSIVE.match(word)), alternatives[0])
        )
    return chosen


def objectionable(packages: Iterable[dict[str, str]]) -> list[str]:
    """Packages whose licence is not known as permissive, with it."""
    return [
        f"{package['Name']}: {package['License']}"
        for package in packages
        if not FREE_TO_USE.match(package["Name"])
        and not all(PERMISSIVE.match(term) for term in terms(package["License"]) or [""])
    ]


def table(packages: Sequence[dict[str, str]]) -> str:
    """Name, version and licence of each package, as Markdown."""
    rows = [f"| {p['Name']} | {p['Version']} | {p['License']} |" for p in packages]
    return "\n".join(["| package | version | licence |", "|---|---|---|", *rows]) + "\n"


def main(program: str, python: str, output: Path) -> int:
    """List and judge; returns an exit code."""
    listed = subprocess.run(
        [program, f"--python={python}", "--from=mixed", "--format=json", "--ignore-packages", OURS],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    packages = json.loads(listed.stdout)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(table(packages), encoding="utf-8")
    bad = objectionable(packages)
    print("\n".join(bad) or f"{len(packages)} packages, all permissive; listed in {output}")
    return 1 if bad or not packages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
