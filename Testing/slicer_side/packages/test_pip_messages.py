"""Each way in which pip fails gets its own sentence: pip's own words where they can be had here."""

import os
import subprocess
import sys

import pytest
from extension.tiny_wheel import tiny_wheel
from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.packages.pip_messages import Overheard, reason_for

NOBODY = "http://127.0.0.1:9"  # the discard port: nobody listens there


def pip_fails(*arguments, **environment):
    """What a real pip says when it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--retries", "1", "--timeout", "2", *arguments],
        env={**kept, "PIP_CONFIG_FILE": os.devnull, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
    return done.stdout


def test_no_network(tmp_path):
    said = pip_fails("--target", str(tmp_path), "--index-url", f"{NOBODY}/simple", "tiny")
    assert "no network" in reason_for(said)


def test_a_proxy_that_does_not_let_through(tmp_path):
    index = "https://index.invalid/simple"
    said = pip_fails("--target", str(tmp_path), "--proxy", NOBODY, "--index-url", index, "tiny")
    assert "HTTPS_PROXY" in reason_for(said)


def test_a_folder_that_lacks_what_a_package_needs(tmp_path):
    tiny_wheel(tmp_path, needs=["another"])
    target, links = str(tmp_path / "target"), str(tmp_path)
    said = pip_fails("--target", target, "--no-index", "--find-links", links, "tiny")
    assert "one that a package needs is missing" in reason_for(said)


def test_a_damaged_wheel(tmp_path):
    wheel = tiny_wheel(tmp_path)
    wheel.write_bytes(wheel.read_bytes()[:200])
    target, links = str(tmp_path / "target"), str(tmp_path)
    said = pip_fails("--target", target, "--no-index", "--find-links", links, "tiny")
    assert "damaged" in reason_for(said)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
         "no room left"),
        ("OSError: [WinError 112] There is not enough space on the disk", "no room left"),
        ("ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory:"
         " 'C:\\\\x' HINT: This error might have occurred since this system does not have Windows "
         "Long Path support enabled.", "too long for Windows"),
        ("connection broken by 'SSLError(SSLCertVerificationError(1, '[SSL: "
         "CERTIFICATE_VERIFY_FAILED] certificate verify failed", "PIP_CERT"),
        ("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy "
         "Authentication Required'))", "HTTPS_PROXY"),
        ("NameResolutionError(\"<pip._vendor>: Failed to resolve 'pypi.org'\")", "no network"),
        ("OSError: [WinError 5] Access is denied: 'torch_cpu.dll'", "every other Slicer"),
        ("torch-2.6.0-cp311-win_amd64.whl is not a supported wheel on this platform.", "that fits"),
        ("something that nobody has heard yet", "error log"),
    ],
)  # fmt: skip
def test_words_that_cannot_be_had_here(said, sentence):
    assert sentence in reason_for(said)


def test_what_is_printed_meanwhile_is_heard_and_still_shown(capsys):
    with pytest.raises(RuntimeError), Overheard() as said:
        print("pip says this")
        raise RuntimeError
    print("not this")
    assert said.text == "pip says this\n"
    assert capsys.readouterr().out == "pip says this\nnot this\n"


def test_of_a_long_talk_the_end_is_kept():
    with Overheard() as said:
        for number in range(5000):
            print(number)
    assert said.text.endswith("4999\n") and "\n100\n" not in said.text
