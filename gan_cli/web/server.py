"""Listening, until it is stopped."""

import ipaddress
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence

import uvicorn
from fastapi import FastAPI

from gan_cli.errors import UserError


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes one that is free.

    Raises:
        UserError: If it cannot.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, _alone(), 1)
        found.bind(address)
        found.listen(128)
    except socket.gaierror as error:
        raise UserError(
            f"host: {host} is no address of this machine; leave --host out for this machine alone"
        ) from error
    except OSError as error:
        raise UserError(f"port: {host}:{port} cannot be listened at ({error.strerror}); take another --port") from error
    return found


def _alone() -> int:
    """The option by which a port is taken again at once, but not by two; by SO_REUSEADDR two can have it on Windows."""
    if sys.platform == "win32":
        return socket.SO_EXCLUSIVEADDRUSE
    return socket.SO_REUSEADDR


def is_private(host: str) -> bool:
    """Whether only this machine can reach that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def address_of(found: socket.socket) -> str:
    """The page's address, as a browser on this machine takes it."""
    host, port = found.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def own_names() -> Sequence[str]:
    """The names that this machine has in its network."""
    return tuple({socket.gethostname(), socket.getfqdn()} - {""})


def serve(app: FastAPI, found: socket.socket, open_it: bool, say: Callable[[str], None]) -> None:
    """Answers at a socket until the process is asked to stop.

    Args:
        app: What answers.
        found: What `listening` gave.
        open_it: Whether the page is opened in this machine's browser.
        say: Prints a line.
    """
    address = address_of(found)
    say(f"page: {address} (Ctrl-C ends it)")
    if open_it:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, ws_max_size=2**20, timeout_graceful_shutdown=3
    )
    uvicorn.Server(config).run(sockets=[found])
