"""The chat's AsyncAPI document, as tests ask it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

PATH = Path(__file__).parents[2] / "docs" / "chat.asyncapi.yaml"

DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text())
CHANNEL: dict[str, Any] = DOCUMENT["channels"]["chat"]
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS: dict[str, Any] = {
    name: each for name, each in DOCUMENT["operations"].items() if each["action"] == "receive"
}
"""What the server receives: the commands, by their names."""


def resolve(reference: str) -> Any:
    """Follow a reference within the document; KeyError where it leads nowhere."""
    found: Any = {"#": DOCUMENT}
    for step in reference.split("/"):
        found = found[step]
    return found


def payload(reference: Mapping[str, str]) -> dict[str, Any]:
    """Give the schema of a message that an operation refers to, all references followed."""
    schema: dict[str, Any] = resolve(reference["$ref"])["payload"]
    while "$ref" in schema:
        schema = resolve(schema["$ref"])
    return schema


def problems(schema: Mapping[str, Any], value: Any, at: str = "") -> list[str]:
    """Say what is wrong with a value, and where; nothing where it keeps to the schema."""
    validator = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    worst = best_match(validator.iter_errors(value))
    return [] if worst is None else [f"{at}{worst.json_path.removeprefix('$')}: {worst.message}"]


def command_schema(command: str) -> dict[str, Any]:
    """Give the schema of what a client sends."""
    return payload(OPERATIONS[command]["messages"][0])


def result_schema(command: str) -> dict[str, Any]:
    """Give the schema of what stands under ``ok``."""
    return payload(OPERATIONS[command]["reply"]["messages"][0])


def error_codes(command: str) -> set[str]:
    """Give what a command may be refused with, also one that there is not."""
    return set(OPERATIONS.get(command, CHANNEL)["x-errors"])


def push_schemas() -> dict[str, dict[str, Any]]:
    """Give the schemas of the pushes by their kinds."""
    schemas = [payload(each) for each in DOCUMENT["operations"]["push"]["messages"]]
    return {schema["properties"]["push"]["const"]: schema for schema in schemas}


PUSHES = push_schemas()


def command_problems(command: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with a command."""
    return problems(command_schema(command["do"]), command)


def item_problems(item: Any, command: str | None = None) -> list[str]:
    """Say what is wrong with an item of the server's; ``command`` is what it replies to."""
    return [f"{item!r} {problem}" for problem in _item_problems(item, command)]


def _item_problems(item: Any, command: str | None) -> Iterator[str]:
    if isinstance(item, dict) and "push" in item:
        schema = PUSHES.get(str(item["push"]))
        yield from [".push is not known"] if schema is None else problems(schema, item)
        return
    yield from problems(SCHEMAS["Item"], item)
    if not isinstance(item, dict) or command is None:
        return
    if "ok" in item:
        yield from problems(result_schema(command), item["ok"], ".ok")
    elif item["error"]["code"] not in error_codes(command):
        yield f".error.code: {command} is not refused so"


def references(value: Any) -> Iterator[str]:
    """Give all references in a part of the document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)
