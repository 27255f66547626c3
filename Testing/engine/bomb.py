"""An object whose pickle runs code."""

import os


class Bomb:
    """Makes the folder ``trace`` when it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return (os.mkdir, (str(self.trace),))
