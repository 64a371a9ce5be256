"""What the doctor says of the providers, which answer here over real sockets."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from server import provider_checks
from server.config import Settings
from server.findings import Verdict
from server.provider_checks import check_payments, check_payouts

KEY = "the_key"
NO_PAYMENT = {
    "error": {
        "type": "invalid_request",
        "code": "HE_02",
        "message": "Payment does not exist in our records",
    }
}
BAD_KEY = {"error": {"type": "invalid_request", "code": "IR_01", "message": "invalid API key used"}}


@pytest.fixture
def provider():
    """Answers as the test says, and notes what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        answer = (404, NO_PAYMENT)
        asked = []  # noqa: RUF012 - of this fixture's own class

        def do_GET(self):
            self.asked.append((self.path, dict(self.headers)))
            status, body = self.answer
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    Handler.url = f"http://127.0.0.1:{server.server_address[1]}/api"
    yield Handler
    server.shutdown()
    thread.join()
    server.server_close()


def payments_at(url):
    return Settings(
        _env_file=None, psp_url=url, psp_api_key=KEY, psp_webhook_secret="a_secret_of_theirs"
    )


def payouts_at(url):
    return Settings(_env_file=None, payout_url=url, payout_api_key=KEY)


@pytest.mark.parametrize(
    ("members", "payments", "payouts"),
    [
        ({}, "the sandbox", "the sandbox"),
        ({"payout_url": "off"}, "the sandbox", "off"),
        ({"psp_url": "off"}, "off", "off"),
    ],
)
def test_where_there_is_nobody_to_ask(members, payments, payouts):
    settings = Settings(_env_file=None, **members)
    for finding, says in ((check_payments(settings), payments), (check_payouts(settings), payouts)):
        assert finding.verdict is Verdict.OK
        assert finding.says.startswith(says)


def test_a_payment_provider_that_takes_the_key(provider):
    finding = check_payments(payments_at(provider.url))
    assert (finding.verdict, finding.advice) == (Verdict.OK, "")
    ((path, headers),) = provider.asked
    assert path.startswith("/api/payments/pay_that_cannot_exist")
    assert headers["api-key"] == KEY


def test_a_provider_of_payouts_that_takes_the_key(provider):
    provider.answer = (200, {"object": "list", "data": []})
    finding = check_payouts(payouts_at(provider.url))
    assert (finding.verdict, finding.advice) == (Verdict.OK, "")
    ((path, headers),) = provider.asked
    assert path.startswith("/api/v1/transfers?transfer_group=trf_that_cannot_exist")
    assert headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("answer", [(401, BAD_KEY), (403, {})])
def test_a_key_that_is_refused(provider, answer):
    provider.answer = answer
    for finding, setting in (
        (check_payments(payments_at(provider.url)), "PSP_API_KEY"),
        (check_payouts(payouts_at(provider.url)), "PAYOUT_API_KEY"),
    ):
        assert finding.verdict is Verdict.FAIL
        assert f"BANDSTAND_{setting}" in finding.advice
        assert KEY not in str(finding)


@pytest.mark.parametrize(
    "answer", [(500, {}), (404, {}), (302, {}), (200, {"data": [{}]}), (200, {"data": 1})], ids=str
)
def test_an_answer_that_no_provider_would_give(provider, answer):
    provider.answer = answer
    for finding in (
        check_payments(payments_at(provider.url)),
        check_payouts(payouts_at(provider.url)),
    ):
        assert finding.verdict is Verdict.WARN


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://user:pass@127.0.0.1:{listener.getsockname()[1]}"
    for finding in (check_payments(payments_at(url)), check_payouts(payouts_at(url))):
        assert finding.verdict is Verdict.WARN
        assert "unreachable" in finding.says
        assert "_URL" in finding.advice
        assert "pass@" not in str(finding)


def test_somebody_who_never_answers(monkeypatch):
    monkeypatch.setattr(provider_checks, "CHECK_TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        finding = check_payments(payments_at(url))
    assert (finding.verdict, "timed_out" in finding.says) == (Verdict.WARN, True)
