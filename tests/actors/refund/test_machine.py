"""Each machine against a grid of its own: a row is a state, a column a change, "-" is refused."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from actors.refund import (
    licence_machine,
    order_machine,
    payment_machine,
    refund_machine,
    transfer_machine,
)
from actors.refund.machine import IllegalTransition, look_up

ORDER = """
.                  pay       fail           open           keep      return_some        return_all
created            completed payment_failed -              -         -                  -
payment_failed     completed payment_failed -              -         -                  -
completed          -         -              refund_pending completed partially_refunded refunded
partially_refunded -         -              refund_pending completed partially_refunded refunded
refund_pending     -         -              -              completed partially_refunded refunded
refunded           -         -              -              completed partially_refunded refunded
"""

PAYMENT = """
.            open         succeed    fail       cancel     mismatch
new          open         succeeded  failed     cancelled  quarantined
open         open         succeeded  failed     cancelled  quarantined
failed       open         succeeded  failed     cancelled  quarantined
cancelled    cancelled    succeeded  cancelled  cancelled  quarantined
succeeded    succeeded    succeeded  succeeded  succeeded  succeeded
quarantined  quarantined  succeeded  failed     cancelled  quarantined
"""

REFUND_ON_ITS_WAY = """
.            start       accept       review       refuse  lose         find_nothing
requested    submitting  -            -            -       -            -
submitting   -           pending      review       failed  unknown      -
pending      -           pending      review       -       pending      review
unknown      submitting  pending      review       failed  unknown      unknown
review       -           review       review       -       review       review
succeeded    -           succeeded    succeeded    -       succeeded    succeeded
failed       -           failed       failed       -       failed       failed
reversed     -           reversed     reversed     -       reversed     reversed
quarantined  -           quarantined  quarantined  -       quarantined  quarantined
"""

REFUND_AT_ITS_END = """
.            succeed      fail         confirm_success  confirm_failure  mismatch     release
requested    -            -            -                -                -            -
submitting   -            -            -                -                quarantined  -
pending      succeeded    failed       succeeded        failed           quarantined  -
unknown      succeeded    failed       succeeded        failed           quarantined  -
review       succeeded    failed       succeeded        failed           quarantined  -
succeeded    succeeded    succeeded    succeeded        reversed         quarantined  -
failed       failed       failed       succeeded        failed           quarantined  -
reversed     reversed     reversed     quarantined      reversed         quarantined  -
quarantined  quarantined  quarantined  quarantined      quarantined      quarantined  review
"""

TRANSFER_OUT = """
.                   send     confirm  lose     refuse     cancel
scheduled           sending  -        -        -          cancelled
sending             -        paid     unknown  cancelled  -
unknown             -        paid     unknown  cancelled  -
paid                -        -        -        -          -
cancelled           -        -        -        -          -
reversing           -        -        -        -          -
partially_reversed  -        -        -        -          -
reversed            -        -        -        -          -
"""

TRANSFER_BACK = """
.                   take_back  keep  return_some         return_all
scheduled           -          -     -                   -
sending             -          -     -                   -
unknown             -          -     -                   -
paid                reversing  -     -                   -
cancelled           -          -     -                   -
reversing           reversing  paid  partially_reversed  reversed
partially_reversed  reversing  -     -                   -
reversed            -          -     -                   -
"""

LICENCE = """
.          suspend    restore  revoke
active     suspended  active   revoked
suspended  suspended  active   revoked
revoked    suspended  active   revoked
"""

Table = Mapping[tuple[Any, Any], Any]

MACHINES: dict[str, tuple[Table, type[StrEnum], type[StrEnum], tuple[str, ...]]] = {
    "order": (
        order_machine.TRANSITIONS,
        order_machine.OrderStatus,
        order_machine.OrderChange,
        (ORDER,),
    ),
    "payment": (
        payment_machine.TRANSITIONS,
        payment_machine.PaymentStatus,
        payment_machine.PaymentChange,
        (PAYMENT,),
    ),
    "refund": (
        refund_machine.TRANSITIONS,
        refund_machine.RefundStatus,
        refund_machine.RefundChange,
        (REFUND_ON_ITS_WAY, REFUND_AT_ITS_END),
    ),
    "transfer": (
        transfer_machine.TRANSITIONS,
        transfer_machine.TransferStatus,
        transfer_machine.TransferChange,
        (TRANSFER_OUT, TRANSFER_BACK),
    ),
    "licence": (
        licence_machine.TRANSITIONS,
        licence_machine.LicenceStatus,
        licence_machine.LicenceChange,
        (LICENCE,),
    ),
}


def read_grids(grids: tuple[str, ...]) -> dict[tuple[str, str], str]:
    cells: dict[tuple[str, str], str] = {}
    for grid in grids:
        (_, *changes), *rows = [line.split() for line in grid.strip().splitlines()]
        for state, *afters in rows:
            cells |= {(state, c): after for c, after in zip(changes, afters, strict=True)}
    return cells


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_takes_every_change_as_the_grid_says(name: str) -> None:
    table, states, changes, grids = MACHINES[name]
    expected = read_grids(grids)
    assert expected.keys() == {(s.value, c.value) for s in states for c in changes}
    for state in states:
        for change in changes:
            after = expected[state.value, change.value]
            if after == "-":
                with pytest.raises(IllegalTransition, match=f"{state} knows no {change}"):
                    look_up(table, state, change)
            else:
                assert look_up(table, state, change) is states(after), (state, change)


def test_open_refunds_are_those_whose_end_is_not_known() -> None:
    ended = {"succeeded", "failed", "reversed"}
    assert {s.value for s in refund_machine.RefundStatus} - ended == refund_machine.OPEN
