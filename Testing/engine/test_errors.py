"""Every failure becomes one sentence of the right kind."""

import errno
import pickle
import zlib
from gzip import BadGzipFile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wmh_siamese.errors import KINDS, WMHError, from_exception, shortened
from wmh_siamese.files.foreign import read_or_refused


class OutOfMemoryError(RuntimeError):
    """Named as torch's own."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/out/mask.nii.gz"), "disk-full"),
        (OSError(errno.EFBIG, "File too large"), "disk-full"),
        (OSError("4096 requested and 0 written"), "disk-full"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/in/flair.nii.gz"), "bad-path"),
        (PermissionError(errno.EACCES, "Permission denied", "/out"), "bad-path"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "/out"), "bad-path"),
        (OSError(errno.EROFS, "Read-only file system", b"/out/mask.nii"), "bad-path"),
        (OSError(errno.ENODEV, "No such device", "/dev/odd"), "bad-path"),
        (MemoryError(), "out-of-memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "out-of-memory"),
        (np.exceptions.AxisError("axis"), "internal"),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), "out-of-memory"),
        (RuntimeError("MPS backend out of memory"), "out-of-memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out-of-memory"),
        (ModuleNotFoundError("No module named 'torch._C'", name="torch._C"), "missing-dependency"),
        (ImportError("libcudart.so.12: cannot open shared object"), "missing-dependency"),
        (BadGzipFile("Not a gzipped file"), "bad-volume"),
        (EOFError("Compressed file ended"), "bad-volume"),
        (zlib.error("Error -3"), "bad-volume"),
        (KeyboardInterrupt(), "stopped"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), "internal"),
        (ZeroDivisionError(), "internal"),
    ],
)
def test_kinds(error, kind):
    plain = from_exception(error)
    assert plain.kind == kind
    assert plain.sentence.endswith(".")
    assert "\n" not in str(plain)


def test_a_graphics_card_out_of_memory_names_the_card():
    assert "graphics card" in from_exception(RuntimeError("CUDA out of memory")).sentence
    assert "graphics card" not in from_exception(MemoryError()).sentence


def test_our_own_errors_come_back_as_they_are():
    error = WMHError("bad-model", "x.safetensors is damaged.", "Choose another model.")
    assert from_exception(error) is error
    assert str(error) == "x.safetensors is damaged. Choose another model."
    assert str(WMHError("stopped", "The run was stopped.")) == "The run was stopped."


def test_errors_survive_a_trip_to_another_process():
    error = pickle.loads(pickle.dumps(WMHError("bad-path", "a.", "b.")))
    assert (error.kind, error.sentence, error.way_out) == ("bad-path", "a.", "b.")


def test_a_renamed_file_is_told_by_the_name_that_was_to_appear():
    error = OSError(errno.EACCES, "Permission denied", "/out/.partial-x", None, "/out/mask.nii")
    assert "/out/mask.nii " in from_exception(error).sentence


def test_a_temporary_name_is_told_as_its_folder():
    error = OSError(errno.ENOENT, "No such file or directory", "/gone/.partial-x-mask.nii")
    assert from_exception(error).sentence == "/gone does not exist."


def test_a_missing_package_is_named_with_its_installation():
    error = from_exception(ModuleNotFoundError("No module named 'nrrd.x'", name="nrrd.x"))
    assert "nrrd " in error.sentence
    assert "Log → Packages… → Install again…" in error.way_out  # as the panel's buttons say
    assert error.way_out.endswith("on the command line with pip install nrrd.")


@given(number=st.sampled_from(sorted(errno.errorcode)), name=st.none() | st.text(min_size=1))
def test_any_system_error_gives_one_line_of_a_known_kind(number, name):
    plain = from_exception(OSError(number, "reason", name))
    assert plain.kind in KINDS
    assert plain.sentence


def test_a_name_longer_than_any_path_is_told_by_its_ends():
    long = WMHError("bad-path", f"There is no file /begin{'x' * 9000}/end.nii.", "Check it.")
    assert len(long.sentence) < 600
    assert long.sentence.startswith("There is no file /begin")
    assert long.sentence.endswith("xxx/end.nii.")
    whole = "There is no file /" + "x" * 300 + "."
    assert WMHError("bad-path", whole).sentence == whole


@given(st.text(), st.integers(2, 40))
def test_no_word_of_a_shortened_text_is_longer(text, longest):
    short = shortened(text, longest)
    assert all(len(word) <= longest for word in short.split(" "))
    assert short == text or max(map(len, text.split(" "))) > longest


@pytest.mark.parametrize(("number", "said"), [(errno.EACCES, "rights"), (errno.EIO, "disk")])
def test_what_the_disk_refuses_is_not_called_a_damaged_file(number, said):
    no_atlas = WMHError("bad-volume", "a.npz is not a lesion atlas.")
    with pytest.raises(WMHError, match=f"a.npz .*{said}"), read_or_refused(no_atlas):
        raise OSError(number, "no", "a.npz")
    with pytest.raises(WMHError, match="not a lesion atlas"), read_or_refused(no_atlas):
        raise OSError(errno.EINVAL, "a seek to before the file")


@given(st.text())
def test_unknown_errors_are_internal_in_one_line(text):
    plain = from_exception(ValueError(text))
    assert plain.kind == "internal"
    assert "\n" not in str(plain)
