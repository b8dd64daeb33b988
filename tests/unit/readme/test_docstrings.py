"""What is public says what it does, and what it takes when that is much."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("aura_engine", "scheduler", "ws_bridge", "aura_ui")
MANY = 3
METHODS = ("get", "post", "put", "patch", "delete", "websocket")
Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(node: ast.AST) -> Iterator[Documented]:
    """Public functions and classes of a module, and what is public in these classes."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Documented) and not child.name.startswith("_"):
            yield child
            if isinstance(child, ast.ClassDef) and not is_protocol(child):
                yield from public(child)


def is_protocol(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)


def parameters(node: Documented) -> list[str]:
    if isinstance(node, ast.ClassDef):
        return []
    taken = node.args
    named = [*taken.posonlyargs, *taken.args, *taken.kwonlyargs]
    return [name.arg for name in named if name.arg not in ("self", "cls") and name.arg[0] != "_"]


def is_route(node: Documented) -> bool:
    """What a route takes is said in its annotations, whence its page of the API's guide is made."""
    callers = [call.func for call in node.decorator_list if isinstance(call, ast.Call)]
    return any(isinstance(caller, ast.Attribute) and caller.attr in METHODS for caller in callers)


def shortcomings(source: str) -> Iterator[str]:
    for node in public(ast.parse(source)):
        said = ast.get_docstring(node) or ""
        takes_many = len(parameters(node)) >= MANY and not is_route(node)
        if not said:
            yield f"{node.lineno} {node.name}: no docstring"
        elif takes_many and "Parameters\n----------" not in said:
            yield f"{node.lineno} {node.name}: no Parameters section"


@pytest.mark.parametrize("package", PACKAGES)
def test_everything_public_is_documented(package: str) -> None:
    found = [
        f"{module.relative_to(ROOT)}:{shortcoming}"
        for module in sorted((ROOT / package).rglob("*.py"))
        for shortcoming in shortcomings(module.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_a_missing_section_is_found() -> None:
    source = 'class A:\n    def f(self, a, b, *, c): "Do it."\n    def g(self): ...\n'
    assert list(shortcomings(source)) == [
        "1 A: no docstring",
        "2 f: no Parameters section",
        "3 g: no docstring",
    ]
