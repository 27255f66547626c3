"""A web server on this computer that serves one file, or fails in a chosen way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE = 1 << 16


@contextmanager
def served(data: bytes, fault: str = "") -> Iterator[str]:
    """The address of a file with this content.

    Args:
        data: what the file holds.
        fault: ``""``, ``"cut"`` in the middle, ``"slow"`` (a piece every 20 ms),
            ``"missing"`` (404) or ``"proxy"`` (asks for a password, 407).
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if fault in ("missing", "proxy"):
                self.send_error(404 if fault == "missing" else 407)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            for begin in range(0, len(data) // (2 if fault == "cut" else 1), PIECE):
                self.wfile.write(data[begin : begin + PIECE])
                time.sleep(0.02 if fault == "slow" else 0)

        def log_message(self, *arguments: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
