import hashlib
import hmac
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ports import PspNotice
from server.psp.webhook import (
    MAX_WEBHOOK_BYTES,
    MAX_WEBHOOK_DEPTH,
    BadNotice,
    is_refund_event,
    read_notice,
    verify,
)

KEY = b"test_hash_key"
VECTOR = (
    "e59d96e8550c149057dd5fa307f7aad169f84242651c52dd1fe77a40b2e5be54"
    "5037c5b5f9783ff391dbf123ad440d3b59235ca1860cb1e66f89625a591e751a"
)


def read(payload: object) -> PspNotice:
    return read_notice(json.dumps(payload).encode())


def refusal(body: bytes) -> str:
    with pytest.raises(BadNotice) as caught:
        read_notice(body)
    assert caught.value.message
    return caught.value.code


# Signatures


def test_the_vector_of_the_design():
    assert verify(b"{}", VECTOR, [KEY])


@pytest.mark.parametrize("secrets", [[KEY, b"the old one"], [b"the old one", KEY]])
def test_while_secrets_are_rotated_each_of_them_is_good(secrets):
    assert verify(b"{}", VECTOR, secrets)


@pytest.mark.parametrize(
    ("body", "signature", "secrets"),
    [
        (b"{ }", VECTOR, [KEY]),
        (b"{}", VECTOR, [b"another_key"]),
        (b"{}", VECTOR, []),
        (b"{}", None, [KEY]),
        (b"{}", "", [KEY]),
        (b"{}", VECTOR.upper(), [KEY]),
        (b"{}", VECTOR[:-1], [KEY]),
        (b"{}", VECTOR + "\n", [KEY]),
        (b"{}", " " + VECTOR, [KEY]),
        (b"{}", hmac.new(KEY, b"{}", hashlib.sha256).hexdigest(), [KEY]),
        (b"{}", "é" * 128, [KEY]),
        (b"{}", "\udcff" * 128, [KEY]),
        (b"{}", "\x00", [KEY]),
    ],
)
def test_anything_else_is_no_signature_and_no_error(body, signature, secrets):
    assert verify(body, signature, secrets) is False


@given(st.binary(max_size=64), st.text(max_size=200), st.binary(min_size=1, max_size=32))
def test_no_text_at_all_passes_for_a_signature(body, signature, secret):
    assert not verify(body, signature, [secret])
    assert verify(body, hmac.new(secret, body, hashlib.sha512).hexdigest(), [b"?", secret])


# Which events are of refunds


def test_is_refund_event_flat():
    assert is_refund_event({"event_type": "refund_succeeded", "refund_id": "ref_1"})


def test_is_refund_event_mixed_case():
    assert is_refund_event({"event_type": "Refund_Succeeded"})
    assert is_refund_event({"event_type": "PAYMENT.REFUNDED"})


def test_is_refund_event_payment_event():
    assert not is_refund_event({"event_type": "payment_succeeded", "payment_id": "pay_1"})
    content = {"type": "payment_details", "object": {"payment_id": "pay_1", "refunds": None}}
    assert not is_refund_event({"event_type": "payment_succeeded", "content": content})


def test_is_refund_event_refund_id_alone():
    assert is_refund_event({"refund_id": "ref_1", "status": "succeeded"})


def test_is_refund_event_empty():
    assert not is_refund_event({})
    assert not is_refund_event({"event_type": "", "refund_id": ""})
    assert not is_refund_event({"event_type": None, "refund_id": None, "object": None})
    assert not is_refund_event({"event_type": 7, "object": "refund", "content": ["refund_id"]})


def test_is_refund_event_nested():
    assert is_refund_event({"object": {"refund_id": "ref_1"}})
    assert is_refund_event({"content": {"object": {"refund_id": "ref_1"}}})
    assert not is_refund_event({"content": {"refund_id": "ref_1"}})


# What a notice says


def test_a_refund_as_hyperswitch_sends_it():
    notice = read(
        {
            "merchant_id": "mer_1",
            "event_id": "evt_1",
            "event_type": "refund_succeeded",
            "content": {
                "type": "refund_details",
                "object": {
                    "refund_id": "ref_1",
                    "payment_id": "pay_1",
                    "amount": 1500,
                    "currency": "EUR",
                    "status": "Succeeded",
                    "error_code": None,
                    "error_message": None,
                    "updated_at": "2025-01-02T03:04:05.000Z",
                },
            },
            "timestamp": "2025-01-02T03:04:06.000Z",
        }
    )
    assert notice == PspNotice(
        "evt_1",
        "refund",
        "refund_succeeded",
        "succeeded",
        payment_id="pay_1",
        refund_id="ref_1",
        amount=1500,
        currency="EUR",
        updated_at="2025-01-02T03:04:05.000Z",
    )


def test_the_three_shapes_say_the_same():
    members = {"refund_id": "ref_1", "status": "failed", "amount": 5, "error_code": "E1"}
    shapes = [members, {"object": members}, {"content": {"object": members}}]
    notices = [read({"event_type": "refund_failed", "event_id": "e", **each}) for each in shapes]
    assert notices[0].status == "failed"
    assert notices[0].error_code == "E1"
    assert notices[0] == notices[1] == notices[2]


