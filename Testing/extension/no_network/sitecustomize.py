"""Refuses the network to a Python and to every Python that it starts, and writes down who asked.

Python imports this by itself where its folder is on the path. WMH_NETWORK_LOG names the file.
"""

import os
import sys

LOG = os.environ["WMH_NETWORK_LOG"]
ADDRESSED = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}
ASKING = ADDRESSED | {
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
    "urllib.Request",
    "http.client.connect",
}


def _watch(event: str, arguments: tuple) -> None:
    if event not in ASKING or (event in ADDRESSED and _stays_here(arguments[1])):
        return
    with open(LOG, "a", encoding="utf-8") as log:
        log.write(f"{event} {arguments!r}\n")
    raise OSError(f"no network in this test: {event}")


def _stays_here(address: object) -> bool:
    """The name of a file, or none: such a socket joins processes of this computer."""
    return address is None or isinstance(address, str | bytes)


sys.addaudithook(_watch)
with open(LOG, "a", encoding="utf-8"):
    pass
