from pathlib import Path


def test_api(a_slicer_host):
    import slicer
    from slicer_host.api_check import check_sources, check_ui

    r = Path("/work/main/WMHSiameseSeg")
    fs = check_sources([r / "WMHSiameseSeg.py", *(r / "WMHSiameseSegLib").glob("*.py")], slicer)
    print(*fs, sep="\n")
    print(check_ui((r / "Resources/UI").glob("*.ui")))
