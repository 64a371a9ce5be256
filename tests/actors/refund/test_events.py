"""Events are kept as JSON, and mean the same when they are read again."""

import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from actors.refund.events import EVENTS, Event

KINDS = get_args(Event)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_an_event_survives_its_journey_through_json(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(st.from_type(kind))
    kept = json.loads(json.dumps(EVENTS.dump_python(event, mode="json")))
    assert EVENTS.validate_python(kept) == event


def test_every_event_has_a_kind_of_its_own() -> None:
    kinds = {kind.__dataclass_fields__["kind"].default for kind in KINDS}
    assert len(kinds) == len(KINDS)


@pytest.mark.parametrize(
    "kept",
    [
        {"kind": "nothing_of_ours"},
        {"kind": "licence_told", "licence_id": "lic_1"},
        {"kind": "refund_heard", "refund_id": "ref_1", "source": "rumour", "word": "pending"},
        {"kind": "refund_heard", "refund_id": "ref_1", "source": "asked", "word": "perhaps"},
    ],
)
def test_what_is_no_event_is_refused(kept: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EVENTS.validate_python(kept)
