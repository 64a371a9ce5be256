"""What the sources say on the wire, read from them: error codes, and kinds of pushes."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"[a-z]+(_[a-z]+)*")


def trees(*patterns: str) -> Iterator[ast.Module]:
    """Parse the files of some patterns; at least one file for each."""
    for pattern in patterns:
        paths = sorted(ROOT.glob(pattern))
        assert paths, f"{pattern} is not there any more"
        for path in paths:
            yield ast.parse(path.read_text(), str(path))


def codes_raised(names: Iterable[str], place: int, *patterns: str) -> set[str]:
    """Give the codes that calls of these names have as their argument number ``place``."""
    codes = set()
    for call in _calls(patterns):
        if _name(call) not in names or len(call.args) <= place:
            continue
        match call.args[place]:
            case ast.Constant(str() as code):
                assert CODE.fullmatch(code), f"{code!r} is no code"
                codes.add(code)
            case ast.Attribute(attr="code"):
                pass  # another error's, handed on
            case other:
                raise AssertionError(f"a code that is made up: {ast.unparse(other)}")
    return codes


def kinds_pushed(*patterns: str) -> set[str]:
    """Give the kinds that stand in dictionaries as ``{"push": kind}``."""
    kinds = set()
    for tree in trees(*patterns):
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "push":
                        kinds |= {value.value} if isinstance(value, ast.Constant) else set()
    return kinds


def _calls(patterns: Iterable[str]) -> Iterator[ast.Call]:
    for tree in trees(*patterns):
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
