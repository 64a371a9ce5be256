"""The values of settings, read from the text of a variable. ValueError says what is wrong."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

MIN_SECRET_BYTES = 32
MAX_PORT = 65_535
RTMP_APP = "live"
PSP_OFF = "off"
MIN_WEBHOOK_SECRET_CHARS = 8
MAX_WEBHOOK_SECRETS = 2
"""While one is changed for another, both hold."""
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - compared with, and bound to where PORT is set


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to listen: ``host`` is an address or a name, ``port`` 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def reachable(self) -> "Endpoint":
        """The same for a client on this machine, who cannot connect to "any address"."""
        return Endpoint("127.0.0.1", self.port) if self.host in ANY_ADDRESS else self


def parse_endpoint(value: object) -> object:
    """Read ``host:port``; an IPv6 address stands in brackets. ValueError."""
    if not isinstance(value, str):
        return value
    host, colon, port = value.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = str(ipaddress.IPv6Address(host[1:-1]))
    elif ":" in host:
        raise ValueError("an IPv6 address goes in brackets, such as [::1]:8000")
    if not (host and colon and port.isascii() and port.isdigit() and int(port) <= MAX_PORT):
        raise ValueError("must be host:port, such as 127.0.0.1:8000")
    return Endpoint(host, int(port))


def parse_networks(value: object) -> object:
    """Read addresses and networks with commas between. ValueError."""
    if not isinstance(value, str):
        return value
    return tuple(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())


def parse_public_url(value: object) -> object:
    """Read an http or https origin, without a path. ValueError."""
    if not isinstance(value, str):
        return value
    url = urlsplit(value.strip())
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError("must be a URL such as https://stage.example")
    if url.path not in ("", "/") or url.query or url.fragment or "@" in url.netloc:
        raise ValueError("must be scheme and host alone, such as https://stage.example")
    return f"{url.scheme}://{url.netloc}"


def parse_public_rtmp(value: object) -> object:
    """Read an rtmp or rtmps URL; where it has no path, ours is added. ValueError."""
    if not isinstance(value, str):
        return value
    url = urlsplit(value.strip())
    if url.scheme not in ("rtmp", "rtmps") or not url.hostname:
        raise ValueError("must be a URL such as rtmp://stage.example/live")
    path = url.path.rstrip("/") or f"/{RTMP_APP}"
    return f"{url.scheme}://{url.netloc}{path}"


def parse_store(value: object) -> object:
    """Let only the engine through that there is. ValueError."""
    if value != "sqlite":
        raise ValueError("must be sqlite: this version has no other store")
    return value


def parse_psp_url(value: object) -> object:
    """Read the base URL of a provider's API, or the word that switches it off. ValueError."""
    if not isinstance(value, str) or value == PSP_OFF:
        return value
    url = urlsplit(value.strip())
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
        raise ValueError(f"must be a URL such as https://psp.example/api, or {PSP_OFF}")
    return value.strip().rstrip("/")


def parse_webhook_secrets(value: object) -> object:
    """Refuse secrets, the new one and perhaps the old, that are too short. ValueError."""
    if isinstance(value, str):
        each = [secret.strip() for secret in value.split(",")]
        if len(each) > MAX_WEBHOOK_SECRETS or min(map(len, each)) < MIN_WEBHOOK_SECRET_CHARS:
            raise ValueError(
                f"must be 1 to {MAX_WEBHOOK_SECRETS} secrets with commas between, each of at "
                f"least {MIN_WEBHOOK_SECRET_CHARS} characters"
            )
    return value


def parse_registration(value: object) -> object:
    """Tell a mode that is not there yet from a misspelt one. ValueError."""
    if value == "invite":
        raise ValueError("this version knows no invitations yet: use open or closed")
    return value


def parse_secret(value: object) -> object:
    """Refuse a secret that is too short to sign with. ValueError."""
    if isinstance(value, str) and len(value.encode()) < MIN_SECRET_BYTES:
        raise ValueError(f"must be at least {MIN_SECRET_BYTES} bytes, from a random source")
    return value
