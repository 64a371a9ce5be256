"""Certificates that sign themselves."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "stage.example"


def write_certificate(cert: Path, key: Path, common_name: str = HOST) -> None:
    """Make a key and a certificate of it for ``stage.example``, in place of what was there."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    pkcs8 = serialization.PrivateFormat.PKCS8
    _replace(key, private.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    _replace(cert, signed.public_bytes(pem))


def _replace(path: Path, data: bytes) -> None:
    """Put a new file in the old one's place, as tools that renew certificates do."""
    new = path.with_suffix(".new")
    new.write_bytes(data)
    new.replace(path)
