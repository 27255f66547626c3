"""The SampleData module, as far as extensions register their samples with it."""

from __future__ import annotations

import types
from dataclasses import dataclass

import slicer


@dataclass
class SampleDataSource:
    """One sample: where it comes from, and what it becomes; its description is what is shown."""

    sampleName: str | None = None
    sampleDescription: str | None = None
    uris: object = None
    fileNames: object = None
    nodeNames: object = None
    checksums: object = None
    loadFiles: object = None
    customDownloader: object = None
    thumbnailFileName: str | None = None
    loadFileTypes: object = None
    loadFileProperties: object = None
    loadFileType: object = None

    def __post_init__(self) -> None:
        if self.sampleDescription is None:
            self.sampleDescription = self.sampleName
        for name in ("uris", "fileNames", "nodeNames", "checksums", "loadFiles"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, list):
                setattr(self, name, [value])
        if self.uris and self.fileNames and len(self.uris) != len(self.fileNames):
            raise ValueError(f"{self.sampleName}: as many file names as addresses are needed")


class SampleDataLogic:
    """Registers samples; downloads nothing."""

    @staticmethod
    def registerCustomSampleDataSource(
        category: str = "Custom",
        sampleName: str | None = None,
        uris: object = None,
        fileNames: object = None,
        nodeNames: object = None,
        customDownloader: object = None,
        thumbnailFileName: str | None = None,
        loadFileTypes: object = None,
        loadFiles: object = None,
        loadFileProperties: object = None,
        checksums: object = None,
        loadFileType: object = None,
    ) -> None:
        """Add a sample to a category of slicer.modules.sampleDataSources."""
        source = SampleDataSource(
            sampleName=sampleName,
            uris=uris,
            fileNames=fileNames,
            nodeNames=nodeNames,
            checksums=checksums,
            loadFiles=loadFiles,
            customDownloader=customDownloader,
            thumbnailFileName=thumbnailFileName,
            loadFileTypes=loadFileTypes,
            loadFileProperties=loadFileProperties,
            loadFileType=loadFileType,
        )
        sources = slicer.modules.sampleDataSources.setdefault(category, [])
        sources[:] = [s for s in sources if s.sampleName != sampleName] + [source]

    @staticmethod
    def sourceForSampleName(sampleName: str) -> SampleDataSource | None:
        """Return the sample of this name, in whatever category."""
        for sources in slicer.modules.sampleDataSources.values():
            for source in sources:
                if source.sampleName == sampleName:
                    return source
        return None


def sample_data_module() -> types.ModuleType:
    """Return what `import SampleData` gives."""
    module = types.ModuleType("SampleData")
    module.SampleDataSource, module.SampleDataLogic = SampleDataSource, SampleDataLogic
    return module
