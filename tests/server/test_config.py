import stat
from ipaddress import ip_network
from pathlib import Path

import pytest

from server.config import SettingsError, load_settings
from server.config_values import Endpoint
from server.secrets import Secrets, load_secrets


@pytest.fixture(autouse=True)
def _clean(monkeypatch, tmp_path):
    """Read no variable and no ``.env`` but the test's own."""
    import os

    for name in list(os.environ):
        if name.startswith("BANDSTAND_") or name == "PORT":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_defaults():
    settings = load_settings()
    assert str(settings.http) == "127.0.0.1:8000"
    assert str(settings.rtmp) == "127.0.0.1:1935"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.public_rtmp == "rtmp://127.0.0.1:1935/live"
    assert (settings.production, settings.https) == (False, False)
    assert settings.registration == "open"
    assert settings.trusted_proxies == ()


def test_links_follow_the_endpoints(monkeypatch):
    monkeypatch.setenv("BANDSTAND_HTTP", "[::1]:9000")
    monkeypatch.setenv("BANDSTAND_RTMP", "0.0.0.0:1936")
    settings = load_settings()
    assert settings.http == Endpoint("::1", 9000)
    assert settings.public_url == "http://[::1]:9000"
    assert settings.public_rtmp == "rtmp://localhost:1936/live"
    assert settings.rtmp.reachable == Endpoint("127.0.0.1", 1936)


def test_port_alone_opens_the_door_to_all(monkeypatch):
    monkeypatch.setenv("PORT", "5000")
    assert str(load_settings().http) == "0.0.0.0:5000"
    monkeypatch.setenv("BANDSTAND_HTTP", "127.0.0.1:8001")
    assert str(load_settings().http) == "127.0.0.1:8001"


def test_what_can_be_set(monkeypatch, tmp_path):
    for name, value in {
        "PUBLIC_URL": "https://stage.example/",
        "PUBLIC_RTMP": "rtmp://stage.example",
        "TRUSTED_PROXIES": "10.0.0.0/8, ::1",
        "DATA": str(tmp_path / "elsewhere"),
        "ENV": "production",
        "SECRET": "x" * 32,
        "PSP_URL": "https://psp.example/api/",
        "PSP_API_KEY": "an api key",
        "PSP_WEBHOOK_SECRET": "the new one, the old one",
        "PLATFORM_FEE_BPS": "250",
        "REGISTRATION": "closed",
    }.items():
        monkeypatch.setenv(f"BANDSTAND_{name}", value)
    settings = load_settings()
    assert settings.public_url == "https://stage.example"
    assert settings.https
    assert settings.public_rtmp == "rtmp://stage.example/live"
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert settings.data == tmp_path / "elsewhere"
    assert settings.production
    assert load_secrets(settings) == Secrets(b"x" * 32)
    assert settings.psp_url == "https://psp.example/api"
    assert settings.sells
    assert not settings.uses_sandbox
    assert settings.platform_fee_bps == 250
    assert not {"xxxx", "an api key", "the new one"} & set(repr(settings).split("'"))


@pytest.mark.parametrize("missing", ["RTMPS", "TLS_CERT", "TLS_KEY"])
def test_rtmps_comes_with_a_certificate_and_its_key(monkeypatch, missing):
    given = {"RTMPS": "127.0.0.1:1936", "TLS_CERT": "cert.pem", "TLS_KEY": "key.pem"}
    for name, value in given.items():
        monkeypatch.setenv(f"BANDSTAND_{name}", value)
    settings = load_settings()
    assert (str(settings.rtmps), settings.tls_cert, settings.tls_key) == (
        "127.0.0.1:1936",
        Path("cert.pem"),
        Path("key.pem"),
    )
    monkeypatch.delenv(f"BANDSTAND_{missing}")
    with pytest.raises(SettingsError, match="BANDSTAND_TLS_CERT"):
        load_settings()


