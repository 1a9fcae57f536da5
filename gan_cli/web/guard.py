"""What is refused before any of our code sees a request: foreign hosts, foreign pages and too large bodies."""

import ipaddress
import json
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 48 * 2**20
"""The largest body of a request: a photograph of a camera, in any usual format."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""The content security policy: the page fetches nothing from elsewhere, and runs no script but files of ours."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""The headers of every answer; what an answer says itself stays."""


class Refused(Exception):
    """A request that is not answered.

    Args:
        status: Of HTTP.
        reason: A line for the person at the browser.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Guard:
    """Lets requests and websockets of our own page through, and nothing else.

    The page of another site may send requests to a server on this machine, and a name that belongs to that site may be
    pointed to this machine (DNS rebinding). So the host has to be this machine under a name that only it has, and
    whoever says where a page is from has to say that it is ours.

    Args:
        app: What answers.
        names: The names that the page may be called by, beside those of the loopback interface.
        addresses: Whether any address of numbers is a name of the page, as where it listens to a network: nobody can
            point such an address elsewhere.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str] = (), addresses: bool = False) -> None:
        self.app, self.addresses = app, addresses
        self.names = {"localhost", "127.0.0.1", "::1", *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or refuses."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        try:
            self.check(scope)
        except Refused as refused:
            await _refuse(refused, scope, send)
            return
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
        else:
            await self._limited(scope, receive, send)

    def check(self, scope: Scope) -> None:
        """Holds a request to its host and its origin.

        Raises:
            Refused: If one of them is not ours.
        """
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if not self._is_ours(host):
            raise Refused(421, f"The host {host or '(none)'} is none of this page's; gan serve --name adds one")
        origin = headers.get("origin")
        if origin is None and scope["type"] == "websocket":
            raise Refused(403, "A websocket has to say which page it is from")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            raise Refused(403, f"A page of {origin} may not use this server")
        begins = scope["path"] == "/" and headers.get("sec-fetch-mode") == "navigate"  # a link to the page is no harm
        if not begins and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise Refused(403, "A page from elsewhere may not use this server")

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            if name.lower() in self.names:
                return True
            return self.addresses and bool(ipaddress.ip_address(name))
        except ValueError:
            return False

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, unless the body is too large; the answer gets our headers."""
        seen, started = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MOST_BYTES:
                raise _too_large()
            return message

        async def dressed(message: Message) -> None:
            nonlocal started
            if seen > MOST_BYTES and not started:
                return  # what the application makes of the refusal; ours says the reason
            if message["type"] == "http.response.start":
                started = True
                said = {name.lower() for name, _ in message["headers"]}
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in said]
                message["headers"] = [*message["headers"], *own]
            await send(message)

        told = dict(scope["headers"]).get(b"content-length", b"0")
        if not told.isdigit() or int(told) > MOST_BYTES:
            await _refuse(_too_large(), scope, send)
            return
        with suppress(Refused):
            await self.app(scope, counted, dressed)
        if seen > MOST_BYTES and not started:
            await _refuse(_too_large(), scope, send)


def _too_large() -> Refused:
    return Refused(413, f"That is more than {MOST_BYTES >> 20} MB; take a smaller file")


async def _refuse(refused: Refused, scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": refused.reason[:120]})
        return
    body = json.dumps({"error": refused.reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
