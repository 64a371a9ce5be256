"""Who is writing something: told a few times, kept nowhere."""

from actors.room.events import By

TYPING_INTERVAL_S = 2.0
MAX_TYPING_NAMES = 5
MAX_TYPING_MEMBERS = 200
"""In a larger room nobody could follow it."""


class Typing:
    """Those who have said since the last sample that they are writing."""

    def __init__(self) -> None:
        self._users: dict[str, By] = {}
        self._told: tuple[By, ...] = ()

    def note(self, by: By) -> None:
        """Somebody is writing. Past the first few it makes no difference."""
        if len(self._users) < MAX_TYPING_NAMES:
            self._users[by.user_id] = by

    def stop(self, user_id: str) -> None:
        """Somebody has sent it."""
        self._users.pop(user_id, None)

    def sample(self) -> tuple[By, ...] | None:
        """Begin anew; give who was writing until now, or None if nobody was last time either."""
        users = tuple(self._users.values())
        before, self._told = self._told, users
        self._users.clear()
        return users if users or before else None
