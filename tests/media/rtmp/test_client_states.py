import pytest

from media.rtmp.client_states import (
    CLIENT_TRANSITIONS,
    ClientState,
    ClientStep,
    advance_client,
)
from media.rtmp.errors import ErrorCode, RtmpError

S, T = ClientState, ClientStep
ONWARD = {
    (S.HANDSHAKE, T.SHAKE_HANDS): S.CONNECTING,
    (S.CONNECTING, T.CONNECTED): S.CREATING,
    (S.CREATING, T.CREATED): S.ASKING,
    (S.ASKING, T.STARTED): S.PUBLISHING,
    (S.PUBLISHING, T.STARTED): S.PUBLISHING,
    (S.PUBLISHING, T.SEND): S.PUBLISHING,
}


@pytest.mark.parametrize("state", ClientState)
@pytest.mark.parametrize("step", ClientStep)
def test_every_pair(state: ClientState, step: ClientStep) -> None:
    ends = step in (T.END, T.FAIL) or (step is T.REFUSED and state is not S.HANDSHAKE)
    expected = S.CLOSED if ends else ONWARD.get((state, step))
    assert CLIENT_TRANSITIONS.get((state, step)) is expected
    if expected is not None:
        assert advance_client(state, step) is expected
        return
    with pytest.raises(RtmpError) as caught:
        advance_client(state, step)
    assert caught.value.code is ErrorCode.UNEXPECTED_COMMAND
