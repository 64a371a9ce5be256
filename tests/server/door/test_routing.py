import pytest

from server.door import Room, room_for


@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("/live/str_1/index.m3u8", Room.EDGE),
        ("/live/", Room.EDGE),
        ("/live/../ws", Room.EDGE),
        ("/live/../api/v1/streams", Room.EDGE),
        ("/live//", Room.EDGE),
        ("/ws", Room.GATEWAY),
        ("/", Room.APP),
        ("/live", Room.APP),
        ("/lives/", Room.APP),
        ("/LIVE/a", Room.APP),
        ("//live/a", Room.APP),
        ("/./live/a", Room.APP),
        ("/x/../live/a", Room.APP),
        ("/%6cive/a", Room.APP),
        ("/live%2fa", Room.APP),
        ("/WS", Room.APP),
        ("/ws/", Room.APP),
        ("/%77s", Room.APP),
        ("/ws;a", Room.APP),
    ],
)
def test_rooms(path: str, room: Room) -> None:
    assert room_for(path) is room
