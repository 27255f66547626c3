"""A folder with all that a computer without a network needs: wheels, module with weights, page.

    python Packaging/offline_bundle.py FOLDER [--python 3.12] [--vgg FILE] [-- PIP ARGUMENTS]

The wheels fit computers like this one, for the Python given: Slicer's, unless you say otherwise.
Pip chooses and fetches them, by its own settings; what stands after ``--`` goes to it (an index
with PyTorch builds for another graphics card, say). FILE holds VGG19's weights, for fine-tuning; it
is copied as it is. FOLDER must not exist; it appears whole or not at all.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULE = ROOT / "WMHSiameseSeg"
SAMPLE = "simulated_flair.nii.gz"
SLICERS_PYTHON = "3.12"

PAGE = """\
WMHSiameseSeg {version}: offline bundle
for {system} ({machine}), Python {python}

Research software. Not a medical device.

What is here
  wheels/          the Python packages that the network needs ({wheels} wheels)
  WMHSiameseSeg/   the module for 3D Slicer, with its generator
  {sample}   a simulated scan to try it with
  LICENSE.txt      the module's licence
{vgg_here}  SHA256SUMS       a checksum of every file; `sha256sum -c SHA256SUMS` compares them

In 3D Slicer (5.10 or newer, which has Python {slicers})
  1. Copy this folder to the computer.
  2. Edit > Application Settings > Modules: add the folder WMHSiameseSeg to the additional module
     paths. Restart Slicer. (Not needed where the extension itself is installed.)
  3. Load a FLAIR volume, open Segmentation > WMH Siamese Segmentation and click Segment.
  4. The window that opens says what is missing. Choose "Use a folder of wheels" and this folder.
  5. The run starts by itself, or click Segment again. No network is used, now or later.
  To take the packages away again: the panel's section Log, Packages..., Uninstall...

{fine_tuning}

From the command line (with Python {python}, in this folder)
  python -m venv venv
  venv/bin/pip install --no-index --find-links wheels {packages}
  PYTHONPATH=WMHSiameseSeg venv/bin/python -m wmh_siamese segment {sample} --output mask.nii.gz
  On Windows: venv\\Scripts instead of venv/bin, and `set PYTHONPATH=WMHSiameseSeg` before.

If pip finds no wheel that fits, this bundle was made for another system or another Python: make one
with `make offline-bundle` on a computer like this one that has a network.
"""

WITH_VGG = """\
To fine-tune with the content loss
  Tab Fine-tune, Training, VGG19 weights, Choose file...: {vgg} in this folder.
  1 MB of it is kept beside Slicer's settings; this is done once."""

WITHOUT_VGG = """\
To fine-tune with the content loss
  It needs VGG19's weights, which are not in this bundle. On a computer with a network fetch
    https://download.pytorch.org/models/vgg19-dcbb9e9d.pth
  (575 MB; its SHA-256 begins with dcbb9e9d), carry it over, and choose it once: tab Fine-tune,
  Training, VGG19 weights, Choose file... Only 1 MB of it is kept. The other losses do without."""

VGG_KINDS = (".npz", ".safetensors", ".pth")  # those that the panel takes


def requirements() -> list[str]:
    """What the engine needs, for the panel and for the command line."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return list(project["dependencies"])


def version() -> str:
    """The project's version, from its one place."""
    text = (MODULE / "wmh_siamese" / "__init__.py").read_text(encoding="utf-8")
    match = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    assert match, "wmh_siamese has no version"
    return match[1]


