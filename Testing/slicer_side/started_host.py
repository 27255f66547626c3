"""Importing this starts the stand-in for Slicer, so that qt, ctk and slicer.* can be imported."""

from slicer_host.host import start

host = start()
