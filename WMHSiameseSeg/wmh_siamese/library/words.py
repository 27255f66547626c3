"""The user's own words in a library, and names that say nothing of anybody."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import UTC, datetime

from wmh_siamese.errors import WMHError

LONGEST_PATIENT = 64
LONGEST_NOTE = 500


def new_case_id() -> str:
    """As in ``case-9f86d081884c``; derived from nothing."""
    return f"case-{secrets.token_hex(6)}"


def new_patient() -> str:
    """The id of a patient that the user did not name."""
    return f"patient-{secrets.token_hex(4)}"


def patient_words(text: str) -> str:
    """A patient's id as it is kept; empty when the user gave none.

    Raises:
        WMHError: ``bad-volume`` when it is too long or holds what no id should.
    """
    return _words(text, "The patient's id", LONGEST_PATIENT)


def note_words(text: str) -> str:
    """A note as it is kept; refused as :func:`patient_words` refuses."""
    return _words(text, "The note", LONGEST_NOTE)


def patient_key(patient: str) -> str:
    """Equal for what a person would read as one patient: ``p1`` and ``P1``."""
    return patient.casefold()


def now() -> str:
    """The time in UTC, as in ``2026-11-03T12:00:00.000Z``; later times sort later."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_time(text: object) -> bool:
    """Whether it is a time as :func:`now` writes it."""
    if not isinstance(text, str) or len(text) != 24 or not text.endswith("Z"):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _words(text: str, what: str, longest: int) -> str:
    words = unicodedata.normalize("NFC", text).strip()
    if len(words) > longest:
        raise WMHError(
            "bad-volume",
            f"{what} has {len(words)} characters; at most {longest} are kept.",
            "Shorten it.",
        )
    for character in words:
        if character in "/\\":
            raise WMHError(
                "bad-volume",
                f"{what} holds {character!r}, which belongs to a path.",
                "Leave it out: a library keeps no paths.",
            )
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            raise WMHError(
                "bad-volume",
                f"{what} holds the control character U+{ord(character):04X}.",
                "Write it on one line, in letters, digits and signs.",
            )
    return words
