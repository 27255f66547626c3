"""MRML nodes to arrays and back, and what the module keeps in the scene."""
