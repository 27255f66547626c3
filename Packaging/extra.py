"""Prints the requirements of an extra in pyproject.toml: python Packaging/extra.py release."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

if __name__ == "__main__":
    text = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    print(*tomllib.loads(text)["project"]["optional-dependencies"][sys.argv[1]])
