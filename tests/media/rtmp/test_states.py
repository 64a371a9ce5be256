import itertools

import pytest

from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.states import State, Step, advance

ALLOWED = {
    "HANDSHAKE": {"SHAKE_HANDS": "AWAITING_CONNECT", "FAIL": "CLOSED"},
    "AWAITING_CONNECT": {"CONNECT": "CONNECTED", "FAIL": "CLOSED"},
    "CONNECTED": {
        "CALL": "CONNECTED",
        "PUBLISH": "DECIDING",
        "END": "CONNECTED",
        "FAIL": "CLOSED",
    },
    "DECIDING": {"ACCEPT": "PUBLISHING", "REFUSE": "CLOSED", "FAIL": "CLOSED"},
    "PUBLISHING": {"CALL": "PUBLISHING", "END": "CONNECTED", "REFUSE": "CLOSED", "FAIL": "CLOSED"},
    "CLOSED": {"FAIL": "CLOSED"},
}


@pytest.mark.parametrize(("state", "step"), [*itertools.product(State, Step)])
def test_every_pair(state: State, step: Step) -> None:
    wanted = ALLOWED[state.name].get(step.name)
    if wanted is None:
        with pytest.raises(RtmpError) as caught:
            advance(state, step)
        assert caught.value.code == ErrorCode.UNEXPECTED_COMMAND
    else:
        assert advance(state, step) is State[wanted]
