"""The arrows between packages, read from the sources."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "server": {"server", "actors", "media", "storage"},
    "actors": {"actors", "media", "storage"},
    "media": {"media"},
    "storage": {"storage"},
}
NOT_IN_MEDIA = {"trio", "socket", "time", "threading", "asyncio", "anyio"}
SIBLINGS = ("actors.stream", "actors.room")


def modules_of(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_to_their_right_only(package: str) -> None:
    paths = modules_of(package)
    assert paths
    for path in paths:
        for name in imports_of(path):
            top = name.partition(".")[0]
            if top in MAY_IMPORT:
                assert top in MAY_IMPORT[package], f"{path} imports {name}"


def test_media_knows_no_task_socket_or_clock() -> None:
    for path in modules_of("media"):
        tops = {name.partition(".")[0] for name in imports_of(path)}
        assert not tops & NOT_IN_MEDIA, f"{path} imports {tops & NOT_IN_MEDIA}"


@pytest.mark.parametrize("kind", SIBLINGS)
def test_kinds_of_actor_do_not_import_each_other(kind: str) -> None:
    others = tuple(other for other in SIBLINGS if other != kind)
    for path in modules_of(kind.replace(".", "/")):
        for name in imports_of(path):
            assert not name.startswith(others), f"{path} imports {name}"


def test_only_the_composition_names_the_engine_of_the_store() -> None:
    named = {
        path.relative_to(ROOT).as_posix()
        for package in ("server", "actors")
        for path in modules_of(package)
        for name in imports_of(path)
        if name.startswith("storage.sqlite")
    }
    assert named <= {"server/compose.py"}
