"""How a call ends on a real socket, whatever the provider does to it."""

import gc
import logging
import socket
from contextlib import aclosing

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from actors.ports import Unclear
from server.psp.wire import (
    CALL_TIMEOUT_S,
    MAX_ANSWER_BYTES,
    MAX_CONCURRENT_CALLS,
    READ_TIMEOUT_S,
    WRITE_TIMEOUT_S,
    Answer,
    Wire,
)

LARGE = {"x": "x" * 16_000_000}
"""More than the sockets between two processes hold."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"


@pytest.fixture
async def wire(provider):
    async with aclosing(Wire(provider.url + "/api/", {"api-key": "secret"})) as wire:
        yield wire


async def test_a_question_and_a_json_object_arrive_as_they_are(provider, wire):
    provider.answers(200, {"done": True})
    assert await wire.get("/refunds/ref_1", {"force_sync": "true"}) == Answer(200, {"done": True})
    assert await wire.post_json("/refunds", {"amount": 5}) == Answer(200, {"done": True})
    question, order = provider.requests
    assert (question.method, question.target) == ("GET", "/api/refunds/ref_1?force_sync=true")
    assert (order.method, order.target) == ("POST", "/api/refunds")
    assert order.json == {"amount": 5}
    for request in provider.requests:
        assert request.headers["api-key"] == "secret"
        assert request.headers["accept-encoding"] == "identity"


async def test_a_form_arrives_with_its_own_headers(provider, wire):
    provider.answers(200, {})
    await wire.post_form("/v1/transfers", {"currency": "eur"}, {"Idempotency-Key": "trf_1"})
    (request,) = provider.requests
    assert request.body == b"currency=eur"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["idempotency-key"] == "trf_1"


async def test_a_connection_is_used_again(provider, wire):
    provider.answers(200, {})
    for _ in range(3):
        await wire.get("/x", {})
    assert provider.connections == 1


async def test_a_place_where_nobody_listens_is_unreachable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with aclosing(Wire(f"http://127.0.0.1:{taken.getsockname()[1]}", {})) as wire:
            assert await wire.post_json("/refunds", {}) == Unclear("unreachable")


async def test_a_provider_that_never_answers_times_out(provider, wire, autojump_clock):
    provider.hangs()
    began = trio.current_time()
    assert await wire.post_json("/refunds", {}) == Unclear("timed_out")
    assert trio.current_time() - began == pytest.approx(READ_TIMEOUT_S)
    await provider.gone.wait()
    assert len(provider.requests) == 1


async def test_a_provider_that_answers_byte_by_byte_meets_the_deadline_of_the_whole(
    provider, wire, autojump_clock
):
    provider.sends(HEAD + b" " * 100, pause_s=READ_TIMEOUT_S / 8)
    began = trio.current_time()
    assert await wire.post_json("/refunds", {}) == Unclear("timed_out")
    assert trio.current_time() - began == pytest.approx(CALL_TIMEOUT_S)
    await provider.gone.wait()


@pytest.mark.parametrize("sent", [b"", b"HTT", HEAD, HEAD + b'{"status":'])
async def test_a_cut_is_a_lost_connection_and_never_sent_again(provider, wire, sent):
    provider.sends(sent, then_close=True)
    assert await wire.post_json("/refunds", {}) == Unclear("connection_lost")
    assert len(provider.requests) == 1


async def test_a_kept_connection_cut_at_the_second_request_is_not_tried_again(provider, wire):
    provider.answers(200, {})
    provider.sends(b"", then_close=True)
    await wire.post_json("/refunds", {})
    assert await wire.post_json("/refunds", {}) == Unclear("connection_lost")
    assert len(provider.requests) == 2


async def test_garbage_is_a_lost_connection(provider, wire):
    provider.sends(b"\x00\xff no HTTP at all \r\n\r\n", then_close=True)
    assert await wire.post_json("/refunds", {}) == Unclear("connection_lost")


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'{"a":1,"a":2}', b'{"a":NaN}', b"\xff"])
async def test_an_answer_that_is_no_json_object_keeps_its_status_alone(provider, wire, body):
    provider.answers(502, body)
    assert await wire.get("/x", {}) == Answer(502, {})


async def test_a_redirect_is_not_followed(provider, wire):
    provider.answers(307, {}, f"Location: {provider.url}/elsewhere")
    assert await wire.post_json("/refunds", {}) == Answer(307, {})
    assert len(provider.requests) == 1


async def test_the_longest_answer_passes_and_one_byte_more_does_not(provider, wire):
    padding = MAX_ANSWER_BYTES - len(b'{"a":""}')
    provider.answers(200, b'{"a":"' + b"x" * padding + b'"}')
    provider.answers(200, b'{"a":"' + b"x" * (padding + 1) + b'"}')
    assert (await wire.get("/x", {})).ok
    assert await wire.get("/x", {}) == Unclear("answer_too_long")


async def test_an_answer_without_end_is_cut_off_and_the_wire_goes_on(provider, wire):
    provider.floods()
    provider.answers(200, {})
    assert await wire.get("/x", {}) == Unclear("answer_too_long")
    await provider.gone.wait()
    assert await wire.get("/x", {}) == Answer(200, {})


async def test_an_encoded_answer_is_not_unfolded(provider, wire):
    provider.answers(200, b"\x1f\x8b\x08", "Content-Encoding: gzip")
    assert await wire.get("/x", {}) == Unclear("encoded_answer")


async def test_calls_at_once_are_bounded_and_each_gets_its_turn(provider, wire, autojump_clock):
    provider.sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", pause_s=0.001)
    outcomes = []

    async def call():
        outcomes.append(await wire.get("/x", {}))

    async with trio.open_nursery() as nursery:
        for _ in range(3 * MAX_CONCURRENT_CALLS):
            nursery.start_soon(call)
    assert outcomes == [Answer(200, {})] * (3 * MAX_CONCURRENT_CALLS)
    assert provider.most_in_flight == MAX_CONCURRENT_CALLS


async def test_a_call_whose_turn_does_not_come_is_not_sent(provider, wire, autojump_clock):
    provider.sends(HEAD + b" " * 100, pause_s=READ_TIMEOUT_S / 8)
    outcomes = []

    async def call():
        outcomes.append(await wire.post_json("/refunds", {}))

    async with trio.open_nursery() as nursery:
        for _ in range(MAX_CONCURRENT_CALLS + 1):
            nursery.start_soon(call)
    assert outcomes == [Unclear("timed_out")] * (MAX_CONCURRENT_CALLS + 1)
    assert len(provider.requests) == MAX_CONCURRENT_CALLS


async def test_a_cancelled_call_gives_its_place_and_its_connection_back(provider, wire):
    for _ in range(MAX_CONCURRENT_CALLS):
        provider.hangs()
    provider.answers(200, {})
    async with trio.open_nursery() as nursery:
        for _ in range(MAX_CONCURRENT_CALLS):
            nursery.start_soon(wire.post_json, "/refunds", {})
        await provider.until_in_flight(MAX_CONCURRENT_CALLS)
        nursery.cancel_scope.cancel()
    assert await wire.get("/x", {}) == Answer(200, {})
    await provider.until_in_flight(0)


async def test_a_call_cancelled_in_the_middle_of_an_answer_leaves_the_wire_usable(provider, wire):
    provider.sends(HEAD + b'{"half":')
    provider.answers(200, {})
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wire.get, "/x", {})
            await provider.asked.wait()
            await trio.testing.wait_all_tasks_blocked()
            scope.cancel()
    assert scope.cancelled_caught
    assert await wire.get("/x", {}) == Answer(200, {})


@pytest.fixture
async def deaf(nursery):
    """A wire to somebody who never reads, and the event of its being connected."""
    connected = trio.Event()

    async def stay(stream: trio.SocketStream) -> None:
        async with stream:
            connected.set()
            await trio.sleep_forever()

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    nursery.start_soon(trio.serve_listeners, stay, listeners)
    url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
    async with aclosing(Wire(url, {})) as wire:
        yield wire, connected


async def test_a_provider_that_does_not_read_times_out(deaf, autojump_clock):
    wire, _ = deaf
    began = trio.current_time()
    assert await wire.post_json("/refunds", LARGE) == Unclear("timed_out")
    assert trio.current_time() - began == pytest.approx(WRITE_TIMEOUT_S)


async def test_a_call_cancelled_while_it_is_sent_leaves_nothing_open(deaf):
    wire, connected = deaf
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wire.post_json, "/refunds", LARGE)
        await connected.wait()
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    gc.collect()


async def test_no_header_of_ours_gets_into_logs_or_representations(provider, caplog):
    caplog.set_level(logging.DEBUG)
    provider.answers(200, {})
    provider.sends(b"", then_close=True)
    with capture_logs() as logs:
        async with aclosing(Wire(provider.url, {"api-key": "hush_hush"})) as wire:
            await wire.get("/x", {})
            assert await wire.get("/x", {}) == Unclear("connection_lost")
            assert "hush_hush" not in repr(wire)
    assert [each["event"] for each in logs] == ["provider_call_lost"]
    assert "hush_hush" not in caplog.text + str(logs)
