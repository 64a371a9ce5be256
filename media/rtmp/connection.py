"""One RTMP connection, server side: bytes in, events and bytes out (RTMP 1.0, 7)."""

from collections import deque

from media.rtmp.address import find_address
from media.rtmp.amf0 import AmfError
from media.rtmp.chunk import ChunkReader
from media.rtmp.control import read_ping, take_control
from media.rtmp.enhanced import CONNECT_PROPERTIES
from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.events import (
    Event,
    Media,
    Metadata,
    PublishEnded,
    PublishRequested,
    TrackPassedOver,
)
from media.rtmp.flv import FlvDemuxer
from media.rtmp.handshake import Handshake
from media.rtmp.message import Message, MessageType, decode_body, split_aggregate
from media.rtmp.outbox import Outbox
from media.rtmp.states import State, Step, advance

MAX_COMMANDS_BETWEEN_FRAMES = 256  # a real session has about ten before the first frame
MAX_UNSENT_BYTES = 65_536  # replies the driver has not drained
MAX_ENCODER_CHARS = 256

_NOT_READING = frozenset({State.HANDSHAKE, State.DECIDING, State.CLOSED})


class RtmpConnection:
    """The protocol of one publisher's connection, without its socket.

    Give bytes to ``receive_data``; then take from ``next_event`` until it is None, and send what
    ``data_to_send`` returns, also after an error. After PublishRequested call ``accept_publish``
    or ``refuse_publish``; until then what comes is kept unread, so media waits in its order.
    """

    def __init__(self) -> None:
        self.bytes_received = 0
        self._state = State.HANDSHAKE
        self._handshake = Handshake()
        self._reader = ChunkReader()
        self._outbox = Outbox()
        self._demuxer = FlvDemuxer()
        self._events: deque[Event] = deque()
        self._error: RtmpError | None = None
        self._app = self._tc_url = self._encoder = ""
        self._streams_created = 0
        self._publish_stream_id = 0
        self._commands = 0
        self._window_bytes = 0  # no acknowledgements until the peer names a window (5.4.4)
        self._acknowledged_bytes = 0

    @property
    def buffered_bytes(self) -> int:
        """Bytes of media and commands held until they are whole; at most MAX_BUFFERED_BYTES."""
        return self._reader.buffered_bytes

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes from the peer; errors come from ``next_event``."""
        self.bytes_received += len(data)
        try:
            if self._state is State.HANDSHAKE:
                self._outbox.handshake(self._handshake.receive_data(data))
                if not self._handshake.done:
                    return
                self._advance(Step.SHAKE_HANDS)
                data = self._handshake.trailing_data()
            if self._state is not State.CLOSED:
                self._reader.receive_data(data)
        except RtmpError as error:
            self._fail(error)
        self._acknowledge()

    def next_event(self) -> Event | None:
        """The next event; None while more bytes, or the driver's decision, are needed.

        Raises RtmpError once the peer broke the protocol or sends what cannot be taken.
        """
        while not self._events:
            if self._error is not None:
                raise self._error
            if self._state in _NOT_READING:
                return None
            try:
                message = self._reader.next_message()
                if message is None:
                    return None
                self._receive(message)
            except RtmpError as error:
                self._fail(error)
        return self._events.popleft()

    def data_to_send(self) -> bytes:
        """What to write to the socket now; each byte is returned once."""
        return self._outbox.drain()

    def accept_publish(self) -> None:
        """Let the publisher begin; raises RtmpError where none has asked."""
        self._advance(Step.ACCEPT)
        self._outbox.stream_begin(self._publish_stream_id)
        self._send_status("status", "NetStream.Publish.Start", "You are live.")

    def refuse_publish(self, code: str, description: str) -> None:
        """Turn the publisher away; flush ``data_to_send`` and close.

        ``code`` such as NetStream.Publish.BadName is what encoders act on, and ``description`` is
        what they show. It may come in the middle of a show too. Raises RtmpError where nobody has
        asked to publish.
        """
        self._advance(Step.REFUSE)
        self._send_status("error", code, description)

    def _advance(self, step: Step) -> None:
        self._state = advance(self._state, step)

    def _fail(self, error: RtmpError) -> None:
        if self._state is State.PUBLISHING:
            self._send_status("error", "NetStream.Publish.Denied", error.message)
        self._advance(Step.FAIL)
        self._error = error

    def _acknowledge(self) -> None:
        if 0 < self._window_bytes <= self.bytes_received - self._acknowledged_bytes:
            self._outbox.acknowledge(self.bytes_received)
            self._acknowledged_bytes = self.bytes_received

    def _send_status(self, level: str, code: str, description: str) -> None:
        self._outbox.status(self._publish_stream_id, level, code, description)

    def _receive(self, message: Message) -> None:
        match message.type_id:
            case MessageType.AUDIO | MessageType.VIDEO:
                self._receive_media(message)
            case MessageType.AGGREGATE:
                for tag in split_aggregate(message):
                    self._receive_media(tag)
            case MessageType.COMMAND_AMF0 | MessageType.COMMAND_AMF3:
                self._receive_command(message)
            case MessageType.DATA_AMF0 | MessageType.DATA_AMF3:
                self._receive_metadata(message)
            case MessageType.USER_CONTROL:
                if (ping := read_ping(message)) is not None:
                    self._outbox.pong(ping)
            case MessageType.SET_CHUNK_SIZE | MessageType.ABORT | MessageType.WINDOW_ACK_SIZE:
                self._receive_control(message)
        if len(self._outbox) > MAX_UNSENT_BYTES:
            raise RtmpError(ErrorCode.TOO_MUCH_UNSENT, "the peer asks more than it reads answers")

    def _receive_media(self, message: Message) -> None:
        if self._state is not State.PUBLISHING:
            return
        demuxer = self._demuxer
        tracks = len(demuxer.other_tracks)
        if message.type_id == MessageType.VIDEO:
            frames = demuxer.read_video(message.timestamp_ms, message.payload)
        elif message.type_id == MessageType.AUDIO:
            frames = demuxer.read_audio(message.timestamp_ms, message.payload)
        else:
            return
        for frame in frames:
            self._events.append(Media(frame))
        if frames:
            self._commands = 0
        if len(demuxer.other_tracks) > tracks:
            new = list(demuxer.other_tracks)[tracks:]
            self._events.extend(TrackPassedOver(media, number) for media, number in new)

    def _receive_metadata(self, message: Message) -> None:
        if self._state is not State.PUBLISHING:
            return
        try:
            values = decode_body(message)
        except AmfError:
            return  # metadata is for display: bad metadata is no reason to end a show
        if values[:1] == ["@setDataFrame"]:
            del values[0]
        if len(values) > 1 and values[0] == "onMetaData" and isinstance(values[1], dict):
            self._events.append(Metadata(values[1]))

    def _receive_control(self, message: Message) -> None:
        value = take_control(message, self._reader)
        if message.type_id == MessageType.WINDOW_ACK_SIZE:
            self._window_bytes = value

    def _receive_command(self, message: Message) -> None:
        self._commands += 1
        if self._commands > MAX_COMMANDS_BETWEEN_FRAMES:
            raise RtmpError(
                ErrorCode.TOO_MANY_COMMANDS,
                f"more than {MAX_COMMANDS_BETWEEN_FRAMES} commands came and no media",
            )
        try:
            body = decode_body(message)
        except AmfError as error:
            raise RtmpError(ErrorCode.BAD_AMF, f"a command cannot be read: {error}") from error
        name, transaction, target, *arguments = [*body, None, None, None][: max(3, len(body))]
        if not isinstance(name, str):
            raise RtmpError(ErrorCode.BAD_AMF, "a command has no name")
        number = transaction if isinstance(transaction, float) else 0.0
        if name == "connect":
            self._connect(number, target if isinstance(target, dict) else {})
        elif name == "publish":
            self._publish(message.stream_id, _first_text(arguments))
        elif name in ("FCUnpublish", "closeStream", "deleteStream"):
            self._end(name, number, arguments)
        else:
            self._advance(Step.CALL)
            self._answer(name, number, message.stream_id)

    def _connect(self, transaction: float, properties: dict[str, object]) -> None:
        self._advance(Step.CONNECT)
        self._app = _first_text([properties.get("app")])
        self._tc_url = _first_text([properties.get("tcUrl")])
        self._encoder = _first_text([properties.get("flashVer")])[:MAX_ENCODER_CHARS]
        encoding = properties.get("objectEncoding")
        # Said to those who know the words: not every encoder's AMF reader skips what it does not.
        enhanced = {n: value for n, value in CONNECT_PROPERTIES.items() if n in properties}
        self._outbox.connected(
            transaction, encoding if isinstance(encoding, float) else 0.0, enhanced
        )

    def _publish(self, stream_id: int, name: str) -> None:
        self._advance(Step.PUBLISH)
        self._publish_stream_id = stream_id
        self._demuxer = FlvDemuxer()
        address = find_address(self._app, name, self._tc_url)
        self._events.append(
            PublishRequested(address.app, address.stream_key, self._tc_url, self._encoder)
        )

    def _end(self, name: str, transaction: float, arguments: list[object]) -> None:
        was_publishing = self._state is State.PUBLISHING
        deleted = arguments[0] if name == "deleteStream" and arguments else None
        if was_publishing and isinstance(deleted, float) and deleted != self._publish_stream_id:
            self._advance(Step.CALL)  # another stream's end, which says nothing of this one
            return
        self._advance(Step.END)
        self._outbox.result(transaction, None, None)
        if name == "FCUnpublish":
            self._outbox.fc_unpublish()
        if was_publishing:
            self._send_status("status", "NetStream.Unpublish.Success", "The show has ended.")
            self._events.append(PublishEnded(name))

    def _answer(self, name: str, transaction: float, stream_id: int) -> None:
        match name:
            case "createStream":
                self._streams_created += 1
                self._outbox.result(transaction, None, self._streams_created)
            case "FCPublish":
                self._outbox.result(transaction, None, None)
                self._outbox.fc_publish()
            case "releaseStream" | "_checkbw" | "FCSubscribe":
                self._outbox.result(transaction, None, None)
            case "getStreamLength":
                self._outbox.result(transaction, None, 0)
            case "play" | "play2":
                refusal = "This server takes RTMP in only: watch and listen over HLS."
                self._outbox.status(stream_id, "error", "NetStream.Play.Failed", refusal)
            case "_result" | "_error" | "onStatus":
                pass  # an answer is not answered
            case _:
                self._outbox.error(transaction, f"There is no command {name[:64]!r} here.")


def _first_text(values: list[object]) -> str:
    return values[0] if values and isinstance(values[0], str) else ""
