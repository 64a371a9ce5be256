"""A room's modes: what its plain members have to keep to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

MAX_SLOW_S = 3_600


@dataclass(frozen=True, slots=True)
class Modes:
    """How a room is held. Moderators are exempt from all of them.

    ``slow_s``: seconds between two messages of a user, 0 for none. ``ticket_holders``: only who
    has a licence of the stream writes. ``emote_only``: nothing but emoji. ``approval``: a message
    waits until a moderator lets it pass.
    """

    slow_s: int = 0
    ticket_holders: bool = False
    emote_only: bool = False
    approval: bool = False

    def document(self) -> dict[str, int | bool]:
        """Give all modes as a JSON object, as they are stored and told."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read what ``document`` gave."""
        return cls(**document)
