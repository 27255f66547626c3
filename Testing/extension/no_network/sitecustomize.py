"""Refuses the network to a Python and to every Python that it starts, and writes down who asked.

Python imports this by itself where its folder is on the path. WMH_NETWORK_LOG names the file; while
it names none, nothing is refused.
"""

import os
import sys

LOG = "WMH_NETWORK_LOG"
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
    if LOG not in os.environ:
        return
    with open(os.environ[LOG], "a", encoding="utf-8") as log:
        log.write(f"{event} {arguments!r}\n")
    raise OSError(f"no network in this test: {event}")


def _stays_here(address: object) -> bool:
    """The name of a file, or none: such a socket joins processes of this computer.

    Or any port of this computer: so urllib3 asks, where it is imported, whether IPv6 is known here.
    """
    return address is None or isinstance(address, str | bytes) or address[:2] == ("::1", 0)


sys.addaudithook(_watch)
if __name__ == "sitecustomize":  # the file shows that a Python has come by here
    with open(os.environ[LOG], "a", encoding="utf-8"):
        pass
