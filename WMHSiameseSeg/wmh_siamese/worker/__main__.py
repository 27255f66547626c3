"""``python -m wmh_siamese.worker``."""

from wmh_siamese.worker.service import main

main()
