"""The heartbeat tells whether, and where, a panel was blocked."""

from __future__ import annotations

from slicer_host.clicking import click, wait_until
from slicer_host.heartbeat import Heartbeat
from slicer_host.host import Host


def test_a_click_runs_a_child_process_without_blocking(a_sample_panel: object) -> None:
    with Heartbeat() as heartbeat:
        click(a_sample_panel.ui.applyButton)
        wait_until(lambda: 0 in a_sample_panel.lines, 20)
    assert a_sample_panel.lines == ["one", "two", 0]
    assert heartbeat.longest_block_s < 0.5, heartbeat.where


def test_a_heartbeat_tells_where_the_panel_was_blocked(a_slicer_host: Host) -> None:
    import time

    import qt

    with Heartbeat() as heartbeat:
        qt.QTimer.singleShot(0, lambda: time.sleep(0.3))
        wait_until(lambda: heartbeat.longest_block_s > 0.2, 5)
    assert 0.25 < heartbeat.longest_block_s < 5
    assert "time.sleep(0.3)" in heartbeat.where
