"""CTK's sliders and spin boxes over real numbers."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from .wrapping import inner

_STEPS = 10000


def _emit(obj: QtCore.QObject, signature: str, *arguments: object) -> None:
    QtCore.QObject.emit(obj, QtCore.SIGNAL(signature), *arguments)


class DoubleSlider(QtWidgets.QWidget):
    """ctkDoubleSlider: a slider over real numbers."""

    valueChanged = QtCore.Signal(float)
    sliderMoved = QtCore.Signal(float)
    sliderPressed = QtCore.Signal()
    sliderReleased = QtCore.Signal()
    rangeChanged = QtCore.Signal(float, float)

    def __init__(self, *arguments: object) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        orientations = [a for a in arguments if isinstance(a, QtCore.Qt.Orientation)]
        self._low, self._high, self._step, self._now = 0.0, 100.0, 1.0, 0.0
        self._tracks = True
        self._slider = inner(QtWidgets.QSlider(*(orientations or [QtCore.Qt.Horizontal]), self))
        layout = inner(QtWidgets.QHBoxLayout(self))
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._slider)
        self._place_handle()
        self._slider.valueChanged.connect(self._on_moved)
        self._slider.sliderPressed.connect(lambda: _emit(self, "sliderPressed()"))
        self._slider.sliderReleased.connect(self._on_released)

    def _steps(self) -> int:
        return max(1, min(_STEPS, round((self._high - self._low) / self._step)))

    def _place_handle(self) -> None:
        blocked = self._slider.blockSignals(True)
        self._slider.setRange(0, self._steps())
        width = (self._high - self._low) or 1.0
        self._slider.setValue(round((self._now - self._low) / width * self._steps()))
        self._slider.blockSignals(blocked)

    def _on_moved(self, position: int) -> None:
        moved = self._low + (self._high - self._low) * position / self._steps()
        if self._slider.isSliderDown():
            _emit(self, "sliderMoved(double)", moved)
            if not self._tracks:
                return
        self._set_value(moved, place=False)

    def _on_released(self) -> None:
        self._on_moved(self._slider.value())
        _emit(self, "sliderReleased()")

    def _set_value(self, value: float, place: bool = True) -> None:
        value = min(max(float(value), self._low), self._high)
        changed = value != self._now
        self._now = value
        if place:
            self._place_handle()
        if changed:
            _emit(self, "valueChanged(double)", value)

    def _set_range(self, low: float, high: float) -> None:
        self._low, self._high = float(low), max(float(low), float(high))
        self._place_handle()
        _emit(self, "rangeChanged(double,double)", self._low, self._high)
        self._set_value(self._now)

    def _set_step(self, step: float) -> None:
        self._step = float(step) or 1.0
        self._place_handle()

    def _set_tracks(self, tracks: bool) -> None:
        self._tracks = tracks

    value = QtCore.Property(float, lambda self: self._now, lambda self, v: self._set_value(v))
    minimum = QtCore.Property(
        float, lambda self: self._low, lambda self, v: self._set_range(v, max(v, self._high))
    )
    maximum = QtCore.Property(
        float, lambda self: self._high, lambda self, v: self._set_range(min(v, self._low), v)
    )
    singleStep = QtCore.Property(float, lambda self: self._step, _set_step)
    pageStep = QtCore.Property(float, lambda self: self._step * 10, lambda self, v: None)
    tracking = QtCore.Property(bool, lambda self: self._tracks, _set_tracks)
    orientation = QtCore.Property(
        QtCore.Qt.Orientation,
        lambda self: self._slider.orientation(),
        lambda self, o: self._slider.setOrientation(o),
    )

    def setValue(self, value: float) -> None:
        self._set_value(value)

    def setOrientation(self, orientation: QtCore.Qt.Orientation) -> None:
        self._slider.setOrientation(orientation)


class DoubleSpinBox(QtWidgets.QDoubleSpinBox):
    """ctkDoubleSpinBox: a spin box for real numbers that only emits what differs."""

    decimalsChanged = QtCore.Signal(int)
    decimalsOption = QtCore.Property(int, lambda self: 0, lambda self, option: None)

    def setValueIfDifferent(self, value: float) -> None:
        super().setValue(value)

    def setValueAlways(self, value: float) -> None:
        super().setValue(value)


class SliderWidget(QtWidgets.QWidget):
    """ctkSliderWidget: a slider and a spin box that keep each other's value."""

    valueChanged = QtCore.Signal(float)
    valueIsChanging = QtCore.Signal(float)
    decimalsChanged = QtCore.Signal(int)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = inner(DoubleSlider(self))
        self._box = inner(QtWidgets.QDoubleSpinBox(self))
        self._box.setRange(0, 100)
        self._box.setDecimals(2)
        self._tracks = True
        layout = inner(QtWidgets.QHBoxLayout(self))
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._box)
        self._emitted = 0.0
        self._box.valueChanged.connect(self._on_box)
        self._slider.valueChanged.connect(self._on_slider)
        self._slider.sliderReleased.connect(self._settle)

    def _handle_is_down(self) -> bool:
        return self._slider._slider.isSliderDown()

    def _on_slider(self, value: float) -> None:
        self._box.setValue(value)

    def _on_box(self, value: float) -> None:
        blocked = self._slider.blockSignals(True)
        self._slider._set_value(value)
        self._slider.blockSignals(blocked)
        if self._handle_is_down():
            _emit(self, "valueIsChanging(double)", value)
            if not self._tracks:
                return
        self._settle()

    def _settle(self) -> None:
        value = self._box.value()
        if value != self._emitted:
            self._emitted = value
            _emit(self, "valueChanged(double)", value)

    def _set_value(self, value: float) -> None:
        self._box.setValue(float(value))
        self._settle()

    def _set_minimum(self, low: float) -> None:
        self._slider._set_range(low, max(low, self._slider._high))
        self._box.setMinimum(low)

    def _set_maximum(self, high: float) -> None:
        self._slider._set_range(min(high, self._slider._low), high)
        self._box.setMaximum(high)

    def _set_step(self, step: float) -> None:
        self._slider._set_step(step)
        self._box.setSingleStep(step)

    def _set_decimals(self, decimals: int) -> None:
        self._box.setDecimals(decimals)
        _emit(self, "decimalsChanged(int)", decimals)

    def _set_tracks(self, tracks: bool) -> None:
        self._tracks = tracks

    value = QtCore.Property(float, lambda self: self._box.value(), _set_value)
    minimum = QtCore.Property(float, lambda self: self._slider._low, _set_minimum)
    maximum = QtCore.Property(float, lambda self: self._slider._high, _set_maximum)
    singleStep = QtCore.Property(float, lambda self: self._box.singleStep(), _set_step)
    pageStep = QtCore.Property(float, lambda self: 10.0, lambda self, step: None)
    decimals = QtCore.Property(int, lambda self: self._box.decimals(), _set_decimals)
    prefix = QtCore.Property(
        str, lambda self: self._box.prefix(), lambda self, text: self._box.setPrefix(text)
    )
    suffix = QtCore.Property(
        str, lambda self: self._box.suffix(), lambda self, text: self._box.setSuffix(text)
    )
    tracking = QtCore.Property(bool, lambda self: self._tracks, _set_tracks)
    spinBoxVisible = QtCore.Property(
        bool,
        lambda self: not self._box.isHidden(),
        lambda self, shown: self._box.setVisible(shown),
    )
    popupSlider = QtCore.Property(bool, lambda self: False, lambda self, value: None)
    synchronizeSiblings = QtCore.Property(int, lambda self: 0, lambda self, value: None)
    tickInterval = QtCore.Property(float, lambda self: 0.1, lambda self, value: None)

    def setValue(self, value: float) -> None:
        self._set_value(value)

    def setDecimals(self, decimals: int) -> None:
        self._set_decimals(decimals)

    def setSpinBoxVisible(self, visible: bool) -> None:
        self._box.setVisible(visible)

    def reset(self) -> None:
        self._set_value(0.0)
