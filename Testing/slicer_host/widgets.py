"""Which class of the host plays which class of CTK and of Slicer."""

from __future__ import annotations

from . import (
    ctk_buttons,
    ctk_inputs,
    ctk_sliders,
    mrml_widgets,
    node_selector,
    segment_editor,
    segment_widgets,
)

CTK_CLASSES = {
    "ctkCollapsibleButton": ctk_buttons.CollapsibleButton,
    "ctkCollapsibleGroupBox": ctk_buttons.CollapsibleGroupBox,
    "ctkCheckBox": ctk_buttons.CheckBox,
    "ctkPushButton": ctk_buttons.PushButton,
    "ctkMenuButton": ctk_buttons.MenuButton,
    "ctkExpandButton": ctk_buttons.ExpandButton,
    "ctkFittedTextBrowser": ctk_buttons.FittedTextBrowser,
    "ctkMessageBox": ctk_buttons.MessageBox,
    "ctkDoubleSlider": ctk_sliders.DoubleSlider,
    "ctkDoubleSpinBox": ctk_sliders.DoubleSpinBox,
    "ctkSliderWidget": ctk_sliders.SliderWidget,
    "ctkPathLineEdit": ctk_inputs.PathLineEdit,
    "ctkDirectoryButton": ctk_inputs.DirectoryButton,
    "ctkComboBox": ctk_inputs.ComboBox,
}

SLICER_CLASSES = {
    "qMRMLWidget": mrml_widgets.MRMLWidget,
    "qSlicerWidget": mrml_widgets.SlicerWidget,
    "qMRMLSliderWidget": mrml_widgets.MRMLSlider,
    "qMRMLSpinBox": mrml_widgets.MRMLSpinBox,
    "qMRMLTableView": mrml_widgets.MRMLTableView,
    "qMRMLNodeComboBox": node_selector.NodeSelector,
    "qMRMLCheckableNodeComboBox": node_selector.CheckableNodeSelector,
    "qMRMLSegmentsTableView": segment_widgets.SegmentsTable,
    "qMRMLSegmentSelectorWidget": segment_widgets.SegmentSelector,
    "qMRMLSegmentationShow3DButton": segment_widgets.Show3DButton,
    "qMRMLSegmentEditorWidget": segment_editor.SegmentEditor,
    "qMRMLSegmentationDisplayNodeWidget": segment_widgets.SegmentationDisplay,
}


def application_classes() -> dict[str, type]:
    """Return the classes that need the slicer module to be set up first."""
    from . import file_io, main_window, modules, views

    return {
        "qSlicerAbstractModule": modules.Module,
        "qSlicerAbstractModuleWidget": modules.ModuleWidget,
        "qSlicerScriptedLoadableModule": modules.ScriptedModule,
        "qSlicerScriptedLoadableModuleWidget": modules.ScriptedModuleWidget,
        "qSlicerModuleFactoryManager": modules.ModuleFactoryManager,
        "qSlicerModuleManager": modules.ModuleManager,
        "qSlicerModuleSelectorToolBar": main_window.ModuleSelector,
        "qSlicerMainWindow": main_window.MainWindow,
        "qSlicerCoreIOManager": file_io.CoreIOManager,
        "qSlicerIOManager": file_io.CoreIOManager,
        "qSlicerLayoutManager": views.LayoutManager,
        "qMRMLLayoutManager": views.LayoutManager,
        "qMRMLSliceWidget": views.SliceWidget,
        "qMRMLSliceView": views.SliceView,
        "qMRMLSliceControllerWidget": views.SliceController,
        "qMRMLThreeDWidget": views.ThreeDWidget,
        "qMRMLThreeDView": views.ThreeDView,
    }
