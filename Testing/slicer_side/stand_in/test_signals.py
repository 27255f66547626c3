"""Signals under PythonQt's rules: what receivers are given, and how long they live."""

from __future__ import annotations

from slicer_host.clicking import wait_until
from slicer_host.host import Host


def test_signals_trim_their_arguments_and_disconnect(a_slicer_host: Host) -> None:
    import qt

    button, heard = qt.QPushButton("Go"), []

    def without() -> None:
        heard.append(())

    def with_state(checked: bool) -> None:
        heard.append(checked)

    button.clicked.connect(without)
    button.connect("clicked(bool)", with_state)
    button.click()
    assert heard == [(), False]
    assert button.clicked.disconnect(without)
    assert not button.clicked.disconnect(without)
    assert button.disconnect("clicked(bool)", with_state)
    button.clicked.emit(True)
    assert heard == [(), False]


def test_signals_keep_their_receivers_alive(a_slicer_host: Host) -> None:
    import qt

    heard = []

    class Ear:
        def hear(self) -> None:
            heard.append("yes")

    timer = qt.QTimer()
    timer.timeout.connect(Ear().hear)
    timer.start(1)
    wait_until(lambda: heard, 5)
    timer.stop()
