"""The documentation of the API for people: one page of our own, made from the OpenAPI document."""

from typing import Any

from quart import Blueprint, Response, current_app
from quart_schema import hide

from server.pages.blueprint import page

docs = Blueprint("docs", __name__, template_folder="templates")


@docs.get("/docs")
@hide
async def show() -> Response:
    """Show every operation, its parameters and its bodies."""
    document = current_app.extensions["QUART_SCHEMA"].openapi_provider.schema()
    return await page(
        "docs.html", document=document, operations=operations(document), members=members
    )


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the operations in the order of their paths, with the models that they name."""
    return [
        {
            "method": method.upper(),
            "path": path,
            "request": _model(operation.get("requestBody", {})),
            "responses": {
                int(status): _model(response) for status, response in operation["responses"].items()
            },
            **{key: operation.get(key) for key in ("summary", "description", "security")},
            "parameters": operation["parameters"],
        }
        for path, methods in sorted(document["paths"].items())
        for method, operation in methods.items()
    ]


def members(schema: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Give each member of an object: its name, its type in words, whether it must be there."""
    required = schema.get("required", ())
    return [
        (name, type_in_words(member), name in required)
        for name, member in schema.get("properties", {}).items()
    ]


def type_in_words(schema: dict[str, Any]) -> str:
    """Write a JSON schema's type as people read it, such as ``list of StreamView``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(type_in_words(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f'"{value}"' for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {type_in_words(schema['items'])}"
    return str(schema.get("type", "anything"))


def _model(body: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = body.get("content", {}).get("application/json", {}).get("schema", {})
    return schema
