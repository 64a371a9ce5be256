"""The sandbox as a process of its own: its arguments, its end, and what is left after kill -9."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
import trio

from server.commands.sandbox import add_sandbox_arguments, run_sandbox_command
from server.commands.user import CommandError

PROGRAM = Path(__file__).with_name("sandbox_program.py")
ROOT = Path(__file__).parents[3]
WAIT_TIMEOUT_S = 30
HEADERS = {"api-key": "k"}
PAYMENT = {
    "payment_id": "pay_1",
    "amount": 500,
    "currency": "EUR",
    "return_url": "https://shop.example/",
}


@contextmanager
def process(data: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start it on a port of the system's choice; give the process and its URL."""
    command = [sys.executable, str(PROGRAM), "--http", "127.0.0.1:0", "--data", str(data)]
    command += ["--api-key", "k", *arguments]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None
            line = next(line for line in running.stderr if '"listening"' in line)
            yield running, f"http://{json.loads(line)['http']}/sandbox"
        finally:
            running.kill()


def call(url: str, method: str, path: str, body: object = None) -> httpx.Response:
    return httpx.request(method, f"{url}{path}", json=body, headers=HEADERS, timeout=30)


async def test_killed_it_forgets_nothing_and_delivers_what_was_not_taken(tmp_path, shop):
    shop.status = 503
    arguments = ("--webhook-url", shop.url, "--webhook-secret", "the_webhook_secret")
    arguments += ("--retry-factor", "0.001", "--settle-delay", "0")
    start = partial(process, tmp_path / "data", *arguments)

    async def ask(url, *request):
        return await trio.to_thread.run_sync(call, url, *request)

    with start() as (first, url):
        assert (await ask(url, "POST", "/payments", PAYMENT)).status_code == 200
        assert (await ask(url, "POST", "/pay/pay_1")).json()["status"] == "succeeded"
        body = {"payment_id": "pay_1", "refund_id": "ref_1", "amount": 200}
        assert (await ask(url, "POST", "/refunds", body)).status_code == 200
        await shop.wait_refused(2)
        first.send_signal(signal.SIGKILL)
        assert await trio.to_thread.run_sync(first.wait) == -signal.SIGKILL
    shop.status = 200
    with start() as (second, url):
        events = await shop.wait(2)
        assert sorted(shop.types()) == ["payment_succeeded", "refund_succeeded"]
        assert all(event in events for event in shop.refused)
        truth = (await ask(url, "GET", "/control/truth")).json()
        assert truth["payments"]["items"][0]["refunded"] == 200
        assert truth["refunds"]["items"][0]["status"] == "succeeded"
        second.send_signal(signal.SIGTERM)
        with trio.fail_after(WAIT_TIMEOUT_S):
            assert await trio.to_thread.run_sync(second.wait) == 0


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_sandbox_arguments(parser)
    return parser.parse_args(arguments)


def test_arguments_that_cannot_be_used(tmp_path):
    bad = tmp_path / "faults.json"
    bad.write_text('[{"on": "create_refund", "fault": "nonsense"}]')
    for arguments, says in [
        (("--http", "nowhere"), "host:port"),
        (("--faults", str(bad)), "fault"),
        (("--faults", str(tmp_path / "absent.json")), "No such file"),
        (("--http", "256.0.0.1:80", "--data", str(tmp_path)), "cannot listen"),
    ]:
        with pytest.raises(CommandError, match=re.escape(says)):
            run_sandbox_command(options(*arguments))


def test_a_port_that_is_taken(tmp_path):
    with process(tmp_path / "data") as (_, url):
        taken = url.removeprefix("http://").removesuffix("/sandbox")
        with pytest.raises(CommandError, match="cannot listen"):
            run_sandbox_command(options("--http", taken, "--data", str(tmp_path / "other")))
