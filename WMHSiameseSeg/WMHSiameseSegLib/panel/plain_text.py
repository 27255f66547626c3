"""Names as they were given: Qt takes text that looks like HTML for it, unless it is told not to."""

from __future__ import annotations

import html


def unformatted(text: str) -> str:
    """Text for a tooltip or a question, which have no format that could be set.

    Only what Qt would take for rich text is changed, and is shown letter by letter then.

    Example:
        >>> unformatted("P7"), unformatted("<b>P7</b>")
        ('P7', '<span>&lt;b&gt;P7&lt;/b&gt;</span>')
    """
    if "<" not in text and "&" not in text:
        return text
    return f"<span>{html.escape(text)}</span>".replace("\n", "<br>")


def on_button(text: str) -> str:
    """Text for a button, where a single ampersand would underline a letter."""
    return text.replace("&", "&&")