def make_bundle(
    target: Path,
    packages: Sequence[str],
    python: str,
    pip_arguments: Sequence[str] = (),
    vgg: Path | None = None,
) -> None:
    """Make the bundle.

    Args:
        target: the folder to make.
        packages: what pip collects wheels for, with all that they need.
        python: as in ``3.12``.
        pip_arguments: more for ``pip download``.
        vgg: a file of VGG19's weights to put beside them.

    Raises:
        FileExistsError: when the folder is there.
        ValueError: when the weights are not there, or of a kind that the panel does not take.
        subprocess.CalledProcessError: when pip finds no wheel for a package.
    """
    if target.exists():
        raise FileExistsError(f"{target} exists already: remove it or name another folder")
    if vgg is not None:
        check_vgg(vgg)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=target.parent) as place:
        bundle = Path(place) / target.name
        collect_wheels(bundle / "wheels", packages, python, pip_arguments)
        copy_module(bundle)
        shutil.copy(MODULE / "Resources" / "SampleData" / SAMPLE, bundle)
        if vgg is not None:
            shutil.copy(vgg, bundle)
        text = page(bundle, packages, python, vgg)
        (bundle / "INSTALL.txt").write_text(text, encoding="utf-8")
        sums = [f"{sha256(path)}  {path.relative_to(bundle).as_posix()}" for path in files(bundle)]
        (bundle / "SHA256SUMS").write_text("\n".join(sums) + "\n", encoding="utf-8", newline="\n")
        os.replace(bundle, target)


def collect_wheels(
    folder: Path, packages: Sequence[str], python: str, pip_arguments: Sequence[str]
) -> None:
    """Have pip fetch wheels, never anything that has to be built."""
    command = [sys.executable, "-m", "pip", "download", "--only-binary=:all:"]
    chosen = ["--python-version", python, "--dest", str(folder), *pip_arguments, *packages]
    subprocess.run([*command, *chosen], check=True)


def copy_module(folder: Path) -> None:
    """The module with its weights, without what tools leave in its folder; and the licence."""
    left_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(MODULE, folder / MODULE.name, ignore=left_out)
    shutil.copy(ROOT / "LICENSE.txt", folder)


def check_vgg(file: Path) -> None:
    """Whether a file can be one of VGG19's weights, as far as its name tells.

    Raises:
        ValueError: when it cannot.
    """
    if not file.is_file():
        raise ValueError(f"there is no file {file}: name one with VGG19's weights, or none")
    if file.suffix not in VGG_KINDS:
        raise ValueError(f"{file.name} is none of {', '.join(VGG_KINDS)}: see docs/finetuning.md")


def page(bundle: Path, packages: Sequence[str], python: str, vgg: Path | None) -> str:
    """The page of instructions."""
    name = vgg.name if vgg is not None else ""
    return PAGE.format(
        version=version(),
        system=platform.system(),
        machine=platform.machine(),
        python=python,
        slicers=SLICERS_PYTHON,
        sample=SAMPLE,
        wheels=len(list((bundle / "wheels").glob("*.whl"))),
        packages=" ".join(re.split(r"[<>=! ]", package)[0] for package in packages),
        vgg_here=f"  {name}   VGG19's weights, for fine-tuning\n" if name else "",
        fine_tuning=WITH_VGG.format(vgg=name) if name else WITHOUT_VGG,
    )


def files(folder: Path) -> list[Path]:
    """Every file in a folder, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def sha256(path: Path) -> str:
    """A file's checksum, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(arguments: Sequence[str]) -> int:
    """Make a bundle as the command line asks; returns an exit code."""
    parser = argparse.ArgumentParser(description="Collect what an offline computer needs.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=SLICERS_PYTHON, help="default: Slicer's %(default)s")
    parser.add_argument("--vgg", type=Path, metavar="FILE", help="VGG19's weights, to go along")
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:cut])
    try:
        pip_arguments = arguments[cut + 1 :]
        make_bundle(options.folder, requirements(), options.python, pip_arguments, options.vgg)
    except (FileExistsError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except subprocess.CalledProcessError:
        said = "pip could not collect the wheels; what it says above names the reason."
        print(said, file=sys.stderr)
        return 2
    size = sum(path.stat().st_size for path in files(options.folder)) / 1e6
    print(f"Written to {options.folder}: {size:.0f} MB. Read {options.folder}/INSTALL.txt.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
