"""The life of a licence, as one table."""

from enum import StrEnum


class LicenceStatus(StrEnum):
    """Where a licence is; only an active one opens anything."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # while its refund is open, where the settings say so
    REVOKED = "revoked"


class LicenceChange(StrEnum):
    """What can happen to a licence."""

    SUSPEND = "suspend"
    RESTORE = "restore"  # the refund failed, or was reversed
    REVOKE = "revoke"


S, C = LicenceStatus, LicenceChange

TRANSITIONS = {
    (S.ACTIVE, C.SUSPEND): S.SUSPENDED,
    (S.ACTIVE, C.REVOKE): S.REVOKED,
    (S.ACTIVE, C.RESTORE): S.ACTIVE,
    (S.SUSPENDED, C.SUSPEND): S.SUSPENDED,
    (S.SUSPENDED, C.RESTORE): S.ACTIVE,
    (S.SUSPENDED, C.REVOKE): S.REVOKED,
    (S.REVOKED, C.SUSPEND): S.SUSPENDED,  # what ended it was reversed, and another one is open
    (S.REVOKED, C.RESTORE): S.ACTIVE,
    (S.REVOKED, C.REVOKE): S.REVOKED,
}
