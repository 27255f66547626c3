"""Bad files and places: one sentence, exit code 2, nothing half-written, never a traceback."""

import gzip
import os
import struct
import subprocess
import sys

import nibabel
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wmh_siamese.cli import main

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux's files and limits")


def nifti(array, affine=None, kind=nibabel.Nifti1Image):
    def write(path):
        nibabel.save(kind(array, np.diag([1, 1, 4, 1.0]) if affine is None else affine), path)

    return write


def with_affine(affine):
    """nibabel repairs or refuses such affines, so the header's bytes are written."""

    def write(path):
        image = nibabel.Nifti1Image(ramp(), np.eye(4))
        image.header["sform_code"], image.header["qform_code"] = 1, 0
        raw = bytearray(image.to_bytes())
        struct.pack_into("<12f", raw, 280, *np.ravel(affine)[:12])
        path.write_bytes(gzip.compress(bytes(raw)))

    return write


def cut(share):
    def write(path):
        whole = gzip.compress(nibabel.Nifti1Image(ramp(), np.eye(4)).to_bytes())
        path.write_bytes(whole[: int(len(whole) * share)])

    return write


def ramp(shape=(24, 28, 6), dtype=np.int16):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def colours(path):
    rgb = np.zeros((8, 8, 6), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    nifti(rgb)(path)


def spoilt(value):
    array = ramp(dtype=np.float32)
    array[3, 4, 2] = value
    return nifti(array)


def claims_much(path):
    """A header that claims 32767 x 32767 x 32767 voxels, and hardly any data."""
    raw = bytearray(nibabel.Nifti1Image(ramp(), np.eye(4)).to_bytes())
    struct.pack_into("<4h", raw, 40, 3, 32767, 32767, 32767)
    path.write_bytes(gzip.compress(bytes(raw)))


BAD_VOLUMES = {
    "4D": nifti(np.ones((8, 8, 6, 5), dtype=np.int16)),
    "2D": nifti(np.ones((8, 8), dtype=np.int16)),
    "RGB": colours,
    "complex": nifti(np.ones((8, 8, 6), dtype=np.complex64)),
    "empty file": lambda path: path.write_bytes(b""),
    "empty gzip": lambda path: path.write_bytes(gzip.compress(b"")),
    "half a gzip": cut(0.5),
    "nearly a gzip": cut(0.99),
    "a gzip's first bytes": lambda path: path.write_bytes(gzip.compress(b"x" * 999)[:12]),
    "text": lambda path: path.write_text("This is not an image.\n"),
    "zipped text": lambda path: path.write_bytes(gzip.compress(b"This is not an image.\n" * 99)),
    "one NaN": spoilt(np.nan),
    "one infinity": spoilt(-np.inf),
    "only NaN": nifti(np.full((8, 8, 6), np.nan, dtype=np.float32)),
    "constant": nifti(np.full((8, 8, 6), 7, dtype=np.int16)),
    "zero": nifti(np.zeros((8, 8, 6), dtype=np.int16)),
    "negative": nifti(-1 - ramp()),
    "1 slice": nifti(ramp((24, 28, 1))),
    "2 slices": nifti(ramp((24, 28, 2))),
    "2000 slices": nifti(ramp((4, 4, 2000))),
    "no voxels": nifti(np.zeros((0, 8, 6), dtype=np.int16)),
    "singular affine": with_affine([[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]]),
    "zero affine": with_affine(np.zeros((3, 4))),
    "NaN affine": with_affine([[np.nan, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]),
    "infinite affine": with_affine([[1, 0, 0, np.inf], [0, 1, 0, 0], [0, 0, 1, 0]]),
    "huge claim": claims_much,
}


@pytest.mark.parametrize("write", BAD_VOLUMES.values(), ids=BAD_VOLUMES.keys())
def test_bad_volumes(refused, tmp_path, write):
    source = tmp_path / "flair.nii.gz"
    write(source)
    assert "flair.nii.gz" in refused(source)


@linux
@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.mkdir(),
        lambda path: path.symlink_to(path.with_name("gone")),
        lambda path: path.symlink_to(path),
        lambda path: os.mkfifo(path),
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to("/proc/self/mem"),
    ],
    ids=["missing", "folder", "dangling", "loop", "pipe", "device", "unreadable"],
)
def test_bad_input_paths(refused, tmp_path, make):
    source = tmp_path / "flair.nii.gz"
    make(source)
    assert "flair.nii.gz" in refused(source)


@pytest.mark.parametrize("name", ["x" * 300 + ".nii", "file/under.nii", "", "a\tb\n.nii"])
def test_odd_input_names(refused, tmp_path, name):
    (tmp_path / "file").write_text("")
    refused(f"{tmp_path}/{name}")


