"""``python -m wmh_siamese`` is the command ``wmh-siamese``."""

import sys

from wmh_siamese.cli import main

if __name__ == "__main__":
    sys.exit(main())
