"""The limits that keep the code readable: sizes, names, docstrings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

MODULE_LINES = 400
FUNCTION_LINES = 50
CLOCKS = {"elapsed", "elapsed_s", "monotonic", "perf_counter", "process_time", "took"}
BANNED_MODULES = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}


@pytest.fixture(scope="module")
def sources(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): path.read_text(encoding="utf-8")
        for folder in ("engine", "tests", "benchmarks")
        for path in sorted((root / folder).rglob("*.py"))
    }


def test_modules_stay_short(sources: dict[str, str]) -> None:
    sizes = {name: len(text.splitlines()) for name, text in sources.items()}
    assert {name: size for name, size in sizes.items() if size > MODULE_LINES} == {}


def test_functions_stay_short(sources: dict[str, str]) -> None:
    long = {
        f"{name}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for name, text in sources.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _code_lines(node) > FUNCTION_LINES
    }
    assert long == {}


def _code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function without its docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = first.end_lineno - first.lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


def test_no_module_is_a_drawer_for_everything(sources: dict[str, str]) -> None:
    assert [name for name in sources if BANNED_MODULES & set(Path(name).with_suffix("").parts)] == []


def test_every_module_says_what_it_is(sources: dict[str, str]) -> None:
    silent = [
        name
        for name, text in sources.items()
        if name.startswith("engine/") and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


def test_no_test_asserts_how_long_something_took(sources: dict[str, str]) -> None:
    timed = [
        f"{name}:{node.lineno}"
        for name, text in sources.items()
        if name.startswith("tests/")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assert) and CLOCKS & _bounded_names(node.test)
    ]
    assert timed == []


def _bounded_names(test: ast.expr) -> set[str]:
    """Collect the names compared with < or > in an assertion."""
    ordered = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
    return {
        name.id if isinstance(name, ast.Name) else name.attr
        for compare in ast.walk(test)
        if isinstance(compare, ast.Compare) and any(isinstance(sign, ordered) for sign in compare.ops)
        for name in ast.walk(compare)
        if isinstance(name, ast.Name | ast.Attribute)
    }
