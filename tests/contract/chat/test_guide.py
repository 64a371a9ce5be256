"""What the guide for developers says of the chat is so, and its client works as it stands."""

import json
import os
import re
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest
import trio
from support.chat_member import member
from support.chat_schema import (
    CHANNEL,
    OPERATIONS,
    PUSHES,
    SCHEMAS,
    command_schema,
    item_problems,
)
from support.live_server import live_server

from actors.room.moderation import ACTIONS

GUIDE = (Path(__file__).parents[3] / "docs" / "client-developer.md").read_text()
CHAT = GUIDE[GUIDE.index("\n## Chat\n") :]
NODE_TIMEOUT_S = 40
RUNNER = """
import { createInterface } from "node:readline";
import { chat } from "./chat.mjs";
const [url, room, token] = process.argv.slice(2);
const say = chat(url, room, token, (item) => console.log(JSON.stringify(item)));
createInterface({ input: process.stdin }).on("line", say);
"""


def rows(heading: str) -> list[list[str]]:
    """The rows of the table with this first heading, as lists of cells."""
    table = CHAT[CHAT.index(f"\n| {heading} |") :].strip().split("\n\n")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]
    ]


def names(heading: str) -> list[str]:
    """What is named in the first cells of a table."""
    return [name for cells in rows(heading) for name in re.findall(r"`(\w+)`", cells[0])]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", CHAT, re.DOTALL)


def test_each_command_and_action_has_its_row():
    assert sorted(names("command")) == sorted(OPERATIONS)
    assert sorted(names("`action`")) == sorted(ACTIONS.values())


def test_the_fields_of_commands_are_those_of_the_schema():
    for cells in rows("command"):
        for name in re.findall(r"`(\w+)`", cells[0]):
            if name == "moderate":
                continue
            schema = command_schema(name)
            said = set(re.findall(r"`(\w+\??)`", cells[1]))
            fields = schema["properties"].keys() - {"do", "id"}
            assert said == {f if f in schema["required"] else f"{f}?" for f in fields}, name


def test_each_error_code_has_its_row():
    assert sorted(names("code")) == sorted(SCHEMAS["ErrorCode"]["enum"])


def test_each_close_code_has_its_row():
    said = {int(code) for cells in rows("close code") for code in re.findall(r"\d+", cells[0])}
    assert said == {each["code"] for each in CHANNEL["x-close-codes"]} | {1006}


def test_refusals_of_the_handshake_are_named():
    for each in CHANNEL["x-handshake-errors"]:
        assert f"`{each['code']}`" in CHAT
        assert str(each["status"]) in CHAT


def test_each_push_has_an_example_that_is_one():
    items = [json.loads(line) for block in blocks("json") for line in block.splitlines()]
    assert [item["push"] for item in items if item_problems(item)] == []
    assert {item["push"] for item in items} == PUSHES.keys()
    durable = [item["push"] for item in items if "offset" in item and item["push"] != "dm"]
    events = {ref["$ref"].rsplit("/", 1)[1] for ref in SCHEMAS["Event"]["oneOf"]}
    assert {f"{kind.title()}Push" for kind in durable} == events


def node() -> list[str]:
    program = shutil.which("node")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("node not found: apt install nodejs")
    ask = [program, "-p", "typeof WebSocket"]
    has_socket = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    return [program] if has_socket == "function" else [program, "--experimental-websocket"]


async def test_the_example_client_comes_back_and_loses_nothing(tmp_path):
    (code,) = blocks("js")
    (tmp_path / "chat.mjs").write_text(code)
    (tmp_path / "run.mjs").write_text(RUNNER)
    with live_server(tmp_path / "data") as server:
        ada, ben = server.register("Ada"), server.register("Ben")
        room = server.make_stream(ada).id
        command = [*node(), str(tmp_path / "run.mjs"), f"ws://{server.http}/ws", room, ben.token]
        async with member(server.http, room, ada.token) as owner, trio.open_nursery() as nursery:
            pipe = subprocess.PIPE
            run = partial(trio.run_process, command, stdin=pipe, stdout=pipe, check=False)
            process = await nursery.start(run)
            with trio.fail_after(NODE_TIMEOUT_S):
                shown = Shown(process.stdout)
                await shown.until(lambda item: item.get("push") == "afresh")
                await owner.say("Hello Ben")
                await shown.until(saying("Hello Ben"))
                await process.stdin.send_all(b"Hello Ada\n")
                await owner.seen(2)
                server.signal(signal.SIGTERM)
                await owner.until(lambda: owner.client is None)
                await process.stdin.send_all("Bist du da? 🎸\n".encode())
                await trio.to_thread.run_sync(server.wait)
                await trio.to_thread.run_sync(server.start)
                await owner.say("Back again")
                await shown.until(saying("Back again"))
                await shown.until(saying("Bist du da? 🎸"))
                await owner.seen(4)
            process.kill()
        said = [each["offset"] for each in shown.items if each.get("push") == "message"]
        assert sorted(said) == [1, 2, 3, 4]
        assert said == sorted(said)
        assert sorted(owner.picture.contents()) == sorted(
            ["Hello Ben", "Hello Ada", "Back again", "Bist du da? 🎸"]
        )


def saying(content):
    return lambda item: item.get("push") == "message" and item["message"]["content"] == content


class Shown:
    """What the example client has shown."""

    def __init__(self, output):
        self.items = []
        self._output = output
        self._rest = b""

    async def until(self, wanted):
        while not any(wanted(item) for item in self.items):
            data = await self._output.receive_some()
            assert data, f"the client has ended; it showed {self.items}"
            *lines, self._rest = (self._rest + data).split(b"\n")
            self.items += [json.loads(line) for line in lines]
