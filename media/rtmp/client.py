"""One RTMP connection, the side of a publishing client: frames in, bytes out (RTMP 1.0, 7)."""

from collections import deque
from collections.abc import Collection, Iterable

from media.codecs import CodecError
from media.frames import AudioConfig, Codec, Frame, VideoConfig, VideoFrame
from media.rtmp.amf0 import AmfError
from media.rtmp.chunk import ChunkReader
from media.rtmp.client_handshake import ClientHandshake
from media.rtmp.client_outbox import CONNECT, CREATE_STREAM, PUBLISH, ClientOutbox
from media.rtmp.client_states import ClientState, ClientStep, advance_client
from media.rtmp.control import read_ping, take_control
from media.rtmp.enhanced import CONNECT_PROPERTIES
from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.events import ClientEvent, PublishDenied, PublishStarted
from media.rtmp.flv_writer import CLASSIC_CODECS, FOURCCS, FlvMuxer
from media.rtmp.message import Message, MessageType, decode_body
from media.timeline import MediaType, Timeline

MAX_DESCRIPTION_CHARS = 300
"""Of what a server says of itself; more is cut off."""

_FLASH_VER = "FMLE/3.0 (compatible; Bandstand)"  # who asks for less is turned away by some
_STARTED = "NetStream.Publish.Start"
_ANY_CODEC = "*"
_SPOKEN = {Codec.H264: "H.264", Codec.HEVC: "HEVC", Codec.EAC3: "E-AC-3", Codec.AC3: "AC-3"}


