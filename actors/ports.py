"""What actors need from outside; ``server`` implements it."""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from media.frames import Frame

if TYPE_CHECKING:
    from actors.room.events import Push as RoomPush
    from actors.stream.facts import StreamNews
    from actors.stream.health import HealthNews

    Push = RoomPush | StreamNews | HealthNews


class Clock(Protocol):
    """The wall clock."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        ...


class Publisher(Protocol):
    """A connection that pushes a show; the stream's actor may only end it."""

    @property
    def address(self) -> str:
        """Where it comes from, for logs and for the broadcaster's page."""
        ...

    def close(self, code: str, description: str) -> None:
        """End the connection, telling the encoder an RTMP ``onStatus`` code and why in words."""
        ...


class ShowListener(Protocol):
    """Hears all shows, to pass them on. It takes what it is given at once, and raises nothing."""

    def turned(self, stream_id: str, status: str) -> None:
        """The stream is now live, interrupted or ended."""
        ...

    def frames(self, stream_id: str, frames: Sequence[Frame]) -> None:
        """One reading tick's frames, in order, of a stream that is live."""
        ...


class Viewers(Protocol):
    """How many are watching, counted by the edge from its playback sessions."""

    def count(self, stream_id: str) -> int:
        """Sessions of the stream that asked for a playlist a short time ago."""
        ...


@dataclass(frozen=True, slots=True)
class CloseReason:
    """Why a member is closed: a WebSocket close code (RFC 6455, section 7.4) and a word."""

    code: int
    reason: str


class Batch:
    """What is pushed to all members of a room, or to all who watch a stream, at once.

    It is encoded once for each encoding.
    An ``ephemeral`` batch may be left out where a member lags behind.
    """

    __slots__ = ("_encoded", "ephemeral", "pushes")

    def __init__(self, pushes: "tuple[Push, ...]", *, ephemeral: bool = False) -> None:
        self.pushes = pushes
        self.ephemeral = ephemeral
        self._encoded: dict[Callable[[tuple[Push, ...]], bytes], bytes] = {}

    def encoded(self, encode: "Callable[[tuple[Push, ...]], bytes]") -> bytes:
        """Give the bytes that ``encode`` makes of the pushes: the same object to every caller."""
        frame = self._encoded.get(encode)
        if frame is None:
            frame = self._encoded[encode] = encode(self.pushes)
        return frame


class Member(Protocol):
    """Somebody in a room, as far as the room's actor knows."""

    def offer(self, batch: Batch) -> CloseReason | None:
        """Take a batch without waiting; give a reason where the member is out from now on."""
        ...


class Connections(Protocol):
    """The connections of users, whether they are in a room or not."""

    def tell(self, user_ids: Iterable[str], batch: Batch, members: Container[Any]) -> None:
        """Offer an ephemeral batch to all connections of users but those that are ``members``."""
        ...


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment to ask the provider for. ``amount`` is in minor units; the id is ours."""

    payment_id: str
    order_id: str
    amount: int
    currency: str
    description: str
    return_url: str


@dataclass(frozen=True, slots=True)
class NewRefund:
    """A refund to ask the provider for. ``amount`` is in minor units; the ids are ours."""

    refund_id: str
    payment_id: str
    amount: int
    currency: str
    reason: str


@dataclass(frozen=True, slots=True)
class PaymentState:
    """What the provider says of a payment. ``amount`` is what was captured, once it succeeded."""

    payment_id: str
    status: Literal["open", "succeeded", "failed", "cancelled"]
    amount: int
    currency: str
    pay_url: str = ""
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class RefundState:
    """What the provider says of a refund."""

    refund_id: str
    psp_id: str
    status: Literal["pending", "succeeded", "failed", "review"]
    amount: int
    currency: str
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class TransferState:
    """What the provider of payouts says of a transfer; ``reversed_amount`` of it came back."""

    transfer_id: str
    psp_id: str
    amount: int
    currency: str
    reversed_amount: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A definite no: nothing was done, and nothing will be."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class NotKnown:
    """The provider knows nothing of this id."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Whether it was done is not known: no reply, a time-out, a fault on their side."""

    reason: str


class Psp(Protocol):
    """The payment provider. No call raises for what the provider or the network does to it.

    Each has a deadline of its own, and no POST is ever sent twice by one call.
    """

    async def create_payment(self, payment: NewPayment) -> PaymentState | Refused | Unclear:
        """Make a payment, with a page where the buyer pays it."""
        ...

    async def get_payment(self, payment_id: str) -> PaymentState | NotKnown | Unclear:
        """Ask how a payment stands, past all of the provider's caches."""
        ...

    async def cancel_payment(self, payment_id: str) -> PaymentState | Refused | NotKnown | Unclear:
        """End a payment that nobody has paid."""
        ...

    async def create_refund(self, refund: NewRefund) -> RefundState | Refused | Unclear:
        """Refund a part of a payment, or all."""
        ...

    async def get_refund(self, refund_id: str) -> RefundState | NotKnown | Unclear:
        """Ask how a refund stands, past all of the provider's caches."""
        ...

    async def refunds_of(self, payment_id: str) -> tuple[RefundState, ...] | Unclear:
        """List a payment's refunds, those too that somebody made at the provider by hand."""
        ...


class Payouts(Protocol):
    """The provider that moves a seller's share. It raises no more than ``Psp`` does.

    The same transfer id, or reversal key, asked for again has one effect and the same answer.
    """

    async def send_transfer(
        self, transfer_id: str, account: str, amount: int, currency: str
    ) -> TransferState | Refused | Unclear:
        """Send money to a seller's account."""
        ...

    async def get_transfer(self, transfer_id: str) -> TransferState | NotKnown | Unclear:
        """Ask how a transfer stands, by our id of it."""
        ...

    async def reverse_transfer(
        self, key: str, psp_id: str, amount: int
    ) -> TransferState | Refused | Unclear:
        """Take back a part of a transfer, or all; ``key`` is the reversal's own."""
        ...


@dataclass(frozen=True, slots=True)
class PspNotice:
    """A webhook of the payment provider, verified and read.

    ``event_id`` is the same on each retry. ``status`` is the provider's own word, in lower case;
    ids and figures that the event does not have are "" and None. ``updated_at`` is the object's.
    """

    event_id: str
    kind: Literal["payment", "refund", "dispute", "other"]
    event_type: str
    status: str
    payment_id: str = ""
    refund_id: str = ""
    dispute_id: str = ""
    amount: int | None = None
    currency: str = ""
    error_code: str = ""
    error_message: str = ""
    updated_at: str = ""


@dataclass(frozen=True, slots=True)
class LicenceChanged:
    """A licence no longer opens its stream, or (``active``) does so again."""

    licence_id: str
    user_id: str
    stream_id: str
    active: bool


class Untold(Exception):
    """The stream or the room has not answered: tell them again."""


class Gatekeeper(Protocol):
    """Tells those who let listeners in."""

    async def licence_changed(self, change: LicenceChanged) -> None:
        """Return when the stream and the room have both answered. Untold.

        The same change told again has no other effect.
        """
        ...