def test_an_event_without_an_id_has_the_hash_of_its_body():
    body = b'{"refund_id":"ref_1","status":"succeeded"}'
    assert read_notice(body).event_id == "sha256:" + hashlib.sha256(body).hexdigest()
    assert read_notice(body + b" ").event_id != read_notice(body).event_id


@pytest.mark.parametrize(
    ("event_type", "object_status", "status"),
    [
        ("refund_succeeded", None, "succeeded"),
        ("refund_failed", None, "failed"),
        ("Refund_Succeeded", None, "succeeded"),
        ("refund.failed", None, "failed"),
        ("refund", None, ""),
        ("refund_failed", "succeeded", "succeeded"),
        ("refund_succeeded", "PENDING", "pending"),
    ],
)
def test_the_object_has_the_status_or_else_the_event_says_it(event_type, object_status, status):
    content = {"object": {"refund_id": "ref_1", "status": object_status}}
    assert read({"event_type": event_type, "content": content}).status == status


def test_a_payment_says_what_was_captured():
    paid = {"payment_id": "pay_1", "status": "succeeded", "amount": 900, "currency": "eur"}
    payload = {"event_id": "e", "event_type": "payment_succeeded", "content": {"object": paid}}
    assert read(payload) == PspNotice(
        "e",
        "payment",
        "payment_succeeded",
        "succeeded",
        payment_id="pay_1",
        amount=900,
        currency="EUR",
    )
    paid["amount_received"] = 899
    paid["updated"] = "2025-01-02T03:04:05Z"
    assert read(payload).amount == 899
    assert read(payload).updated_at == "2025-01-02T03:04:05Z"
    paid |= {"status": "processing", "amount_received": 0}
    assert read(payload).amount == 900


def test_a_payment_event_alone_says_the_status():
    notice = read({"event_type": "payment_failed", "payment_id": "pay_1", "error_message": "No."})
    assert (notice.kind, notice.status, notice.amount) == ("payment", "failed", None)
    assert notice.error_message == "No."


@pytest.mark.parametrize(
    "word", ["opened", "expired", "accepted", "cancelled", "challenged", "won", "lost"]
)
def test_a_dispute_has_its_amount_in_a_string_and_its_status_in_the_event(word):
    disputed = {
        "dispute_id": "dp_1",
        "payment_id": "pay_1",
        "amount": "1500",
        "currency": "EUR",
        "dispute_stage": "dispute",
        "dispute_status": "dispute_opened",
        "connector_status": "warning_needs_response",
    }
    content = {"type": "dispute_details", "object": disputed}
    notice = read({"event_id": "e", "event_type": f"dispute_{word}", "content": content})
    assert (notice.kind, notice.status, notice.amount) == ("dispute", word, 1500)
    assert (notice.dispute_id, notice.payment_id, notice.currency) == ("dp_1", "pay_1", "EUR")


def test_a_flat_dispute_has_its_status_in_the_object():
    notice = read({"dispute_id": "dp_1", "payment_id": "pay_1", "dispute_status": "dispute_lost"})
    assert (notice.kind, notice.status) == ("dispute", "lost")


def test_other_events_are_known_by_their_id_alone():
    payload = {
        "event_id": "e",
        "event_type": "mandate_active",
        "content": {"object": {"amount": ""}},
    }
    assert read(payload) == PspNotice("e", "other", "mandate_active", "")


def test_text_is_cut_and_can_be_stored():
    notice = read({"refund_id": "ref_1", "error_message": "\ud800" * 5000, "error_code": "x" * 500})
    assert notice.error_message == "?" * 1000
    assert len(notice.error_code) == 128


# What is refused


