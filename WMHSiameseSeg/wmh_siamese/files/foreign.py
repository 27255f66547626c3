"""The wall around readers of files that somebody else made."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from wmh_siamese.errors import WMHError, from_exception, is_of_place

log = logging.getLogger(__name__)


@contextmanager
def read_or_refused(refusal: WMHError) -> Iterator[None]:
    """Whatever goes wrong in the block is the file's fault, and said so.

    Only the reading stands in the block: a fault of our own would be taken for the file's.

    Args:
        refusal: what is raised instead of everything but our own sentences; too little memory,
            too, is what a damaged file asks for. What the disk or the rights refuse is said as it
            is: the file may be a good one.
    """
    try:
        yield
    except WMHError:
        raise
    except Exception as error:  # libraries raise what they like at damaged files
        log.debug("%s", refusal.sentence, exc_info=error)
        raise (from_exception(error) if is_of_place(error) else refusal) from error
