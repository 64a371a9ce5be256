import pytest

from actors.services.forward_target import (
    MAX_KEY_CHARS,
    MAX_URL_CHARS,
    Target,
    good_key,
    read_target,
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            " rtmp://a.rtmp.youtube.com/live2/ ",
            Target("rtmp://a.rtmp.youtube.com/live2", False, "a.rtmp.youtube.com", 1935, "live2"),
        ),
        (
            "rtmps://l.example:444/app/i?a=b",
            Target("rtmps://l.example:444/app/i?a=b", True, "l.example", 444, "app/i?a=b"),
        ),
        ("rtmps://l.example/x", Target("rtmps://l.example/x", True, "l.example", 443, "x")),
        ("rtmp://[::1]/x", Target("rtmp://[::1]/x", False, "::1", 1935, "x")),
    ],
)
def test_urls_are_read(text: str, wanted: Target) -> None:
    assert read_target(text) == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("https://live.example/app", "must begin with rtmp"),
        ("rtmp:///app", "name a host"),
        ("rtmp://live.example", "application"),
        ("rtmp://live.example/", "application"),
        ("rtmp://user@live.example/app", "no user"),
        ("rtmp://user:word@live.example/app", "no password"),
        ("rtmp://live.example/app#x", "no fragment"),
        ("rtmp://live.example:0/app", "a port of 1"),
        ("rtmp://live.example:99999/app", "a port of 1"),
        ("rtmp://" + "a" * 254 + "/app", "at most 253"),
        ("rtmp://live.example/a b", "without spaces"),
        ("rtmp://live.example/ä", "ASCII"),
        ("rtmp://live.example\\@evil.example/app", "backslashes"),
        ("rtmp://live.example/" + "a" * MAX_URL_CHARS, "at most 1024"),
    ],
)
def test_bad_urls_are_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_target(text)


def test_keys() -> None:
    assert good_key(" live_1?bandwidthtest=true\n") == "live_1?bandwidthtest=true"
    for bad in ("", "  ", "a b", "a\r\nb", "k" * (MAX_KEY_CHARS + 1), "ключ"):
        with pytest.raises(ValueError, match="must"):
            good_key(bad)