class RtmpClient:
    """The protocol of one publishing connection, without its socket.

    Send what ``data_to_send`` returns, at first and after each call; give bytes to
    ``receive_data``, then take from ``next_event`` until it is None. After PublishStarted call
    ``send`` with frames, and ``end`` at last.

    ``app`` is the URL's path, ``tc_url`` the URL with no key. ``codecs`` are those that will be
    sent: what is newer than FLV is said at connect, and sent only to a server that knows it.
    """

    def __init__(
        self, app: str, tc_url: str, stream_key: str, codecs: Collection[Codec] = ()
    ) -> None:
        self.bytes_received = 0
        self._app, self._tc_url, self._stream_key = app, tc_url, stream_key
        self._sends_newer = not CLASSIC_CODECS.issuperset(codecs)
        self._state = ClientState.HANDSHAKE
        self._handshake = ClientHandshake()
        self._reader = ChunkReader()
        self._outbox = ClientOutbox()
        self._outbox.handshake(self._handshake.hello)
        self._events: deque[ClientEvent] = deque()
        self._error: RtmpError | None = None
        self._stream_id = 0
        self._taken: frozenset[str] = frozenset()  # FourCCs
        self._window_bytes = 0
        self._acknowledged_bytes = 0
        self._muxer = FlvMuxer()
        self._timeline: Timeline | None = None

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes from the server; errors come from ``next_event``.

        What it makes us answer is never much more than what it sent.
        """
        if self._closed:
            return
        self.bytes_received += len(data)
        try:
            if self._state is ClientState.HANDSHAKE:
                self._outbox.handshake(self._handshake.receive_data(data))
                if not self._handshake.done:
                    return
                self._advance(ClientStep.SHAKE_HANDS)
                self._outbox.connect(self._connect_properties())
                data = self._handshake.trailing_data()
            self._reader.receive_data(data)
            while not self._closed and (message := self._reader.next_message()) is not None:
                self._receive(message)
        except RtmpError as error:
            self._advance(ClientStep.FAIL)
            self._error = error
        if 0 < self._window_bytes <= self.bytes_received - self._acknowledged_bytes:
            self._outbox.acknowledge(self.bytes_received)
            self._acknowledged_bytes = self.bytes_received

    def next_event(self) -> ClientEvent | None:
        """The next event, None while there is none. Raises RtmpError where RTMP was broken."""
        if self._events:
            return self._events.popleft()
        if self._error is not None:
            raise self._error
        return None

    def data_to_send(self) -> bytes:
        """What to write to the socket now; each byte is returned once."""
        return self._outbox.drain()

    def send(self, frames: Iterable[Frame]) -> None:
        """Queue frames and configurations, in order; the first frame's time becomes 0.

        A jump of the frames' clock is closed. Raises RtmpError(CODEC_UNSUPPORTED,
        BAD_CODEC_CONFIG), and UNEXPECTED_COMMAND while not publishing.
        """
        self._advance(ClientStep.SEND)
        for frame in frames:
            time_ms = self._place(frame)
            if time_ms < 0:
                continue  # sound from before the first picture
            try:
                tags = self._muxer.write(frame)
            except CodecError as error:
                raise RtmpError(ErrorCode.BAD_CODEC_CONFIG, str(error)) from error
            for tag in tags:
                self._outbox.media(self._stream_id, tag, time_ms)

    def end(self) -> None:
        """Say goodbye, where there is something to end; then flush and close."""
        if self._state is ClientState.PUBLISHING:
            self._outbox.end(self._stream_id, self._stream_key)
        self._advance(ClientStep.END)

    @property
    def _closed(self) -> bool:
        return self._state is ClientState.CLOSED

    def _advance(self, step: ClientStep) -> None:
        self._state = advance_client(self._state, step)

    def _connect_properties(self) -> dict[str, object]:
        properties: dict[str, object] = {
            "app": self._app,
            "type": "nonprivate",
            "flashVer": _FLASH_VER,
            "tcUrl": self._tc_url,
        }
        # Not said without need: old servers may not skip what they do not know.
        return {**properties, **CONNECT_PROPERTIES} if self._sends_newer else properties

    def _place(self, frame: Frame) -> int:
        """The time to send a frame at."""
        if isinstance(frame, VideoConfig | AudioConfig):
            self._require_taken(frame)
            return 0 if self._timeline is None else self._timeline.newest_ms
        if self._timeline is None:
            self._timeline = Timeline()
            self._timeline.begin(frame.dts_ms, 0)
        media = MediaType.VIDEO if isinstance(frame, VideoFrame) else MediaType.AUDIO
        return self._timeline.place(media, frame.dts_ms)[0]

    def _require_taken(self, config: VideoConfig | AudioConfig) -> None:
        codec = config.codec
        known = codec in CLASSIC_CODECS or _ANY_CODEC in self._taken
        if not known and FOURCCS[codec].decode() not in self._taken:
            kind, wanted = (
                ("audio", "AAC") if isinstance(config, AudioConfig) else ("video", "H.264")
            )
            name = _SPOKEN.get(codec, codec.upper())
            raise RtmpError(
                ErrorCode.CODEC_UNSUPPORTED,
                f"It does not say that it takes {name} {kind}: send {wanted}.",
            )

    def _receive(self, message: Message) -> None:
        match message.type_id:
            case MessageType.COMMAND_AMF0 | MessageType.COMMAND_AMF3:
                self._receive_command(message)
            case MessageType.USER_CONTROL:
                if (ping := read_ping(message)) is not None:
                    self._outbox.pong(ping)
            case (
                MessageType.SET_CHUNK_SIZE
                | MessageType.ABORT
                | MessageType.WINDOW_ACK_SIZE
                | MessageType.SET_PEER_BANDWIDTH
            ):
                self._receive_control(message)

    def _receive_control(self, message: Message) -> None:
        value = take_control(message, self._reader)
        if message.type_id == MessageType.WINDOW_ACK_SIZE:
            self._window_bytes = value
        elif message.type_id == MessageType.SET_PEER_BANDWIDTH:
            self._outbox.window(value)

    def _receive_command(self, message: Message) -> None:
        try:
            body = decode_body(message)
        except AmfError as error:
            raise RtmpError(ErrorCode.BAD_AMF, f"an answer cannot be read: {error}") from error
        name, transaction, *values = [*body, None, None][: max(2, len(body))]
        match name:
            case "_result":
                self._receive_result(transaction, values)
            case "_error" if transaction in (CONNECT, CREATE_STREAM, PUBLISH):
                self._refuse(_find_info(values))
            case "onStatus":
                info = _find_info(values)
                if info.get("level") == "error":
                    self._refuse(info)
                elif info.get("code") == _STARTED:
                    self._advance(ClientStep.STARTED)
                    self._events.append(PublishStarted())
            case "close":
                self._refuse({"description": "It closed the connection."})

    def _receive_result(self, transaction: object, values: list[object]) -> None:
        """An answer to connect or createStream; nobody waits for the others."""
        if transaction == CONNECT:
            self._advance(ClientStep.CONNECTED)
            self._taken = _find_codecs(values)
            self._outbox.create_stream(self._stream_key)
        elif transaction == CREATE_STREAM:
            self._advance(ClientStep.CREATED)
            number = values[1] if len(values) > 1 else None
            if not isinstance(number, float) or not 0 <= number < 1 << 32:
                raise RtmpError(ErrorCode.BAD_AMF, "createStream is answered without a stream")
            self._stream_id = int(number)
            self._outbox.publish(self._stream_id, self._stream_key)

    def _refuse(self, info: dict[str, object]) -> None:
        self._advance(ClientStep.REFUSED)
        code, description = info.get("code"), info.get("description")
        self._events.append(PublishDenied(_shown(code), _shown(description) or _shown(code)))


def _find_info(values: list[object]) -> dict[str, object]:
    """The last object of an answer: connect's has one before it."""
    objects = [value for value in values if isinstance(value, dict)]
    return objects[-1] if objects else {}


def _find_codecs(values: list[object]) -> frozenset[str]:
    """The FourCCs that a server says it takes (Enhancing NetConnection connect)."""
    found: set[str] = set()
    for value in values:
        if isinstance(value, dict):
            for name in ("fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap"):
                told = value.get(name)
                if isinstance(told, list | dict):
                    found.update(each for each in told if isinstance(each, str))
    return frozenset(found)


def _shown(text: object) -> str:
    """A server's words as they may be shown: short, on one line."""
    if not isinstance(text, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[
        :MAX_DESCRIPTION_CHARS
    ]
