"""The house numbers that no linter checks."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("operator", "tradingapi", "dev", "tests", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if ".venv" not in path.parts
)
IDS = [str(path.relative_to(ROOT)) for path in SOURCES]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    """Yield every function of a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: Function) -> int:
    """Count a function's lines, its signature too, without its docstring."""
    first = function.body[0]
    said = lines(first) if ast.get_docstring(function) is not None else 0
    return lines(function) - said


def lines(node: ast.stmt) -> int:
    """Count the lines from a statement's first to its last."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_a_file_has_at_most_300_lines(path: Path) -> None:
    """No file becomes the manager that knows everything."""
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_a_function_has_at_most_60_lines(path: Path) -> None:
    """A function fits on one screen."""
    assert [] == [f"{f.name}: {length(f)}" for f in functions(path) if length(f) > 60]


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_every_test_says_its_promise(path: Path) -> None:
    """A test has a docstring of one sentence."""
    unsaid = [
        f.name for f in functions(path) if f.name.startswith("test_") and not ast.get_docstring(f)
    ]

    assert unsaid == []


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_nothing_sleeps_outside_eventually(path: Path) -> None:
    """A test waits for what it needs, never for a while: only `eventually.py` may sleep."""
    if "tests" not in path.parts or path.name == "eventually.py":
        return
    sleeps = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "sleep"
    ]

    assert sleeps == []


def test_no_package_shadows_the_standard_librarys_operator() -> None:
    """`operator/__init__.py` would be imported instead of Python's own module."""
    assert not (ROOT / "operator" / "__init__.py").exists()
    assert not (ROOT / "tests" / "operator").exists()


def test_there_is_no_drawer() -> None:
    """Code lives where its subject is: nothing is called utils."""
    assert [] == [i for i in IDS if Path(i).stem in {"utils", "util", "helpers", "common", "misc"}]
