"""The bodies of requests and responses, as the OpenAPI document shows them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from actors.services import rules
from actors.services.streams import Access, Status

MAX_LIMIT = 100
DEFAULT_LIMIT = 20
MAX_TEXT_CHARS = 10_000
"""Of any text, before its own rule looks at it."""

Text = Annotated[str, Field(max_length=MAX_TEXT_CHARS)]
Email = Annotated[Text, AfterValidator(rules.normal_email)]
Password = Annotated[Text, AfterValidator(rules.good_password)]
Name = Annotated[Text, AfterValidator(rules.normal_name)]
Title = Annotated[Text, AfterValidator(rules.normal_title)]
Description = Annotated[Text, AfterValidator(rules.normal_description)]


class Body(BaseModel):
    """The base: unknown members are let pass, so that newer clients can talk to us."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class RegisterBody(Body):
    """A new account. With ``cookie`` the refresh token goes into a cookie, for pages."""

    email: Email
    password: Password
    name: Name
    cookie: bool = False


class LoginBody(Body):
    """Signing in. With ``cookie`` the refresh token goes into a cookie, for pages."""

    email: Text
    password: Text
    cookie: bool = False


class RefreshBody(Body):
    """The refresh token, unless it comes in the cookie."""

    refresh_token: Text | None = None


class UserView(Body):
    """An account as its owner sees it."""

    id: str
    email: str
    name: str
    admin: bool


class SignedInView(Body):
    """A signed-in user. ``refresh_token`` is absent where it went into the cookie."""

    user: UserView
    access_token: str
    expires_in: int = Field(description="Seconds until the access token expires")
    refresh_token: str = ""


class CreateStreamBody(Body):
    """A new stream."""

    title: Title
    description: Description = ""
    access: Access = "public"


class UpdateStreamBody(Body):
    """What to change; the rest stays."""

    title: Title | None = None
    description: Description | None = None
    access: Access | None = None


class OwnerView(Body):
    """Whose stream it is."""

    id: str
    name: str


class StreamView(Body):
    """A stream. Times are RFC 3339; ``rtmp_url`` and ``stream_key`` are for its owner alone."""

    id: str
    title: str
    description: str
    access: Access
    status: Status
    viewers: int
    owner: OwnerView
    created_at: str
    started_at: str | None
    ended_at: str | None
    room_id: str
    hls_url: str
    page_url: str
    rtmp_url: str = ""
    stream_key: str = ""


class StreamList(Body):
    """One page of streams."""

    items: list[StreamView]
    next_cursor: str | None


class ListQuery(Body):
    """Which streams: those on air (``live``), one's own (``mine``), or all."""

    live: bool | None = None
    mine: bool = False
    cursor: str | None = None
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class StoppedView(Body):
    """Whether there was a show to stop."""

    stopped: bool


class PlaybackView(Body):
    """Where to play a stream from, and until when this address is good."""

    hls_url: str
    expires_at: str


class MailboxesView(Body):
    """All actors' mailboxes, summed up."""

    actors: int
    waiting: int
    fullest: float = Field(description="The fullest one's share of its capacity, 0 to 1")
    blocked_senders: int
    restarts: int


class HealthView(Body):
    """How the process is."""

    status: Literal["ok", "degraded"]
    version: str
    uptime_s: float
    streams_live: int | None
    mailboxes: MailboxesView


class AuthorView(Body):
    """Who did, made or said something."""

    id: str
    name: str
