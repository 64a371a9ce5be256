"""The numbers of connections agree with each other, and with what the system allows."""

import subprocess
import sys

import pytest

from actors.room import MAX_MEMBERS
from server.capacity import RESERVED_OPEN_FILES, WANTED_OPEN_FILES, capacity_within
from server.config import (
    CHAT_CONNECTIONS_PER_ADDRESS,
    MAX_CHAT_CONNECTIONS_PER_ADDRESS,
)
from server.door import MAX_CONNECTIONS_COUNT
from server.gateway import MAX_CONNECTIONS
from server.gateway.addresses import MAX_CONNECTIONS_PER_ADDRESS


def test_a_full_room_fits_into_the_gateway_and_that_through_the_door():
    whole = capacity_within(WANTED_OPEN_FILES)
    assert whole.whole
    assert MAX_MEMBERS < whole.chat == MAX_CONNECTIONS < whole.door == MAX_CONNECTIONS_COUNT


def test_the_settings_say_what_the_gateway_does():
    assert CHAT_CONNECTIONS_PER_ADDRESS == MAX_CONNECTIONS_PER_ADDRESS
    assert MAX_CHAT_CONNECTIONS_PER_ADDRESS == MAX_CONNECTIONS


@pytest.mark.parametrize("limit", [256, 1024, 4096, 20_000, WANTED_OPEN_FILES - 1, 10**6])
def test_there_is_always_room_for_what_is_no_chat(limit):
    capacity = capacity_within(limit)
    assert 0 < capacity.chat < capacity.door < limit
    assert limit - capacity.door >= min(RESERVED_OPEN_FILES, limit // 4)
    assert capacity.whole == (limit >= WANTED_OPEN_FILES)


LOWERED = """
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from server.capacity import raise_open_files
setrlimit(RLIMIT_NOFILE, (256, {hard}))
print(raise_open_files(), *getrlimit(RLIMIT_NOFILE))
"""


def test_the_limit_is_raised_as_far_as_it_may_be():
    done = subprocess.run(
        [sys.executable, "-c", LOWERED.format(hard=3000)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["3000", "3000", "3000"]
