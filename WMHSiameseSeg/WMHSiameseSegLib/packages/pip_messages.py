"""What pip said when it failed, as a sentence with a way out."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any

from slicer.i18n import tr as _

_LINES_KEPT = 400


class Overheard:
    """Within a ``with``: keeps the last of what is printed, which is still shown.

    Slicer prints pip's words, in a process's own console or its log, and hands on an exit code.
    """

    def __init__(self) -> None:
        self._pieces: deque[str] = deque(maxlen=_LINES_KEPT)
        self._shown: Any = None

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def __enter__(self) -> Overheard:
        self._shown, sys.stdout = sys.stdout, self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        sys.stdout = self._shown

    def write(self, text: str) -> int:
        self._pieces.append(text)
        return int(self._shown.write(text) or 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)


def reason_for(words: str) -> str:
    """Why pip failed, and what to do; a general sentence where its words are not known."""
    for signs, sentence in _REASONS:
        if re.search(signs, words, re.IGNORECASE):
            return sentence()
    return _(
        "The packages could not be installed. Check the network and its proxy, or download "
        "the wheels elsewhere and choose “Use a folder of wheels”. pip's words are in "
        "Slicer's error log."
    )


def _proxy() -> str:
    return _(
        "The network's proxy did not let pip through. Set HTTPS_PROXY to the proxy's address (ask "
        "your network's administrator) and restart Slicer, or choose “Use a folder of wheels”."
    )


def _certificate() -> str:
    return _(
        "The network presents a certificate that Python does not know, as an inspecting proxy "
        "does. Set PIP_CERT to your organisation's certificate file and restart Slicer, or choose "
        "“Use a folder of wheels”."
    )


def _no_space() -> str:
    return _(
        "The disk has no room left for the packages. Free some space where Slicer is installed "
        "and where temporary files are kept, and click again."
    )


def _long_path() -> str:
    return _(
        "A path became too long for Windows. Install Slicer in a folder with a shorter path, such "
        "as C:\\Slicer, or have long paths enabled in Windows, and click again."
    )


def _no_rights() -> str:
    return _(
        "Slicer's own folder could not be written to. Close every other Slicer window and start "
        "Slicer again; where it was installed for all users, start it once with the rights to "
        "change its folder."
    )


def _no_network() -> str:
    return _(
        "The package index could not be reached: there seems to be no network. Connect and click "
        "again, or download the wheels elsewhere and choose “Use a folder of wheels”."
    )


def _damaged() -> str:
    return _("A wheel is damaged or not whole. Copy or download it again.")


def _no_match() -> str:
    return _(
        "There is no wheel that fits Python {version} on this system, or one that a package needs "
        "is missing. Download them on a computer like this one, for this Python."
    ).format(version=".".join(map(str, sys.version_info[:2])))


_REASONS: tuple[tuple[str, Callable[[], str]], ...] = (
    (r"No space left on device|Errno 28\b|WinError 112\b|not enough space|Disk quota", _no_space),
    (r"Long Path support|WinError 206\b|File name too long|Errno 36\b", _long_path),
    (r"ProxyError|Cannot connect to proxy|407 Proxy|Tunnel connection failed", _proxy),
    (r"CERTIFICATE_VERIFY_FAILED|certificate verify failed", _certificate),
    (r"Permission denied|Errno 13\b|WinError (5|32)\b|Access is denied", _no_rights),
    (
        r"NewConnectionError|ConnectTimeoutError|ReadTimeoutError|NameResolutionError"
        r"|name resolution|getaddrinfo failed|Network is unreachable|Connection refused",
        _no_network,
    ),
    (r"BadZipFile|is not a zip file|invalid wheel|Wheel .* is invalid|DO NOT MATCH THE", _damaged),
    (r"No matching distribution|Could not find a version|not a supported wheel", _no_match),
)
