"""Where webhooks may go."""

import pytest

from actors.services.hooks.address import good_url

GOOD = [
    "https://example.com",
    "http://example.com:8080/hooks/1?token=a%20b",
    "https://[2606:4700::1111]:8443/",
    "HTTPS://EXAMPLE.COM/",
]
BAD = [
    "",
    "example.com/hook",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "https://",
    "https:///path",
    "https://ada:secret@example.com/",
    "https://ada@example.com/",
    "https://@example.com/",
    "https://example.com/#part",
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:port/",
    "https://example.com/a b",
    "https://example.com/a\r\nHost: other",
    "https://example.com\\@10.0.0.1/",
    "https://exämple.com/",
    "https://[::1/",
    "https://" + "a" * 254 + "/",
    "https://example.com/" + "a" * 2048,
]


@pytest.mark.parametrize("url", GOOD)
def test_good_urls_stay_as_they_are(url: str) -> None:
    assert good_url(f" {url} ") == url


@pytest.mark.parametrize("url", BAD)
def test_bad_urls_say_what_is_wrong(url: str) -> None:
    with pytest.raises(ValueError):
        good_url(url)
