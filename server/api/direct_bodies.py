"""The bodies of direct messages, as the OpenAPI document shows them."""

from pydantic import Field

from server.api.bodies import AuthorView, Body


class DirectRoomView(Body):
    """A direct room: with whom, and where its order stands."""

    room: str
    user: AuthorView = Field(description="The other one")
    offset: int
    at: str = Field(description="When the last message was sent")


class DirectRoomList(Body):
    """Some direct rooms, and where the next ones begin."""

    items: list[DirectRoomView]
    next_cursor: str | None
