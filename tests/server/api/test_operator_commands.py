import os
from functools import partial

import pytest
import trio
from hypercorn.config import Config
from hypercorn.trio import serve

from server.cli import main
from server.clock import SystemClock
from storage import Put


@pytest.fixture
async def running(shop, nursery, monkeypatch, tmp_path):
    """The shop on a port, and the settings of the operator, who is on the same machine."""
    for name in list(os.environ):
        if name.startswith("BANDSTAND_") or name == "PORT":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    shop.stage.clock.time_ms = SystemClock().now_ms()  # the commands sign with the real time
    config = Config()
    config.bind = ["127.0.0.1:0"]
    (url,) = await nursery.start(partial(serve, shop.stage.app, config))
    monkeypatch.setenv("BANDSTAND_HTTP", url.removeprefix("http://"))
    monkeypatch.setenv("BANDSTAND_SECRET", shop.stage.secret)
    yield shop
    nursery.cancel_scope.cancel()


@pytest.fixture
async def refund(running):
    """A refund that is pending, of which the webhook was lost."""
    bo = await running.stage.user("Bo")
    order = await running.buy(bo, (await running.offer())["id"])
    refund = await running.refund(bo, order)
    running.stage.psp.settle(refund["id"])
    return refund


async def command(*arguments):
    """Run a command in a thread, as the process that it would be."""
    return await trio.to_thread.run_sync(main, arguments)


async def test_sweep_then_explain_then_reconcile(running, refund, capsys):
    assert await command("reconcile") == 1
    said = capsys.readouterr().out
    assert f"refund {refund['id']}: ours pending 1500 EUR; theirs succeeded 1500 EUR" in said
    assert await command("sweep") == 0
    assert "1 begun\n" in capsys.readouterr().out
    await running.settled()
    assert await command("refund", "explain", refund["id"]) == 0
    said = capsys.readouterr().out
    assert f"{refund['id']} of ord_" in said
    assert "created" in said
    assert f"refund {refund['id']}: pending -> succeeded" in said
    assert "source=asked" in said
    assert "replayed: the same as in the store\n" in said
    assert await command("reconcile") == 0
    assert "compared, 0 differences\n" in capsys.readouterr().out


async def test_a_replay_that_differs_is_exit_1(running, refund, capsys):
    store = running.stage.house.store
    row = await store.get("refunds", refund["id"])
    await store.commit(Put("refunds", row.id, row.doc | {"note": "by hand"}, row.version))
    assert await command("refund", "explain", refund["id"]) == 1
    assert "NOT what is in the store" in capsys.readouterr().out


async def test_resolve(running, refund, capsys):
    arguments = ("refund", "resolve", refund["id"], "--outcome", "failed", "--note", "why")
    assert await command(*arguments) == 1
    assert "there is nothing to decide" in capsys.readouterr().err


async def test_an_unknown_refund(running, capsys):
    assert await command("refund", "explain", "ref_unknown") == 1
    assert "There is no such refund." in capsys.readouterr().err


async def test_a_secret_that_is_not_the_servers(running, monkeypatch, capsys):
    monkeypatch.setenv("BANDSTAND_SECRET", "s" * 40)
    assert await command("sweep") == 1
    assert "has another secret" in capsys.readouterr().err


async def test_no_server_runs(running, monkeypatch, capsys):
    # Bound and not listening: nobody else takes the port meanwhile.
    listener = trio.socket.socket()
    await listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    monkeypatch.setenv("BANDSTAND_HTTP", f"127.0.0.1:{port}")
    assert await command("reconcile") == 1
    listener.close()
    assert "start it first" in capsys.readouterr().err


async def test_another_server_runs(running, nursery, monkeypatch, capsys):
    async def answer(stream):
        await stream.receive_some(1000)
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await stream.aclose()

    listeners = await nursery.start(partial(trio.serve_tcp, answer, 0, host="127.0.0.1"))
    port = listeners[0].socket.getsockname()[1]
    monkeypatch.setenv("BANDSTAND_HTTP", f"127.0.0.1:{port}")
    assert await command("sweep") == 1
    assert "is no Bandstand" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["refund"],
        ["refund", "explain"],
        ["refund", "resolve", "ref_1", "--outcome", "maybe", "--note", "x"],
        ["refund", "resolve", "ref_1", "--outcome", "ask"],
    ],
)
def test_bad_arguments(arguments, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert "usage: bandstand refund" in capsys.readouterr().err
