"""RTMP ingest over sockets: the listener and one task per encoder."""

from server.rtmp.listener import RtmpServer
from server.rtmp.publisher import Ingest
from server.rtmp.tls import Certificate, CertificateError

__all__ = ["Certificate", "CertificateError", "Ingest", "RtmpServer"]