@pytest.mark.parametrize(
    "payload",
    [
        {"event_type": "refund_succeeded"},
        {"event_type": "refund_succeeded", "refund_id": None},
        {"event_type": "refund_succeeded", "refund_id": ""},
        {"event_type": "refund_failed", "content": {"object": {"payment_id": "pay_1"}}},
    ],
)
def test_a_refund_event_without_an_id(payload):
    assert refusal(json.dumps(payload).encode()) == "missing_refund_id"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"refund"',
        b"{",
        b"{}{}",
        b"\xff{}",
        b"\xef\xbb\xbf{}",
        b'{"refund_id":"ref_1","refund_id":"ref_2"}',
        b'{"refund_id":"ref_1","object":{"amount":1,"amount":2}}',
        b'{"refund_id":"ref_1","amount":NaN}',
        b'{"refund_id":"ref_1","amount":Infinity}',
        b'{"refund_id":"ref_1","amount":-1}',
        b'{"refund_id":"ref_1","amount":true}',
        b'{"refund_id":"ref_1","amount":1.0}',
        b'{"refund_id":"ref_1","amount":1e2}',
        b'{"refund_id":"ref_1","amount":"100"}',
        b'{"refund_id":"ref_1","amount":9223372036854775808}',
        b'{"refund_id":"ref_1","amount":' + b"9" * 5000 + b"}",
        b'{"refund_id":"ref_1","currency":"EURO"}',
        b'{"refund_id":"ref_1","currency":"\xc3\xa9UR"}',
        b'{"refund_id":1}',
        b'{"refund_id":["ref_1"]}',
        b'{"refund_id":"ref 1"}',
        b'{"refund_id":"ref\\u0000"}',
        b'{"refund_id":"\\ud800"}',
        b'{"refund_id":"' + b"r" * 129 + b'"}',
        b'{"refund_id":"ref_1","event_id":"' + b"e" * 129 + b'"}',
        b'{"refund_id":"ref_1","event_id":7}',
        b'{"refund_id":"ref_1","event_type":7}',
        b'{"refund_id":"ref_1","status":{}}',
        b'{"refund_id":"ref_1","status":"' + b"s" * 65 + b'"}',
        b'{"refund_id":"ref_1","status":"\xc3\xa9"}',
        b'{"event_type":"payment_succeeded"}',
        b'{"event_type":"dispute_opened","payment_id":"pay_1"}',
        b'{"event_type":"dispute_opened","dispute_id":"dp_1"}',
        b'{"event_type":"dispute_opened","dispute_id":"d","payment_id":"p","amount":"1.5"}',
        b'{"event_type":"dispute_opened","dispute_id":"d","payment_id":"p","amount":"-1"}',
        b'{"event_type":"dispute_opened","dispute_id":"d","payment_id":"p","amount":""}',
        '{"event_type":"dispute_opened","dispute_id":"d","payment_id":"p","amount":"٣"}'.encode(),
    ],
)
def test_what_is_no_event_is_refused(body):
    assert refusal(body) == "invalid_request"


def test_the_largest_amount_is_read_whole():
    assert read({"refund_id": "r", "amount": 2**63 - 1}).amount == 2**63 - 1
    dispute = {"event_type": "dispute_lost", "dispute_id": "d", "payment_id": "p"}
    assert read({**dispute, "amount": str(2**63 - 1)}).amount == 2**63 - 1
    assert refusal(json.dumps({**dispute, "amount": str(2**63)}).encode()) == "invalid_request"


def test_the_deepest_is_read_and_one_deeper_is_not():
    def nested(depth: int) -> bytes:
        return b'{"refund_id":"r","x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

    assert read_notice(nested(MAX_WEBHOOK_DEPTH)).refund_id == "r"
    assert refusal(nested(MAX_WEBHOOK_DEPTH + 1)) == "invalid_request"


def test_brackets_in_strings_are_no_depth():
    text = '[{\\"' * 1000
    assert read({"refund_id": "r", "error_message": text}).refund_id == "r"


def test_the_longest_is_read_and_one_byte_more_is_not():
    body = b'{"refund_id":"r"}'
    assert read_notice(body + b" " * (MAX_WEBHOOK_BYTES - len(body))).refund_id == "r"
    assert refusal(body + b" " * (MAX_WEBHOOK_BYTES - len(body) + 1)) == "invalid_request"


@pytest.mark.parametrize(
    "piece", [b"[", b'"', b'\\"', b'"\\', b"{}", b"[],", b'"",', b"9", b'{"a":', b"\\", b"\x00"]
)
def test_the_longest_of_anything_takes_a_bounded_time(piece):
    body = (piece * MAX_WEBHOOK_BYTES)[:MAX_WEBHOOK_BYTES]
    for each in (body, b'{"refund_id":[' + body[: MAX_WEBHOOK_BYTES - 20]):
        began = time.process_time()
        assert refusal(each) == "invalid_request"
        assert time.process_time() - began < 0.5


NAMES = st.sampled_from(
    [
        "event_id",
        "event_type",
        "refund_id",
        "payment_id",
        "dispute_id",
        "status",
        "dispute_status",
        "amount",
        "currency",
        "amount_received",
        "error_code",
        "error_message",
        "updated_at",
        "object",
        "content",
    ]
)
WORDS = st.sampled_from(
    ["refund_succeeded", "payment_failed", "dispute_won", "succeeded", "EUR", "ref_1", "7"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS,
    lambda inner: st.dictionaries(NAMES, inner, max_size=6) | st.lists(inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(
    st.binary(max_size=300) | st.dictionaries(NAMES, VALUES).map(lambda x: json.dumps(x).encode())
)
def test_any_bytes_are_a_notice_or_refused(body):
    try:
        notice = read_notice(body)
    except BadNotice:
        assert refusal(body) in ("invalid_request", "missing_refund_id")
        return
    for text in (notice.event_id, notice.refund_id, notice.payment_id, notice.error_message):
        text.encode()
    assert 1 <= len(notice.event_id) <= 128
    assert notice.amount is None or 0 <= notice.amount < 2**63
    assert (notice.kind == "refund") == bool(notice.refund_id)
