"""Forwards: the other servers that a stream's shows are passed on to, as its owner wants it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from actors.ids import new_id
from actors.ports import Clock
from actors.services.forward_target import Target, good_key, read_target
from actors.services.public_addresses import names_private_address
from actors.services.sealing import Sealing
from storage.api import Conflict, Delete, Document, Put, Store

COLLECTION = "forwards"
FORWARD_PREFIX = "fwd"
MAX_FORWARDS_PER_STREAM = 5
MAX_ROUNDS = 5
"""How often a write is tried that others came before."""


class ForwardError(Exception):
    """Codes: forward_not_found, too_many_forwards, invalid_url, invalid_key, private_address."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Forward:
    """One server that shows are passed on to. ``created_at`` is Unix time in milliseconds."""

    id: str
    url: str
    key_sealed: str = field(repr=False)
    enabled: bool
    created_at: int

    @property
    def target(self) -> Target:
        """The URL in its parts."""
        return read_target(self.url)


class Forwards:
    """The owner's side of forwards. ``private`` takes addresses that are not public, too.

    All of a stream's are one document, so that two who add at once cannot pass the limit.
    """

    def __init__(self, store: Store, sealing: Sealing, clock: Clock, *, private: bool) -> None:
        self._store = store
        self._sealing = sealing
        self._clock = clock
        self._private = private

    async def of_stream(self, stream_id: str) -> list[Forward]:
        """Return a stream's forwards, the oldest first."""
        return (await self._read(stream_id))[1]

    async def get(self, stream_id: str, forward_id: str) -> Forward:
        """Return one of them. ForwardError."""
        return _found(await self.of_stream(stream_id), forward_id)

    def key_of(self, forward: Forward) -> str:
        """Open a forward's key. SealBroken."""
        return self._sealing.open(forward.key_sealed, forward.id)

    async def add(self, stream_id: str, url: str, key: str, *, enabled: bool) -> Forward:
        """Make a forward. ForwardError, Conflict."""
        forward_id = new_id(FORWARD_PREFIX)
        sealed = self._seal(key, forward_id)
        forward = Forward(forward_id, self._url(url), sealed, enabled, self._clock.now_ms())

        def append(forwards: list[Forward]) -> list[Forward]:
            if len(forwards) >= MAX_FORWARDS_PER_STREAM:
                most = f"A stream has at most {MAX_FORWARDS_PER_STREAM} forwards."
                raise ForwardError("too_many_forwards", most)
            return [*forwards, forward]

        await self._rewrite(stream_id, append)
        return forward

    async def change(
        self,
        stream_id: str,
        forward_id: str,
        *,
        url: str | None = None,
        key: str | None = None,
        enabled: bool | None = None,
    ) -> Forward:
        """Change what is not None. ForwardError, Conflict.

        Another URL wants the key with it: whoever may change it could else have the old key sent
        to a server of theirs.
        """
        good = None if url is None else self._url(url)
        sealed = None if key is None else self._seal(key, forward_id)

        def change_one(forwards: list[Forward]) -> list[Forward]:
            old = _found(forwards, forward_id)
            if good not in (None, old.url) and sealed is None:
                raise ForwardError("invalid_key", "key: must be given with another url")
            new = Forward(
                old.id,
                old.url if good is None else good,
                old.key_sealed if sealed is None else sealed,
                old.enabled if enabled is None else enabled,
                old.created_at,
            )
            return [new if each is old else each for each in forwards]

        return _found(await self._rewrite(stream_id, change_one), forward_id)

    async def remove(self, stream_id: str, forward_id: str) -> None:
        """Take a forward away. ForwardError, Conflict."""

        def without(forwards: list[Forward]) -> list[Forward]:
            gone = _found(forwards, forward_id)
            return [each for each in forwards if each is not gone]

        await self._rewrite(stream_id, without)

    async def remove_all(self, stream_id: str) -> None:
        """Take all forwards of a stream away. Conflict."""
        await self._rewrite(stream_id, lambda forwards: [])

    async def _rewrite(
        self, stream_id: str, change: Callable[[list[Forward]], list[Forward]]
    ) -> list[Forward]:
        """Commit what ``change`` makes of a stream's forwards, read anew if others came before."""
        rounds = 0
        while True:
            version, before = await self._read(stream_id)
            after = change(before)
            try:
                if after:
                    doc = {"forwards": [_write(each) for each in after]}
                    await self._store.commit(Put(COLLECTION, stream_id, doc, version))
                elif version:
                    await self._store.commit(Delete(COLLECTION, stream_id, version))
            except Conflict:
                rounds += 1
                if rounds == MAX_ROUNDS:
                    raise
            else:
                return after

    async def _read(self, stream_id: str) -> tuple[int, list[Forward]]:
        """The document's version, 0 where there is none, and what it holds."""
        row = await self._store.get(COLLECTION, stream_id)
        if row is None:
            return 0, []
        return row.version, [Forward(**each) for each in row.doc["forwards"]]

    def _url(self, text: str) -> str:
        try:
            target = read_target(text)
        except ValueError as error:
            raise ForwardError("invalid_url", f"url: {error}") from None
        if not self._private and names_private_address(target.url):
            raise ForwardError("private_address", "url: must be an address of the public internet")
        return target.url

    def _seal(self, key: str, forward_id: str) -> str:
        try:
            return self._sealing.seal(good_key(key), forward_id)
        except ValueError as error:
            raise ForwardError("invalid_key", f"key: {error}") from None


def _found(forwards: list[Forward], forward_id: str) -> Forward:
    for forward in forwards:
        if forward.id == forward_id:
            return forward
    raise ForwardError("forward_not_found", "There is no such forward.")


def _write(forward: Forward) -> Document:
    return {
        "id": forward.id,
        "url": forward.url,
        "key_sealed": forward.key_sealed,
        "enabled": forward.enabled,
        "created_at": forward.created_at,
    }
