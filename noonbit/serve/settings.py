"""What a server is told, and what it accepts of a request."""

import ipaddress
from dataclasses import dataclass

from noonbit.config.ranges import PIXEL_LIMIT
from noonbit.errors import UsageError

KEY_VARIABLE = "NOONBIT_API_KEY"


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Where to listen, who may ask, and how much at once."""

    host: str = "127.0.0.1"
    """The address to listen on, or a name of this machine."""
    port: int = 8000
    """0 lets the system choose one."""
    api_key: str | None = None
    """What every request has to state; needed beyond this machine."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which clients may call the server, besides localhost and IP addresses."""
    max_batch: int = 64
    """Inputs that the network answers at once."""
    max_inputs: int = 256
    """Inputs of one request."""
    max_pending: int = 1024
    """Inputs of all requests that wait or are being answered; more are told to come back."""
    max_body_bytes: int = 32 * 2**20
    """Of one request."""
    max_held_bytes: int = 128 * 2**20
    """Of the bodies of all requests that are being answered."""
    max_pixels: int = PIXEL_LIMIT
    """Of one picture, by its header."""
    timeout_seconds: float = 30.0
    """From the first byte of a request to its answer."""
    grace_seconds: float = 30.0
    """For what was taken, after the server was told to stop."""

    def __post_init__(self) -> None:
        """Refuse limits that would let no request through, and a door that is open to all."""
        if self.max_batch < 1 or self.max_inputs < 1:
            raise UsageError("A batch and a request hold at least 1 input.")
        if self.max_pending < self.max_inputs or self.max_held_bytes < self.max_body_bytes:
            raise UsageError("What waits has to have room for the largest request.")
        if not self.is_local and self.api_key is None:
            raise UsageError(
                f"--host {self.host} lets others ask: set the variable {KEY_VARIABLE} to a key "
                "that they state, or leave --host out."
            )
        if self.api_key is not None and not is_sendable(self.api_key):
            raise UsageError(
                f"{KEY_VARIABLE} is no key: it is visible ASCII characters without spaces, such "
                'as those of python -c "import secrets; print(secrets.token_urlsafe())".'
            )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can ask."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own; a name other than localhost may be any."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_sendable(key: str) -> bool:
    """Whether a key can stand in a header as it is."""
    return bool(key) and all("!" <= letter <= "~" for letter in key)
