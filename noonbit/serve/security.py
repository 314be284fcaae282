"""Who may ask: the gate in front of every route.

A server on this machine is open to whoever uses the machine, and so to every page in its browser.
Three things keep pages out. A page cannot leave out what the browser says of it (`Origin`,
`Sec-Fetch-Site`), so requests from other sites are refused. A site that gives its own name this
machine's address (DNS rebinding) still sends that name as `Host`, so names that were not allowed
are refused. And no answer permits another site to read it (CORS).

Beyond this machine every request states the key, compared in constant time.
"""

import hmac
import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

from noonbit.serve.refusal import RequestRefused
from noonbit.serve.request import Request
from noonbit.serve.settings import KEY_VARIABLE, ServeSettings

OPEN_PATHS = frozenset({"/health", "/ready", "/v2/health/live", "/v2/health/ready"})
"""They need no key: what watches a server seldom has one, and they say nothing of the network."""
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Of every answer that has no such header of its own."""


class Gate:
    """Lets only allowed requests through."""

    def __init__(self, settings: ServeSettings) -> None:
        self._key = None if settings.api_key is None else settings.api_key.encode("ascii")
        self._hosts = frozenset(
            name.lower() for name in ("localhost", settings.host, *settings.allowed_hosts)
        )

    def require_allowed(self, request: Request) -> None:
        """Raise `RequestRefused` for a foreign name, another site, or a missing key."""
        host = stated_host(request)
        name = host_name(host)
        if name not in self._hosts and not is_address(name):
            raise RequestRefused(
                403,
                f"This server is not called {name[:100]!r}; use localhost or an address, or start "
                "it with --allowed-host NAME.",
            )
        if is_cross_site(request, host):
            raise RequestRefused(
                403, "Pages of other sites may not ask this server; ask it from a program."
            )
        if self._key is not None and request.path not in OPEN_PATHS:
            stated = stated_key(request)
            if not hmac.compare_digest(stated.encode("latin-1", "replace"), self._key):
                raise RequestRefused(
                    401,
                    f"{'The key is wrong' if stated else 'There is no key'}; send that of "
                    f"{KEY_VARIABLE} as `Authorization: Bearer KEY` or `X-API-Key: KEY`.",
                    {"WWW-Authenticate": "Bearer"},
                )


def stated_host(request: Request) -> str:
    """Return the only Host header; raises `RequestRefused` for none or several."""
    hosts = request.headers(b"host")
    if len(hosts) != 1 or not hosts[0]:
        raise RequestRefused(400, f"A request has one header Host; {len(hosts)} came.")
    return hosts[0]


@lru_cache(maxsize=64)
def host_name(host: str) -> str:
    """Return the name or address in a Host header, in lower case: `[::1]:8000` -> `::1`."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # half a bracket
        return host


@lru_cache(maxsize=64)
def is_address(name: str) -> bool:
    """Whether a name is an IP address, which no site can have as its name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_cross_site(request: Request, host: str) -> bool:
    """Whether a browser says that a page of another site asks.

    `Sec-Fetch-Site` is of the Fetch Metadata specification; older browsers send `Origin` alone.
    """
    site = request.header(b"sec-fetch-site")
    if site is not None and site.lower() not in ("none", "same-origin"):
        return True
    origin = request.header(b"origin")
    return origin is not None and origin.lower().partition("://")[2] != host.lower()


def stated_key(request: Request) -> str:
    """Return the key that a request states; empty without one."""
    scheme, _, key = (request.header(b"authorization") or "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else request.header(b"x-api-key") or ""
