"""Pictures are no tests: nothing in this folder is collected."""

collect_ignore_glob = ["*.py"]
