"""A stand-in for the 3D Slicer application: real MRML, real Qt, Slicer's own API, no screen."""
