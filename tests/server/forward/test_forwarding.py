from pathlib import Path

import pytest

from server.config import Settings
from server.config_values import Endpoint
from server.forward.dial import OwnAddress
from server.forward.forwarding import own_address


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, OwnAddress({1935}, "127.0.0.1", 1935)),
        ({"rtmp": "0.0.0.0:2000"}, OwnAddress({2000}, "localhost", 2000)),
        (
            {
                "rtmps": "0.0.0.0:2443",
                "tls_cert": Path("cert"),
                "tls_key": Path("key"),
                "public_rtmp": "rtmps://stage.example",
            },
            OwnAddress({1935, 2443}, "stage.example", 443),
        ),
    ],
)
def test_where_we_take_shows_ourselves(given: dict[str, object], wanted: OwnAddress) -> None:
    assert own_address(Settings(_env_file=None, **given)) == wanted


def test_the_port_that_the_system_chose() -> None:
    settings = Settings(_env_file=None, rtmp="127.0.0.1:0")
    chosen = settings.listening_at(settings.http, Endpoint("127.0.0.1", 40_000))
    assert own_address(chosen) == OwnAddress({40_000}, "127.0.0.1", 40_000)
