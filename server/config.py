"""Settings: environment variables (a ``.env`` is read), checked once, at start."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from server.config_values import (
    ANY_ADDRESS,
    MAX_PORT,
    PSP_OFF,
    RTMP_APP,
    Endpoint,
    parse_endpoint,
    parse_networks,
    parse_psp_url,
    parse_public_rtmp,
    parse_public_url,
    parse_registration,
    parse_secret,
    parse_store,
    parse_webhook_secrets,
)

ENV_PREFIX = "BANDSTAND_"
DEFAULT_RTMP_PORT = 1935
MAX_FEE_BPS = 10_000
TRANSFER_DELAY_S = 24 * 3600
"""From a sale until the seller's share is sent: most refunds are asked for on the same day."""
MAX_TRANSFER_DELAY_S = 90 * 24 * 3600
CHAT_CONNECTIONS_PER_ADDRESS = 200
MAX_CHAT_CONNECTIONS_PER_ADDRESS = 20_000
"""All that there may be."""

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """The settings cannot be used; each of ``lines`` names a variable and what is wrong."""

    def __init__(self, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


def _default_http(data: Mapping[str, Any]) -> Endpoint:
    port = data.get("port")
    return Endpoint("127.0.0.1", 8000) if port is None else Endpoint(ANY_ADDRESS[0], port)


def _default_public_url(data: Mapping[str, Any]) -> str:
    return f"http://{_named(data['http'])}"


def _default_public_rtmp(data: Mapping[str, Any]) -> str:
    return f"rtmp://{_named(data['rtmp'])}/{RTMP_APP}"


def _named(endpoint: Endpoint) -> str:
    """Name what to write in a link: nobody can open ``http://0.0.0.0``."""
    return f"localhost:{endpoint.port}" if endpoint.host in ANY_ADDRESS else str(endpoint)


class Settings(BaseSettings):
    """What the environment says. Each field is ``BANDSTAND_`` and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    port: Annotated[int, Field(ge=0, le=MAX_PORT)] | None = Field(None, validation_alias="PORT")
    http: Annotated[Endpoint, NoDecode, BeforeValidator(parse_endpoint)] = Field(
        default_factory=_default_http
    )
    rtmp: Annotated[Endpoint, NoDecode, BeforeValidator(parse_endpoint)] = Endpoint(
        "127.0.0.1", DEFAULT_RTMP_PORT
    )
    rtmps: Annotated[Endpoint, NoDecode, BeforeValidator(parse_endpoint)] | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    public_url: Annotated[str, BeforeValidator(parse_public_url)] = Field(
        default_factory=_default_public_url
    )
    public_rtmp: Annotated[str, BeforeValidator(parse_public_rtmp)] = Field(
        default_factory=_default_public_rtmp
    )
    trusted_proxies: Annotated[
        tuple[IpNetwork, ...], NoDecode, BeforeValidator(parse_networks)
    ] = ()
    data: Path = Path("data")
    store: Annotated[Literal["sqlite"], BeforeValidator(parse_store)] = "sqlite"
    env: Literal["dev", "production"] = "dev"
    secret: Annotated[SecretStr, BeforeValidator(parse_secret)] | None = None
    registration: Annotated[Literal["open", "closed"], BeforeValidator(parse_registration)] = "open"
    metrics_token: SecretStr | None = None
    psp_url: Annotated[str, BeforeValidator(parse_psp_url)] | None = None
    psp_api_key: SecretStr | None = None
    psp_webhook_secret: Annotated[SecretStr, BeforeValidator(parse_webhook_secrets)] | None = None
    payout_url: Annotated[str, BeforeValidator(parse_psp_url)] | None = None
    payout_api_key: SecretStr | None = None
    platform_fee_bps: Annotated[int, Field(ge=0, le=MAX_FEE_BPS)] = 0
    transfer_delay_s: Annotated[int, Field(ge=0, le=MAX_TRANSFER_DELAY_S)] = TRANSFER_DELAY_S
    chat_connections_per_address: Annotated[
        int, Field(ge=1, le=MAX_CHAT_CONNECTIONS_PER_ADDRESS)
    ] = CHAT_CONNECTIONS_PER_ADDRESS
    sessions_per_licence: Annotated[int, Field(ge=1, le=100)] = 3
    refund_suspends_licence: bool = False
    private_targets: bool = False

    @property
    def production(self) -> bool:
        """Whether this is no place for a dev default."""
        return self.env == "production"

    @property
    def takes_private_targets(self) -> bool:
        """Whether webhooks and forwards may also go into private networks, and to this machine."""
        return self.private_targets or not self.production

    @property
    def sells(self) -> bool:
        """Whether there is a payment provider, so that tickets can be bought."""
        return self.psp_url != PSP_OFF

    @property
    def uses_sandbox(self) -> bool:
        """Whether the payment provider is the one that runs in this process."""
        return self.psp_url is None

    @property
    def https(self) -> bool:
        """Whether browsers reach us over TLS, so that cookies are ``Secure``."""
        return self.public_url.startswith("https:")

    def listening_at(
        self, http: Endpoint, rtmp: Endpoint, rtmps: Endpoint | None = None
    ) -> "Settings":
        """The same with the ports that the system chose; links that were not set follow them."""
        update: dict[str, Any] = {"http": http, "rtmp": rtmp, "rtmps": rtmps}
        if "public_url" not in self.model_fields_set:
            update["public_url"] = _default_public_url(update)
        if "public_rtmp" not in self.model_fields_set:
            update["public_rtmp"] = _default_public_rtmp(update)
        return self.model_copy(update=update)

    @model_validator(mode="after")
    def _no_dev_defaults_in_production(self) -> "Settings":
        if self.production and self.secret is None:
            raise ValueError("BANDSTAND_SECRET: must be set when BANDSTAND_ENV is production")
        if self.production and self.psp_url is None:
            raise ValueError(
                "BANDSTAND_PSP_URL: must be set when BANDSTAND_ENV is production, for the sandbox "
                f"moves no money; {PSP_OFF} sells nothing"
            )
        return self

    @model_validator(mode="after")
    def _rtmps_comes_with_a_certificate(self) -> "Settings":
        given = [name for name in ("rtmps", "tls_cert", "tls_key") if getattr(self, name)]
        if given and len(given) < 3:
            raise ValueError(
                "BANDSTAND_RTMPS: comes with BANDSTAND_TLS_CERT and BANDSTAND_TLS_KEY, all or none"
            )
        return self

    @model_validator(mode="after")
    def _providers_come_with_their_keys(self) -> "Settings":
        if self.psp_url not in (None, PSP_OFF):
            for name in ("psp_api_key", "psp_webhook_secret"):
                if getattr(self, name) is None:
                    raise ValueError(
                        f"{ENV_PREFIX}{name.upper()}: must be set with {ENV_PREFIX}PSP_URL"
                    )
        if self.payout_url not in (None, PSP_OFF) and self.payout_api_key is None:
            raise ValueError("BANDSTAND_PAYOUT_API_KEY: must be set with BANDSTAND_PAYOUT_URL")
        return self


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; ``overrides`` (by field name) win over it. SettingsError."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError(*_lines(error)) from None


def _lines(error: ValidationError) -> list[str]:
    # A field whose default is made from another one that is bad has no fault of its own.
    faults = [each for each in error.errors() if each["type"] != "default_factory_not_called"]
    return [_line(fault) for fault in faults]


def _line(fault: ErrorDetails) -> str:
    """Name the variable and the fault, and never show the value: it may be a secret."""
    message = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return message
    name = str(fault["loc"][0]).upper()
    return f"{name}: {message}" if name == "PORT" else f"{ENV_PREFIX}{name}: {message}"
