"""Packages: nothing is ever installed, and each version of Slicer has the means it has."""

from __future__ import annotations

import pytest
from slicer_host.host import Host
from slicer_host.package_room import Installations, set_pytorch_extension


def test_nothing_is_ever_installed(a_slicer_host: Host, the_installations: Installations) -> None:
    import slicer

    slicer.util.pip_install("torch>=2.6 nibabel")
    the_installations.failure = RuntimeError("no network")
    with pytest.raises(RuntimeError, match="no network"):
        slicer.packaging.pip_install(["nibabel>=5"], requester="Sample")
    asked = [installation.requirements for installation in the_installations.asked]
    assert asked == [("torch>=2.6", "nibabel"), ("nibabel>=5",)]
    the_installations.missing.add("numpy")
    assert not slicer.packaging.pip_check("numpy") and slicer.packaging.pip_check("scipy")


def test_slicer_5_10_has_no_packaging(a_slicer_host: Host) -> None:
    import slicer

    a_slicer_host.become("5.10.0")
    try:
        assert not hasattr(slicer, "packaging")
        with pytest.raises(ImportError):
            import slicer.packaging
        assert (slicer.app.majorVersion, slicer.app.minorVersion) == (5, 10)
        slicer.util.pip_install("nibabel")
    finally:
        a_slicer_host.become("5.12.3")
    assert slicer.packaging.pip_check("numpy")


def test_the_pytorch_extension_comes_and_goes(
    a_slicer_host: Host, the_installations: Installations
) -> None:
    import slicer

    with pytest.raises(ImportError):
        import PyTorchUtils
    set_pytorch_extension(True)
    import PyTorchUtils

    PyTorchUtils.PyTorchUtilsLogic().installTorch(torchVersionRequirement=">=2.6")
    assert the_installations.asked[0].requirements == ("torch>=2.6",)
    assert slicer.modules.pytorchutils
