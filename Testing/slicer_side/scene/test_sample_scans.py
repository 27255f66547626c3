"""Slicer's Sample Data offers our scans: the bundled one without any network, another by https."""

import hashlib
import socket
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import slicer
from PySide6 import QtGui
from real_data import SCANS
from slicer_side.panel import ENGINE
from wmh_siamese.models.model_file import read_card
from wmh_siamese.volumes.hashes import voxels_sha256
from wmh_siamese.volumes.nifti_file import read_volume
from WMHSiameseSegLib.scene.sample_scans import CATEGORY, sample_scans
from WMHSiameseSegLib.scene.voxels import volume_array

RESOURCES = ENGINE / "Resources"


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*arguments):
        raise AssertionError(f"a socket was opened: {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def registered():
    return {source.sampleName: source for source in slicer.modules.sampleDataSources[CATEGORY]}


def test_both_scans_are_offered_with_a_picture_once_slicer_has_started(no_network, the_module):
    assert set(registered()) == {scan.name for scan in sample_scans(RESOURCES)}
    for source in registered().values():
        thumbnail = QtGui.QImage(source.thumbnailFileName)
        assert thumbnail.width() >= 128 and thumbnail.height() >= 128
        assert source.loadFileTypes == "VolumeFile", "no segmentation reader takes the scan"
    slicer.app.startupCompleted.emit()
    assert len(slicer.modules.sampleDataSources[CATEGORY]) == 2, "offered once"


def test_the_bundled_scan_comes_without_a_network(no_network, the_module, tmp_path):
    """As Slicer's own download does it: fetch the address, compare the checksum, load."""
    source = registered()["WMH simulated FLAIR"]
    copy, _headers = urllib.request.urlretrieve(source.uris[0], tmp_path / source.fileNames[0])
    algorithm, _, digest = source.checksums[0].partition(":")
    assert algorithm == "SHA256"
    assert hashlib.sha256(Path(copy).read_bytes()).hexdigest() == digest
    volume = slicer.util.loadVolume(str(copy), {"name": source.nodeNames[0]})
    assert volume_array(volume).shape == (256, 256, 48)
    assert "FLAIR" in volume.GetName()
    assert np.percentile(volume_array(volume), 99) > 0


def from_the_network():
    return [scan for scan in sample_scans(RESOURCES) if not scan.uri.startswith("file:")]


def test_what_comes_by_network_is_pinned_to_one_file_and_shows_its_licence(the_module):
    assert from_the_network()
    for scan in from_the_network():
        assert scan.uri.startswith("https://raw.githubusercontent.com/")
        assert len(scan.uri.split("/")[5]) == 40, "a commit, not a branch"
        assert registered()[scan.name].checksums == [f"SHA256:{scan.sha256}"]
        assert "CC BY" in registered()[scan.name].sampleDescription, "what Slicer shows"


# By its address; the hash that cards name scans by, of voxels alone.
VOXELS = {
    "longitudinal/raw/patient09/study2_FLAIR.nii.gz": (
        "9f48b9e378eb23e0db3f0b155fc08c2599f2083b1661c9e339d5552a98edd465"
    )
}


def place(scan):
    """Where it lies in its repository."""
    return scan.uri.split("/", 6)[6]


def test_the_bundled_generators_have_not_learnt_from_what_comes_by_network():
    """A scan that was learnt from would look better than a scan of the user's own."""
    offered = {VOXELS[place(scan)] for scan in from_the_network()}
    for path in (RESOURCES / "Models").glob("*.safetensors"):
        learnt = set(read_card(path).training["scans"].values())
        assert learnt and not offered & learnt


def test_the_pinned_checksums_are_those_of_the_public_file():
    """The very file that the address leads to, where a copy of it is at hand."""
    for scan in from_the_network():
        patient, study = Path(place(scan)).parts[-2:]
        file = SCANS / "openms_unlabelled" / f"{patient}_{study}"
        if not file.is_file():
            pytest.skip(f"no real scans: there is no {file.name}")
        assert hashlib.sha256(file.read_bytes()).hexdigest() == scan.sha256
        assert voxels_sha256(read_volume(file).array) == VOXELS[place(scan)]