def test_a_dotenv_file_is_read_and_the_environment_wins(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("BANDSTAND_HTTP=127.0.0.1:7001\nBANDSTAND_RTMP=127.0.0.1:7002\n")
    monkeypatch.setenv("BANDSTAND_RTMP", "127.0.0.1:7003")
    settings = load_settings()
    assert (settings.http.port, settings.rtmp.port) == (7001, 7003)


def test_an_empty_variable_is_as_good_as_none(monkeypatch):
    monkeypatch.setenv("BANDSTAND_HTTP", "")
    assert load_settings().http.port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BANDSTAND_HTTP", "8000"),
        ("BANDSTAND_HTTP", "localhost:http"),
        ("BANDSTAND_HTTP", "127.0.0.1:65536"),
        ("BANDSTAND_HTTP", "::1:8000"),
        ("BANDSTAND_HTTP", "[nonsense]:80"),
        ("BANDSTAND_RTMP", ":1935"),
        ("PORT", "eighty"),
        ("BANDSTAND_PUBLIC_URL", "stage.example"),
        ("BANDSTAND_PUBLIC_URL", "https://stage.example/path"),
        ("BANDSTAND_PUBLIC_URL", "https://me@stage.example"),
        ("BANDSTAND_PUBLIC_RTMP", "http://stage.example"),
        ("BANDSTAND_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("BANDSTAND_STORE", "mongodb://localhost"),
        ("BANDSTAND_ENV", "staging"),
        ("BANDSTAND_SECRET", "short"),
        ("BANDSTAND_REGISTRATION", "invite"),
    ],
)
def test_a_bad_value_is_one_line_that_names_it(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (line,) = caught.value.lines
    assert line.startswith(f"{name}: ")
    assert "\n" not in line
    if name == "BANDSTAND_SECRET":
        assert value not in line.replace("shorter", "")


def test_production_wants_a_secret(monkeypatch):
    monkeypatch.setenv("BANDSTAND_ENV", "production")
    with pytest.raises(SettingsError, match="BANDSTAND_SECRET: must be set"):
        load_settings()


def test_production_wants_a_payment_provider_or_a_word_that_there_is_none(monkeypatch):
    monkeypatch.setenv("BANDSTAND_ENV", "production")
    monkeypatch.setenv("BANDSTAND_SECRET", "x" * 32)
    with pytest.raises(SettingsError, match="BANDSTAND_PSP_URL: must be set"):
        load_settings()
    monkeypatch.setenv("BANDSTAND_PSP_URL", "off")
    assert not load_settings().sells


def test_a_provider_comes_with_its_keys(monkeypatch):
    monkeypatch.setenv("BANDSTAND_PSP_URL", "https://psp.example")
    with pytest.raises(SettingsError, match="BANDSTAND_PSP_API_KEY: must be set"):
        load_settings()
    monkeypatch.setenv("BANDSTAND_PSP_API_KEY", "an api key")
    with pytest.raises(SettingsError, match="BANDSTAND_PSP_WEBHOOK_SECRET: must be set"):
        load_settings()
    monkeypatch.setenv("BANDSTAND_PSP_WEBHOOK_SECRET", "a webhook secret")
    assert load_settings().sells
    monkeypatch.setenv("BANDSTAND_PAYOUT_URL", "https://payouts.example")
    with pytest.raises(SettingsError, match="BANDSTAND_PAYOUT_API_KEY: must be set"):
        load_settings()


def test_in_dev_the_secret_is_made_once_and_private():
    settings = load_settings()
    secrets = load_secrets(settings)
    path = settings.data / "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_secrets(settings) == secrets
    assert len(secrets.secret) >= 32
    assert list(settings.data.iterdir()) == [path]


def test_a_data_folder_that_cannot_be_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="BANDSTAND_DATA"):
        load_secrets(load_settings(data=tmp_path / "file" / "data"))


def test_a_secret_file_that_was_cut_short_is_said():
    settings = load_settings()
    settings.data.mkdir()
    (settings.data / "secret").write_text("abc\n")
    with pytest.raises(SettingsError, match="cut short"):
        load_secrets(settings)


def test_each_purpose_has_a_key_of_its_own():
    secrets = Secrets(b"x" * 32)
    keys = [
        secrets.token_signing,
        secrets.stream_key_sealing,
        secrets.stream_key_fingerprint,
        secrets.playback_sessions,
    ]
    assert len({*keys, b"x" * 32}) == 5
    assert all(len(key) == 32 for key in keys)
    assert Secrets(b"y" * 32).token_signing != secrets.token_signing
    assert "xxx" not in repr(secrets)
