"""Why a room says no."""


class RoomError(Exception):
    """A refusal, with what the edge tells: ``retry_after_s`` is set where waiting helps.

    Codes: not_found, licence_required, room_full, empty_message, message_too_long, rate_limited,
    busy, unavailable, message_not_found, forbidden, too_old, too_many_mentions, too_many_pins,
    bad_emoji, too_many_reactions, bad_reason, and those of moderation.
    """

    def __init__(self, code: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


def not_found() -> RoomError:
    """There is no such room."""
    return RoomError("not_found", "There is no such room.")


def licence_required() -> RoomError:
    """The room is of a ticketed stream, and this one has no ticket."""
    return RoomError("licence_required", "This room is for those who have a ticket.")


def unavailable() -> RoomError:
    """The store does not take messages; a resend under the same client_id is safe."""
    return RoomError("unavailable", "The room cannot take this now. Send it again.", 1.0)


def busy() -> RoomError:
    """More is waiting for the store than the room keeps."""
    return RoomError("busy", "Too much is being said at once.", 1.0)


def message_not_found() -> RoomError:
    """The room has no such message, or not any more."""
    return RoomError("message_not_found", "There is no such message.")


def forbidden() -> RoomError:
    """It is another one's to do."""
    return RoomError("forbidden", "This is not yours to do.")


def rate_limited(wait_s: float) -> RoomError:
    """More was asked for than anybody may."""
    return RoomError("rate_limited", "Too much at once. Wait a moment.", wait_s)
