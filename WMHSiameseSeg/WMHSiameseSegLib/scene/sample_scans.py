"""The scans that Slicer's module Sample Data offers: one that comes along, one from the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CATEGORY = "WMHSiameseSeg"
# A commit, so that the file behind the address never changes. Laboratory of Imaging Technologies,
# University of Ljubljana: Lesjak et al., Validation of white-matter lesion change detection methods
# on a novel publicly available MRI image database, Neuroinformatics 2016; CC BY. A clinical scan
# as it came from the scanner, of the longitudinal set: the bundled generator has learnt from no
# scan of it, only from two patients of the cross-sectional one.
_OPEN_MS = (
    "https://raw.githubusercontent.com/muschellij2/open_ms_data/"
    "65704901f60650824565aa5a4818611aa89716f4/longitudinal/raw/patient09/study2_FLAIR.nii.gz"
)


@dataclass(frozen=True)
class SampleScan:
    """One scan.

    Attributes:
        name: shown under the thumbnail; Slicer shows nothing else, so the licence stands here.
        uri: where it comes from, a file or an https address.
        file_name: of its copy in Slicer's cache.
        node_name: of the volume.
        sha256: of the file.
        thumbnail: a PNG file.
    """

    name: str
    uri: str
    file_name: str
    node_name: str
    sha256: str
    thumbnail: Path


def sample_scans(resources: Path) -> list[SampleScan]:
    """All of them; nothing is read or downloaded.

    Args:
        resources: the module's folder Resources.
    """
    folder = resources / "SampleData"
    return [
        SampleScan(
            name="WMH simulated FLAIR",
            uri=(folder / "simulated_flair.nii.gz").resolve().as_uri(),
            file_name="WMHSiameseSeg-simulated-flair.nii.gz",
            node_name="Simulated FLAIR",
            sha256="bc6e3e63c79ae1dae09587bbf6e1aca2d79844ea667373d9ecb82708887fe0c9",
            thumbnail=folder / "simulated_flair.png",
        ),
        SampleScan(
            name="WMH open MS FLAIR (Lesjak et al. 2016, CC BY)",
            uri=_OPEN_MS,
            file_name="WMHSiameseSeg-open-ms-patient09-flair.nii.gz",
            node_name="Open MS FLAIR",
            sha256="da4aa2cb2111cd6ecdef4c3fe6062573277ee5bd01a9a394e003ecf74aac5213",
            thumbnail=folder / "open_ms_flair.png",
        ),
    ]


def register_sample_scans(resources: Path) -> None:
    """Offer them in Slicer's Sample Data; what is clicked there is fetched and checked by it."""
    import SampleData

    for scan in sample_scans(resources):
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category=CATEGORY,
            sampleName=scan.name,
            uris=scan.uri,
            fileNames=scan.file_name,
            nodeNames=scan.node_name,
            checksums=f"SHA256:{scan.sha256}",
            thumbnailFileName=str(scan.thumbnail),
            loadFileTypes="VolumeFile",  # readers of segmentations claim .nii.gz as well
        )
