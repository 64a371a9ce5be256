"""RTMPS: TLS under RTMP, with a certificate that may be renewed while the server runs."""

import ssl
from contextlib import suppress
from pathlib import Path
from ssl import SSLContext, SSLError, SSLWantReadError

import structlog
import trio
from trio.abc import Stream

READ_BYTES = 64 * 1024
GOODBYE_S = 2.0
"""For the closing alert, which a peer that has gone will not read."""

log = structlog.get_logger()


class CertificateError(Exception):
    """The certificate cannot be used; the text names the file and says why."""


class Certificate:
    """A certificate and its key in PEM files, read anew when a renewal has replaced them."""

    def __init__(self, cert: Path, key: Path) -> None:
        """Read both. CertificateError."""
        self._files = (cert, key)
        self._seen = self._stamps()
        self._context = _load(cert, key)

    def context(self) -> SSLContext:
        """The context for the next connection.

        Files that cannot be used, such as a new certificate beside the old key in the middle of a
        renewal, are looked at again when they change once more; until then the old ones hold.
        """
        stamps = self._stamps()
        if stamps != self._seen:
            self._seen = stamps
            try:
                self._context = _load(*self._files)
            except CertificateError as error:
                log.warning("certificate_not_renewed", error=str(error))
            else:
                log.info("certificate_renewed", file=str(self._files[0]))
        return self._context

    def _stamps(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(_stamp(path) for path in self._files)


def _stamp(path: Path) -> tuple[int, int] | None:
    """What a changed file has other than it had; None where there is none now."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _load(cert: Path, key: Path) -> SSLContext:
    context = SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert, key)
    except OSError as error:  # SSLError is one
        why = error.strerror or str(error)
        raise CertificateError(f"cannot use {cert} with {key}: {why}") from None
    return context


class TlsStream(Stream):
    """The server's side of TLS over a transport.

    One read decrypts all that has arrived, where trio's own stream gives one record at a time: an
    encoder whose packets come as small records would wake the server for each of them.
    """

    def __init__(self, transport: Stream, context: SSLContext) -> None:
        self._transport = transport
        self._arrived = ssl.MemoryBIO()
        self._to_send = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._arrived, self._to_send, server_side=True)

    async def do_handshake(self) -> None:
        """Agree with the client. BrokenResourceError where that cannot be."""
        while True:
            try:
                self._tls.do_handshake()
            except SSLWantReadError:
                await self._flush()
                if not await self._receive():
                    raise trio.BrokenResourceError(
                        "the connection ended in its handshake"
                    ) from None
            except SSLError as error:
                await self._flush()  # the alert that tells the client why
                raise trio.BrokenResourceError(f"no TLS: {error.reason}") from error
            else:
                await self._flush()
                return

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Give what has arrived, b"" at the end. BrokenResourceError where it was tampered with."""
        limit = READ_BYTES if max_bytes is None else max_bytes
        while True:
            data, ended = self._decrypt(limit)
            if data or ended:
                await trio.lowlevel.checkpoint()
                return data
            await self._flush()  # such as the answer to a change of keys
            if not await self._receive():
                return b""

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it, encrypted."""
        self._tls.write(data)
        await self._flush()

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until the transport takes more."""
        await self._transport.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Send the closing alert, where the client still reads, and close."""
        gone = (trio.BrokenResourceError, trio.ClosedResourceError)
        try:
            with trio.move_on_after(GOODBYE_S), suppress(*gone):
                self._say_closing()
                await self._flush()
        finally:
            await self._transport.aclose()

    def _decrypt(self, limit: int) -> tuple[bytes, bool]:
        """What of all that has arrived can be read now, and whether the client has ended."""
        data = bytearray()
        ended = False
        try:
            while len(data) < limit and not ended:
                record = self._tls.read(limit - len(data))
                data += record
                ended = not record
        except SSLWantReadError:
            pass
        except SSLError as error:
            raise trio.BrokenResourceError(f"bad TLS: {error.reason}") from error
        return bytes(data), ended

    def _say_closing(self) -> None:
        # It wants the client's alert too, which nobody needs; or there was no handshake.
        with suppress(SSLError):
            self._tls.unwrap()

    async def _receive(self) -> bool:
        data = await self._transport.receive_some(READ_BYTES)
        self._arrived.write(data)
        return bool(data)

    async def _flush(self) -> None:
        if self._to_send.pending:
            await self._transport.send_all(self._to_send.read())
