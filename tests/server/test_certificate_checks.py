"""What the doctor says of the certificate for RTMPS."""

from datetime import timedelta
from pathlib import Path

import pytest
from support.certificates import write_certificate

from server import certificate_checks
from server.certificate_checks import check_certificate
from server.config import Settings, load_settings
from server.findings import Verdict


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write_certificate(cert, key)
    return load_settings(rtmps="127.0.0.1:0", tls_cert=cert, tls_key=key)


def test_without_one_there_is_no_rtmps() -> None:
    assert check_certificate(load_settings()).verdict is Verdict.OK


def test_one_that_holds_for_a_month(settings: Settings) -> None:
    finding = check_certificate(settings)
    assert finding.verdict is Verdict.OK
    assert "cert.pem holds until" in finding.says


def test_one_that_ends_soon(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate_checks, "RENEW_WITHIN", timedelta(days=31))
    assert check_certificate(settings).verdict is Verdict.WARN


def test_files_that_are_none(settings: Settings) -> None:
    assert settings.tls_key is not None
    settings.tls_key.write_text("no key")
    finding = check_certificate(settings)
    assert finding.verdict is Verdict.FAIL
    assert "BANDSTAND_TLS_KEY" in finding.advice
    assert "no key" not in finding.says
