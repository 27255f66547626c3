"""The Slicer side of WMHSiameseSeg: nodes, widgets and the worker's door; never torch."""
