import pytest

from media.rtmp.address import MAX_ADDRESS_CHARS, find_address
from media.rtmp.errors import ErrorCode, RtmpError


@pytest.mark.parametrize(
    ("app", "name", "tc_url", "wanted"),
    [
        ("live", "KEY", "rtmp://h/live", ("live", "KEY")),
        ("live/", "/KEY/", "rtmp://h/live/", ("live", "KEY")),
        ("live", "KEY?token=1", "", ("live", "KEY")),
        ("live", '"KEY"', "", ("live", "KEY")),
        ("live", "'KEY'", "", ("live", "KEY")),
        ('"live"', " KEY ", "", ("live", "KEY")),
        ("live/KEY", "", "rtmp://h/live/KEY", ("live", "KEY")),
        ("live/KEY?x=y", "", "", ("live", "KEY")),
        ("", "live/KEY", "rtmp://h/", ("live", "KEY")),
        ("", "KEY", "rtmp://h/live", ("live", "KEY")),
        ("", "", "rtmp://h:1935/live/KEY", ("live", "KEY")),
        ("live", "live/KEY", "", ("live", "KEY")),
        ("live", "rtmp://host:1935/live/KEY", "", ("live", "KEY")),
        ("live", '"rtmps://host/live/KEY?a=b"', "", ("live", "KEY")),
        ("live", "?key=KEY", "", ("live", "KEY")),
        ("live", "show?a=b&key=KEY", "", ("live", "KEY")),
        ("live?key=KEY", "", "", ("live", "KEY")),
        ("live", "", "rtmp://h/live?key=KEY", ("live", "KEY")),
        ("rtmp://h/live", "KEY", "", ("live", "KEY")),
        ("live/west", "KEY", "", ("live/west", "KEY")),
        ("live", "", "rtmp://h/live", ("live", "")),
        ("", "", "", ("", "")),
    ],
)
def test_places(app: str, name: str, tc_url: str, wanted: tuple[str, str]) -> None:
    assert find_address(app, name, tc_url) == wanted


@pytest.mark.parametrize("place", [0, 1, 2])
def test_length_is_capped(place: int) -> None:
    parts = ["live", "KEY", "rtmp://h/live"]
    parts[place] = "a" * (MAX_ADDRESS_CHARS + 1)
    with pytest.raises(RtmpError) as caught:
        find_address(*parts)
    assert caught.value.code == ErrorCode.BAD_ADDRESS
