"""The life of a refund, as one table."""

from enum import StrEnum


class RefundStatus(StrEnum):
    """Where a refund is."""

    REQUESTED = "requested"  # the provider has never been called
    SUBMITTING = "submitting"  # a call is under way
    PENDING = "pending"  # the provider has it
    UNKNOWN = "unknown"  # nobody knows whether the provider has it
    REVIEW = "review"  # somebody looks at it, there or here
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REVERSED = "reversed"  # it succeeded, and the money came back
    QUARANTINED = "quarantined"  # the provider's figures are not ours: frozen


class RefundChange(StrEnum):
    """What can happen to a refund."""

    START = "start"  # we call the provider, under the same id each time
    ACCEPT = "accept"  # it has taken the refund on
    REVIEW = "review"  # it looks at it first
    REFUSE = "refuse"  # it said definitely no
    LOSE = "lose"  # no answer, or one that says nothing
    FIND_NOTHING = "find_nothing"  # asked, it knows of no such refund
    SUCCEED = "succeed"  # a webhook says so
    FAIL = "fail"
    CONFIRM_SUCCESS = "confirm_success"  # asked, it says so, or an operator does
    CONFIRM_FAILURE = "confirm_failure"
    MISMATCH = "mismatch"  # asked, it names other figures
    RELEASE = "release"  # an operator lets it out of quarantine


S, C = RefundStatus, RefundChange

OPEN = frozenset({S.REQUESTED, S.SUBMITTING, S.PENDING, S.UNKNOWN, S.REVIEW, S.QUARANTINED})

TRANSITIONS = {
    (S.REQUESTED, C.START): S.SUBMITTING,
    (S.SUBMITTING, C.ACCEPT): S.PENDING,
    (S.SUBMITTING, C.REVIEW): S.REVIEW,
    (S.SUBMITTING, C.REFUSE): S.FAILED,
    (S.SUBMITTING, C.LOSE): S.UNKNOWN,
    (S.UNKNOWN, C.START): S.SUBMITTING,
    (S.UNKNOWN, C.ACCEPT): S.PENDING,
    (S.UNKNOWN, C.REVIEW): S.REVIEW,
    (S.UNKNOWN, C.REFUSE): S.FAILED,  # it has none of this id, and no money left for one
    (S.UNKNOWN, C.LOSE): S.UNKNOWN,
    (S.UNKNOWN, C.FIND_NOTHING): S.UNKNOWN,
    (S.PENDING, C.ACCEPT): S.PENDING,
    (S.PENDING, C.REVIEW): S.REVIEW,
    (S.PENDING, C.LOSE): S.PENDING,
    (S.PENDING, C.FIND_NOTHING): S.REVIEW,  # it had it, and has it no more
    (S.REVIEW, C.ACCEPT): S.REVIEW,
    (S.REVIEW, C.REVIEW): S.REVIEW,
    (S.REVIEW, C.LOSE): S.REVIEW,
    (S.REVIEW, C.FIND_NOTHING): S.REVIEW,
    **{
        (state, change): after
        for state in (S.PENDING, S.UNKNOWN, S.REVIEW)
        for change, after in (
            (C.SUCCEED, S.SUCCEEDED),
            (C.CONFIRM_SUCCESS, S.SUCCEEDED),
            (C.FAIL, S.FAILED),
            (C.CONFIRM_FAILURE, S.FAILED),
        )
    },
    # After its end a refund hears what was overtaken, and stays. What contradicts it is asked
    # for; only that answer counts.
    **{
        (state, change): state
        for state in (S.SUCCEEDED, S.FAILED, S.REVERSED, S.QUARANTINED)
        for change in (C.ACCEPT, C.REVIEW, C.LOSE, C.FIND_NOTHING, C.SUCCEED, C.FAIL)
    },
    (S.SUCCEEDED, C.CONFIRM_SUCCESS): S.SUCCEEDED,
    (S.SUCCEEDED, C.CONFIRM_FAILURE): S.REVERSED,
    (S.FAILED, C.CONFIRM_FAILURE): S.FAILED,
    (S.FAILED, C.CONFIRM_SUCCESS): S.SUCCEEDED,
    (S.REVERSED, C.CONFIRM_FAILURE): S.REVERSED,
    (S.REVERSED, C.CONFIRM_SUCCESS): S.QUARANTINED,
    (S.QUARANTINED, C.CONFIRM_SUCCESS): S.QUARANTINED,
    (S.QUARANTINED, C.CONFIRM_FAILURE): S.QUARANTINED,
    (S.QUARANTINED, C.RELEASE): S.REVIEW,
    **{(state, C.MISMATCH): S.QUARANTINED for state in RefundStatus if state is not S.REQUESTED},
}
