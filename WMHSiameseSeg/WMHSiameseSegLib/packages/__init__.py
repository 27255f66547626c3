"""The Python packages that the worker needs: what is missing, asking, installing."""
