from server.sandbox.webhooks import RETRY_DELAYS_S, acknowledged, failed, sign

VECTOR = (
    "e59d96e8550c149057dd5fa307f7aad169f84242651c52dd1fe77a40b2e5be545037c5b5f9783ff391dbf123ad44"
    "0d3b59235ca1860cb1e66f89625a591e751a"
)


def test_the_signature():
    assert sign("test_hash_key", b"{}") == VECTOR


def test_the_schedule_is_the_real_ones():
    minutes = [delay / 60 for delay in RETRY_DELAYS_S]
    assert minutes == [1, 5, 5] + [10] * 5 + [60] * 5 + [360] * 3
    assert 23 * 3600 < sum(RETRY_DELAYS_S) < 25 * 3600


def webhook(**changes):
    return {"state": "due", "due_at": 1000, "attempts": 0, "copies": 0} | changes


def test_taken_it_is_over():
    after = acknowledged(webhook(attempts=2), 204, 5000)
    assert after == {
        "state": "acknowledged",
        "acknowledged_at": 5000,
        "attempts": 3,
        "copies": 0,
        "last_status": 204,
    }


def test_a_copy_is_due_once_the_first_is_taken():
    after = acknowledged(webhook(copies=1), 200, 5000)
    assert (after["state"], after["due_at"], after["copies"]) == ("due", 5000, 0)
    assert acknowledged(after, 200, 6000)["state"] == "acknowledged"


def test_not_taken_it_is_sent_later_until_the_schedule_ends():
    doc, at_ms, waits = webhook(), 1000, []
    for _ in RETRY_DELAYS_S:
        doc = failed(doc, 500, at_ms, 1)
        waits.append((doc["due_at"] - at_ms) / 1000)
        at_ms = doc["due_at"]
    assert waits == list(RETRY_DELAYS_S)
    assert "due_at" not in failed(doc, None, at_ms, 1)
    assert failed(doc, None, at_ms, 1)["state"] == "given_up"


def test_a_factor_compresses_the_schedule():
    assert failed(webhook(), None, 0, 1 / 60)["due_at"] == 1000
