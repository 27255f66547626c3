"""The host is not a test: nothing in this folder is collected."""

collect_ignore_glob = ["*.py"]
