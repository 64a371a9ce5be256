"""The version of the static files, and what is read."""

from pathlib import Path

import pytest

from server.pages.assets import load_assets


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_version_changes_with_a_byte_and_with_a_name(tmp_path: Path) -> None:
    first = load_assets(write(tmp_path / "a", {"js/a.js": "1"}))
    same = load_assets(write(tmp_path / "b", {"js/a.js": "1"}))
    byte = load_assets(write(tmp_path / "c", {"js/a.js": "2"}))
    name = load_assets(write(tmp_path / "d", {"js/b.js": "1"}))
    assert first.version == same.version
    assert len({first.version, byte.version, name.version}) == 3


def test_only_known_types_are_read(tmp_path: Path) -> None:
    files = {"a.js": "1", "b.css": "2", ".gitignore": "*", "c.py": "3", "d/e.mjs": "4"}
    assert set(load_assets(write(tmp_path, files)).files) == {"a.js", "b.css", "d/e.mjs"}


def test_small_files_are_not_gzipped(tmp_path: Path) -> None:
    loaded = load_assets(write(tmp_path, {"small.js": "1", "large.js": "1" * 5000}))
    assert loaded.files["small.js"].gzipped is None
    assert loaded.files["large.js"].gzipped is not None


def test_an_unknown_file_has_no_url(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        load_assets(tmp_path).url("js/none.js")
