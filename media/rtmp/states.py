"""The life of a connection: one table of every transition there is."""

from enum import Enum, auto

from media.rtmp.errors import ErrorCode, RtmpError


class State(Enum):
    """Where a connection stands."""

    HANDSHAKE = auto()
    AWAITING_CONNECT = auto()
    CONNECTED = auto()
    DECIDING = auto()  # publish was asked and the driver has not answered: nothing is parsed
    PUBLISHING = auto()
    CLOSED = auto()


class Step(Enum):
    """What moves it; the value is how an error names it."""

    SHAKE_HANDS = "the handshake"
    CONNECT = "connect"
    CALL = "a call"  # createStream and every other command that changes no state
    PUBLISH = "publish"
    ACCEPT = "accepting a publisher"
    REFUSE = "refusing a publisher"
    END = "the end of publishing"
    FAIL = "an error"


TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.HANDSHAKE, Step.SHAKE_HANDS): State.AWAITING_CONNECT,
    (State.AWAITING_CONNECT, Step.CONNECT): State.CONNECTED,
    (State.CONNECTED, Step.CALL): State.CONNECTED,
    (State.CONNECTED, Step.PUBLISH): State.DECIDING,
    (State.CONNECTED, Step.END): State.CONNECTED,  # deleteStream often follows FCUnpublish
    (State.DECIDING, Step.ACCEPT): State.PUBLISHING,
    (State.DECIDING, Step.REFUSE): State.CLOSED,
    (State.PUBLISHING, Step.REFUSE): State.CLOSED,  # put off in the middle of a show
    (State.PUBLISHING, Step.CALL): State.PUBLISHING,
    (State.PUBLISHING, Step.END): State.CONNECTED,
    (State.HANDSHAKE, Step.FAIL): State.CLOSED,
    (State.AWAITING_CONNECT, Step.FAIL): State.CLOSED,
    (State.CONNECTED, Step.FAIL): State.CLOSED,
    (State.DECIDING, Step.FAIL): State.CLOSED,
    (State.PUBLISHING, Step.FAIL): State.CLOSED,
    (State.CLOSED, Step.FAIL): State.CLOSED,
}


def advance(state: State, step: Step) -> State:
    """The state after ``step``; raises RtmpError(UNEXPECTED_COMMAND) where it has no place."""
    try:
        return TRANSITIONS[state, step]
    except KeyError:
        raise RtmpError(
            ErrorCode.UNEXPECTED_COMMAND,
            f"{step.value} has no place while the connection is {state.name.lower()}",
        ) from None
