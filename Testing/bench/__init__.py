"""Measures the figures that the project promises: ``make bench``."""

from wmh_siamese.torch_loading import let_idle_threads_sleep

let_idle_threads_sleep()  # before torch is imported, as the worker and the command do
