"""Checks all that clients send and get against the chat's document, and notes what there was."""

from dataclasses import dataclass, field
from typing import Any

from support.chat import ChatClient, Item
from support.chat_schema import command_problems, item_problems


@dataclass
class Recorder:
    """Is a client's ``record``; ``problems`` stays empty where all is as documented."""

    problems: list[str] = field(default_factory=list)
    pushes: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    def __call__(self, item: Item, command: str | None) -> None:
        self.problems += item_problems(item, command)
        if "push" in item:
            self.pushes.add(item["push"])
        elif "ok" in item:
            self.done |= {command} if command else set()
        else:
            self.codes.add(item["error"]["code"])

    async def do(self, client: ChatClient, command: str, **fields: Any) -> Any:
        """Have a client send a command that is as documented."""
        self.problems += command_problems({"do": command} | fields)
        return await client.do(command, **fields)
