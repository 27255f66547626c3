"""Pictures: the slice views show volume and mask, the window its panel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from slicer_host import render
from slicer_host.host import Host


def test_the_views_show_volume_and_mask(a_slicer_host: Host, a_segmentation: object) -> None:
    for name in ("Red", "Green", "Yellow"):
        picture = render.slice_picture(a_slicer_host.world, name, 240, 200)
        assert picture.shape == (200, 240, 3)
        assert len(np.unique(picture)) > 3, name
    red, green, blue = (
        render.slice_picture(a_slicer_host.world, "Red", 240, 200)[..., c] for c in range(3)
    )
    mask_coloured = (red > 200) & (green > 170) & (blue < 200)
    assert mask_coloured.sum() > 100
    logic = a_slicer_host.world.slice_logics["Red"]
    logic.SetSliceOffset(-8.0)
    render.slice_picture(a_slicer_host.world, "Red", 300, 200)
    assert logic.GetSliceOffset() == -8.0
    a_segmentation.GetDisplayNode().SetVisibility(False)
    picture = render.slice_picture(a_slicer_host.world, "Red", 240, 200)
    assert np.ptp(picture.astype(int), axis=2).max() == 0


def test_the_window_is_drawn_with_panel_and_views(
    a_slicer_host: Host, a_sample_panel: object, a_segmentation: object, tmp_path: Path
) -> None:
    path = render.save_window(a_slicer_host, tmp_path / "window.png", 1000, 700)
    assert path.stat().st_size > 5000
    panel = render.save_widget(a_sample_panel.parent, tmp_path / "panel.png")
    assert panel.stat().st_size > 1000
    assert len(np.unique(render.pixels_of(a_sample_panel.ui.applyButton))) > 10
