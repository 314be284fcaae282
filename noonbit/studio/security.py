"""Who may ask the studio: what its own pages ask, from this machine.

The studio starts processes and reads files, so no page of another site may reach it: neither by its
address (`Origin`, `Sec-Fetch-Site`), nor by a name of its own for that address (`Host`; DNS
rebinding). Both are checked for every request and for every WebSocket, NiceGUI's included, which a
browser lets any page open.

What a page may load is stated in its Content-Security-Policy: only what the studio itself serves.
NiceGUI compiles templates in the browser, hence 'unsafe-eval', and its widgets set styles; its
scripts carry a nonce, so that no text that found its way into a page runs as one.
"""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from noonbit.serve.refusal import RequestRefused
from noonbit.serve.request import Request
from noonbit.serve.security import host_name, is_cross_site, stated_host
from noonbit.terminal import escape_controls

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'",
}
"""Of every answer that has no such header of its own."""
PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval' 'nonce-{nonce}'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""Of NiceGUI's pages."""


LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
"""What this machine's own browser calls it."""


class LocalGate:
    """ASGI middleware that refuses what is not asked by this machine's own pages or programs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is not allowed; hand all others on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            require_local(Request(scope, receive))
        except RequestRefused as refusal:
            if scope["type"] == "websocket":
                await receive()  # of `websocket.connect`, before which nothing may be sent
                await send({"type": "websocket.close", "code": 1008, "reason": ""})
            else:
                content = {"error": escape_controls(refusal.sentence)}
                response = JSONResponse(content, status_code=refusal.status)
                await response(scope, receive, AnswerHeaders(send))
            return
        is_web = scope["type"] == "http"
        await self._app(scope, receive, AnswerHeaders(send) if is_web else send)


def require_local(request: Request) -> None:
    """Raise `RequestRefused` for a foreign name of this machine, or another site's page."""
    host = stated_host(request)
    name = host_name(host)
    if name not in LOCAL_NAMES:
        raise RequestRefused(
            403, f"The studio is not called {name[:100]!r}; use localhost or 127.0.0.1."
        )
    if is_cross_site(request, host):
        raise RequestRefused(403, "Pages of other sites may not ask the studio.")


class AnswerHeaders:
    """Sends an answer with the security headers, and NiceGUI's pages with a nonce at each script.

    A page is held until it is whole, since its length changes; it has some tens of kilobytes.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._page_start: Message | None = None
        self._page = bytearray()

    async def __call__(self, message: Message) -> None:
        """Send a message, or keep it until the page is whole."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("X-NiceGUI-Content") == "page":
                self._page_start = message
                return
            add_security_headers(headers)
        elif message["type"] == "http.response.body" and self._page_start is not None:
            self._page += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_page(self._page_start, bytes(self._page))
            return
        await self._send(message)

    async def _send_page(self, start: Message, page: bytes) -> None:
        nonce = secrets.token_urlsafe(16)
        # Texts in a page have no `<`: NiceGUI sends them as JSON with each of them escaped.
        page = page.replace(b"<script", b'<script nonce="' + nonce.encode() + b'"')
        headers = MutableHeaders(scope=start)
        headers["Content-Length"] = str(len(page))
        headers["Content-Security-Policy"] = PAGE_POLICY.format(nonce=nonce)
        add_security_headers(headers)
        await self._send(start)
        await self._send({"type": "http.response.body", "body": page})


def add_security_headers(headers: MutableHeaders) -> None:
    """Add the headers that every answer has, where it has none of its own."""
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
