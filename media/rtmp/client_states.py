"""The life of a publishing client's connection: one table of every transition there is."""

from enum import Enum, auto

from media.rtmp.errors import ErrorCode, RtmpError


class ClientState(Enum):
    """Where the connection stands, by what the server owes us."""

    HANDSHAKE = auto()
    CONNECTING = auto()
    CREATING = auto()
    ASKING = auto()  # to publish
    PUBLISHING = auto()
    CLOSED = auto()


class ClientStep(Enum):
    """What moves it; the value is how an error names it."""

    SHAKE_HANDS = "the handshake"
    CONNECTED = "an answer to connect"
    CREATED = "a new stream"
    STARTED = "leave to publish"
    REFUSED = "a refusal"
    SEND = "media"
    END = "the end of publishing"
    FAIL = "an error"


_S, _T = ClientState, ClientStep

CLIENT_TRANSITIONS: dict[tuple[ClientState, ClientStep], ClientState] = {
    (_S.HANDSHAKE, _T.SHAKE_HANDS): _S.CONNECTING,
    (_S.CONNECTING, _T.CONNECTED): _S.CREATING,
    (_S.CREATING, _T.CREATED): _S.ASKING,
    (_S.ASKING, _T.STARTED): _S.PUBLISHING,
    (_S.PUBLISHING, _T.STARTED): _S.PUBLISHING,  # some servers say it twice
    (_S.PUBLISHING, _T.SEND): _S.PUBLISHING,
    **{(state, _T.REFUSED): _S.CLOSED for state in _S if state is not _S.HANDSHAKE},
    **{(state, _T.END): _S.CLOSED for state in _S},
    **{(state, _T.FAIL): _S.CLOSED for state in _S},
}


def advance_client(state: ClientState, step: ClientStep) -> ClientState:
    """The state after ``step``; raises RtmpError(UNEXPECTED_COMMAND) where it has no place."""
    try:
        return CLIENT_TRANSITIONS[state, step]
    except KeyError:
        raise RtmpError(
            ErrorCode.UNEXPECTED_COMMAND,
            f"{step.value} has no place while the connection is {state.name.lower()}",
        ) from None
