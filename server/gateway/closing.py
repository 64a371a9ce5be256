"""Why the gateway closes a connection: RFC 6455, section 7.4, and codes of our own from 4000."""

from actors.ports import CloseReason

NORMAL = CloseReason(1000, "")
NO_STATUS_CODE = 1005
"""Never sent: stands for a close frame without a code (RFC 6455, section 7.1.5)."""

UNSUPPORTED_DATA = CloseReason(1003, "wrong kind of frame")
MALFORMED = CloseReason(1008, "too many malformed commands")
TOO_BIG = CloseReason(1009, "frame too big")
SIGNED_OUT = CloseReason(4001, "signed out everywhere")
REVOKED = CloseReason(4003, "revoked")
SLOW = CloseReason(4008, "slow")
REPLACED = CloseReason(4009, "replaced")
FLOODING = CloseReason(4029, "flooding: retry in 10 s")

GONE = CloseReason(1006, "gone")
"""Never sent: the peer is not there any more, or does not answer a ping."""

RESTART_CODE = 1012


def restart(retry_in_s: int) -> CloseReason:
    """The server goes; each client is told another time to come back, lest all come at once."""
    return CloseReason(RESTART_CODE, f"restart: retry in {retry_in_s} s")
