"""The doctor's look at the certificate for RTMPS."""

from datetime import UTC, datetime, timedelta

from cryptography import x509

from server.config import ENV_PREFIX, Settings
from server.findings import Finding, Verdict
from server.rtmp import Certificate, CertificateError

RENEW_WITHIN = timedelta(days=14)


def check_certificate(settings: Settings) -> Finding:
    """Load the certificate with its key, and look how long it holds."""
    if settings.tls_cert is None or settings.tls_key is None:
        return Finding(Verdict.OK, "certificate", "none, so no RTMPS")
    try:
        Certificate(settings.tls_cert, settings.tls_key)
        certificate = x509.load_pem_x509_certificate(settings.tls_cert.read_bytes())
    except (CertificateError, OSError, ValueError) as error:
        advice = f"correct {ENV_PREFIX}TLS_CERT and {ENV_PREFIX}TLS_KEY"
        return Finding(Verdict.FAIL, "certificate", str(error), advice)
    ends = certificate.not_valid_after_utc
    text = f"{settings.tls_cert} holds until {ends:%Y-%m-%d}"
    left = ends - datetime.now(UTC)
    if left <= RENEW_WITHIN:
        verdict = Verdict.FAIL if left <= timedelta(0) else Verdict.WARN
        return Finding(verdict, "certificate", text, "renew it; the server reads it by itself")
    return Finding(Verdict.OK, "certificate", text)
