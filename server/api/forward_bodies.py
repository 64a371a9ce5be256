"""The bodies of forwards, as the OpenAPI document shows them."""

from typing import Literal

from pydantic import Field

from server.api.bodies import Body, Text


class CreateForwardBody(Body):
    """A new forward: ``url`` without the key, such as rtmp://live.example/app."""

    url: Text
    key: Text
    enabled: bool = True


class UpdateForwardBody(Body):
    """What to change; the rest stays. Another ``url`` wants the ``key`` with it."""

    url: Text | None = None
    key: Text | None = None
    enabled: bool | None = None


class ForwardView(Body):
    """A forward and how it stands. Its key is shown to nobody."""

    id: str
    url: str
    enabled: bool
    created_at: str
    state: Literal["idle", "connecting", "live", "retrying", "refused"]
    since: str | None = Field(description="Since when it is so; null while no show is on air")
    kbps: int = Field(description="What goes out, over the last 5 s")
    reconnects: int = Field(description="How often it came back, in this show")
    dropped_frames: int = Field(description="What the server was too slow for, in this show")
    error: str | None = Field(description="What went wrong the last time; null while it is live")


class ForwardList(Body):
    """All forwards of a stream, the oldest first."""

    items: list[ForwardView]
