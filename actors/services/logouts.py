"""Who has signed out everywhere, for as long as an access token of before could still be good."""

from actors.ports import Clock
from storage.api import Delete, Put, Store

COLLECTION = "logouts"
ROWS_PER_PAGE = 100


class Logouts:
    """The newest logout of each user within ``remembered_s``: some 200 bytes each, in memory.

    A user needs a password for each, and a password costs a tenth of a second of a core, so there
    are never many.
    """

    def __init__(self, clock: Clock, remembered_s: int) -> None:
        self._clock = clock
        self._remembered_ms = remembered_s * 1000
        # User -> time and number of the newest logout, the oldest first.
        self._last: dict[str, tuple[int, int]] = {}
        self.count = 0

    def __len__(self) -> int:
        return len(self._last)

    def note(self, user_id: str, at_ms: int) -> None:
        """Refuse what was issued to a user up to a time."""
        self.count += 1
        self._last.pop(user_id, None)
        self._last[user_id] = (at_ms, self.count)
        forgotten_ms = self._clock.now_ms() - self._remembered_ms
        while (oldest := next(iter(self._last))) != user_id:
            if self._last[oldest][0] >= forgotten_ms:
                return
            del self._last[oldest]

    def last_ms(self, user_id: str) -> int:
        """When a user signed out everywhere last; 0 where that is forgotten, or never was."""
        found = self._last.get(user_id)
        return 0 if found is None else found[0]

    def since(self, user_id: str, count: int) -> bool:
        """Whether a user has signed out everywhere since ``self.count`` was ``count``."""
        found = self._last.get(user_id)
        return found is not None and found[1] > count

    async def load(self, store: Store) -> None:
        """Take up what was noted before a restart, and clear away what need not be. StoreError."""
        forgotten_ms = self._clock.now_ms() - self._remembered_ms
        after = None
        while True:
            rows = await store.find(COLLECTION, {}, sort="at", after=after, limit=ROWS_PER_PAGE)
            old = [row for row in rows if row.doc["at"] < forgotten_ms]
            if old:
                await store.commit(*(Delete(COLLECTION, row.id, row.version) for row in old))
            for row in rows[len(old) :]:
                self.note(row.id, row.doc["at"])
            if len(rows) < ROWS_PER_PAGE:
                return
            after = (rows[-1].doc["at"], rows[-1].id)


async def logout_write(store: Store, user_id: str, at_ms: int) -> Put:
    """Give the write that makes a logout durable. StoreUnavailable."""
    row = await store.get(COLLECTION, user_id)
    return Put(COLLECTION, user_id, {"at": at_ms}, 0 if row is None else row.version)