def test_nonfinite_voxels_may_count_as_zero(tmp_path, tiny_model, capsys):
    spoilt(np.nan)(tmp_path / "flair.nii.gz")
    options = ["--nonfinite", "zero", "--model", str(tiny_model), "--device", "cpu"]
    assert main(["segment", str(tmp_path / "flair.nii.gz"), *options]) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"output": "{tmp}/nowhere/mask.nii.gz"},
        {"output": "{tmp}/flair.nii.gz/mask.nii.gz"},
        {"output": "{tmp}/out/mask.png"},
        {"output": "{tmp}/out/mask"},
        {"output": "{tmp}/flair.nii.gz"},
        {"output": "{tmp}/out/../flair.nii.gz"},
        {"probability": "{tmp}/out/mask.nii.gz"},
        {"probability": "{tmp}/out/p.txt"},
        {"picture": "{tmp}/out/overlay.jpg"},
        {"csv": "{tmp}/out"},
        {"csv": "{tmp}/flair.nii.gz"},
        {"csv": "{tmp}/other.csv"},
        {"csv": "{tmp}/nowhere/t.csv"},
        {"output": "{tmp}/out/" + "m" * 300 + ".nii.gz"},
    ],
    ids=lambda changes: " ".join(f"{k} {v}"[:40] for k, v in changes.items()),
)
def test_bad_output_paths(refused, flair, tmp_path, changes):
    (tmp_path / "other.csv").write_text("name;age\n")
    before = flair.read_bytes()
    refused(flair, **{name: value.format(tmp=tmp_path) for name, value in changes.items()})
    assert flair.read_bytes() == before
    assert (tmp_path / "other.csv").read_text() == "name;age\n"


@linux
@pytest.mark.parametrize("place", ["/proc/mask.nii.gz", "/proc/sys/mask.nii.gz"])
def test_places_that_take_no_files(refused, flair, place):
    refused(flair, output=place)


@linux
@pytest.mark.parametrize("table", ["/dev/full", "/dev/null"])
def test_a_table_that_is_a_device(refused, flair, table):
    refused(flair, csv=table)


@linux
@pytest.mark.parametrize("bytes_free", [0, 200, 1000])
@pytest.mark.parametrize("name", ["mask.nii", "mask.nii.gz", "mask.seg.nrrd", "overlay.png"])
def test_a_full_disk(engine_environment, flair, tmp_path, name, bytes_free):
    """A limit on file sizes fails as a full disk does, and in the same calls."""
    out = tmp_path / "out"
    out.mkdir()
    option = "--picture" if name.endswith("png") else "-o"
    script = (
        "import resource, sys\n"
        "from types import SimpleNamespace as N\n"
        "from wmh_siamese.models.model_file import ModelCard\n"
        "import wmh_siamese.cli as cli\n"
        "import wmh_siamese.segmenting.command as command\n"
        "card = ModelCard('n', {}, {}, sha256='0')\n"
        "command._segmenter = lambda o: N(card=card, device_name='cpu', precision='float32',"
        " probability=lambda v, **k: v.array / 1000)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes_free}, {bytes_free}))\n"
        "sys.exit(cli.main(sys.argv[1:]))\n"
    )
    arguments = ["segment", str(flair), option, str(out / name), "--csv", str(out / "t.csv")]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=engine_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:  # a small compressed file may still fit
        assert bytes_free > 0 and len(list(out.iterdir())) == 2
        return
    assert done.returncode == 2, done.stderr
    assert "no room left" in done.stderr and len(done.stderr.splitlines()) == 1
    assert list(out.iterdir()) == []


@linux
def test_a_full_real_disk(refused, flair, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        (disk / "filler").write_bytes(bytes(12 << 10))
        assert "no room left" in refused(flair, output=disk / "mask.nii")
        assert [path.name for path in disk.iterdir()] == ["filler"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@linux
def test_a_read_only_disk(refused, flair, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a read-only disk")
    try:
        refused(flair, output=disk / "mask.nii.gz")
        refused(flair, csv=disk / "t.csv")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@linux
def test_output_that_nobody_can_take(engine_environment, flair, tiny_model):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "wmh_siamese", "segment", flair, "--model", tiny_model],
            env=engine_environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "no room left" in done.stderr


@given(place=st.integers(0, 351), byte=st.integers(0, 255))
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_changed_byte_in_a_header_never_breaks_the_program(tmp_path, place, byte):
    from wmh_siamese.errors import WMHError
    from wmh_siamese.volumes.nifti_file import read_volume
    from wmh_siamese.volumes.volume import check_volume

    raw = bytearray(nibabel.Nifti1Image(ramp(), np.eye(4)).to_bytes())
    raw[place] = byte
    path = tmp_path / "changed.nii"
    path.write_bytes(raw)
    try:
        check_volume(read_volume(path))
    except WMHError as error:
        assert error.kind == "bad-volume"
