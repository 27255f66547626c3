"""A file from the network: whole and with the right hash, or a sentence that says why not."""

from __future__ import annotations

import hashlib
import shutil
import socket
import ssl
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from wmh_siamese.errors import WMHError

TIMEOUT_S = 30.0
CHUNK_BYTES = 1 << 20
MEGABYTE = 1_000_000

Progress = Callable[[int, int], None]


def download(
    url: str,
    file: Path,
    sha256_begins: str,
    progress: Progress = lambda done, of: None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Fetch ``url`` into ``file``, through the proxy that the system or its variables name.

    Args:
        url: where it lies.
        file: in a folder that the caller deletes when this raises.
        sha256_begins: the first digits of its SHA-256.
        progress: told bytes done and of how many; 0 where the server does not say.
        stopped: asked after each megabyte.

    Raises:
        WMHError: ``no-network`` when it does not come whole, ``bad-model`` when its hash is
            another, ``disk-full`` when it would not fit, ``stopped``.
    """
    opener = urllib.request.build_opener()  # asks anew which proxy there is
    try:
        with opener.open(url, timeout=TIMEOUT_S) as answer, file.open("wb") as out:
            size = int(answer.headers.get("Content-Length") or 0)
            _check_room(file.parent, size)
            found, done = _copied(answer, out, size, progress, stopped)
    except (HTTPError, URLError, HTTPException, ssl.SSLError, ConnectionError, TimeoutError) as e:
        raise WMHError("no-network", _reason(url, e), _way_out(url)) from e
    if size and done < size:
        told = f"The connection to {_host(url)} broke after {_mb(done)} of {_mb(size)} MB."
        raise WMHError("no-network", told, _way_out(url))
    if not found.startswith(sha256_begins):
        raise WMHError(
            "bad-model",
            f"What came from {_host(url)} is not what was asked for: its SHA-256 begins with "
            f"{found[: len(sha256_begins)]}, not {sha256_begins}.",
            "Something on the way may have changed it: try again, or ask who keeps the network.",
        )


def _copied(
    answer: Any, out: BinaryIO, size: int, progress: Progress, stopped: Callable[[], bool]
) -> tuple[str, int]:
    """SHA-256 and length of what came."""
    hashed, done = hashlib.sha256(), 0
    progress(0, size)
    while chunk := answer.read(CHUNK_BYTES):
        if stopped():
            raise WMHError("stopped", "The download was stopped.", "Start it again.")
        hashed.update(chunk)
        out.write(chunk)
        done += len(chunk)
        progress(done, size)
    return hashed.hexdigest(), done


def _check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise WMHError(
            "disk-full",
            f"The download has {_mb(size)} MB, and the disk of {folder.parent} has room for "
            f"{_mb(free)}.",
            "Free some space; most of it is only needed for a moment.",
        )


def _reason(url: str, error: Exception) -> str:
    """What stood in the way, as far as it can be known."""
    host, cause = _host(url), getattr(error, "reason", error)
    if isinstance(error, HTTPError):
        if error.code == 407:
            return f"The proxy {_proxy(url)} asks for a name and a password."
        return f"{host} refuses the download ({error.code} {error.reason})."
    if "Tunnel connection failed" in str(cause):
        said = str(cause).partition(":")[2].strip()
        return f"The proxy {_proxy(url)} does not let through to {host} ({said})."
    if isinstance(cause, ssl.SSLError):
        return f"{host} could not prove who it is: something on the way opens the connection."
    if isinstance(cause, TimeoutError):
        return f"{host} did not answer for {TIMEOUT_S:.0f} s."
    if isinstance(cause, socket.gaierror):
        wanted = _proxy(url) or host
        return f"{wanted} cannot be found: there is no network, or a firewall hides it."
    through = f" through the proxy {_proxy(url)}" if _proxy(url) else ""
    said = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return f"{host} cannot be reached{through} ({said})."


def _way_out(url: str) -> str:
    return (
        "Check the network and its proxy (HTTPS_PROXY) and try again, or fetch "
        f"{url} on another computer and choose that file."
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _proxy(url: str) -> str:
    """Host and port of the proxy in use, without the password that may stand before them."""
    if urllib.request.proxy_bypass(_host(url)):
        return ""
    proxy = urllib.request.getproxies().get(urlsplit(url).scheme, "")
    return urlsplit(proxy if "//" in proxy else f"//{proxy}").netloc.rpartition("@")[2]


def _mb(count: int) -> int:
    return round(count / MEGABYTE)
