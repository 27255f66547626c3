"""WMHSiameseSeg's engine: white matter hyperintensity segmentation of FLAIR volumes.

Importing this package is light: torch and nibabel load only in the modules that use them.
"""

__version__ = "0.1.0"
