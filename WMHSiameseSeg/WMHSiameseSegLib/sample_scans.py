"""The scans that Slicer's module Sample Data offers: one that comes along, one from the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CATEGORY = "WMHSiameseSeg"
# A commit, so that the file behind the address never changes. Laboratory of Imaging Technologies,
# University of Ljubljana: Lesjak et al., A novel public MR image dataset of multiple sclerosis
# patients with lesion segmentations based on multi-rater consensus, Neuroinformatics 2017; CC BY.
# The bundled generator has learnt from another patient of this set, never from this one.
_OPEN_MS = (
    "https://raw.githubusercontent.com/muschellij2/open_ms_data/"
    "65704901f60650824565aa5a4818611aa89716f4/cross_sectional/MNI/patient07/"
    "FLAIR_N4_noneck_reduced_winsor_regtoFLAIR_brain_N4_regtoMNI.nii.gz"
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
            name="WMH open MS FLAIR (Lesjak et al. 2017, CC BY)",
            uri=_OPEN_MS,
            file_name="WMHSiameseSeg-open-ms-patient07-flair.nii.gz",
            node_name="Open MS FLAIR",
            sha256="2f884f00d4e9cbca061a5fd2f988547df312d86194b331f4ca511cf852f775db",
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
        )
