"""Packages that export names declare exactly what they import, and callers use it."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
VOCABULARY = ("handlers/core", "handlers/model")


def _tree(package: str) -> ast.Module:
    return ast.parse((ROOT / package / "__init__.py").read_text(encoding="utf-8"))


def _imported(tree: ast.Module) -> set[str]:
    return {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }


def _declared(tree: ast.Module) -> set[str]:
    (value,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"
    ]
    return set(ast.literal_eval(value))


#: An import out of one of the packages, with its names.
_IMPORT = re.compile(r"^ *from (handlers\.(?:core|model)) import (\([^)]*\)|.*)", re.MULTILINE)


@cache
def _imports() -> dict[str, dict[str, set[Path]]]:
    """Return the files that import a name, by package and name."""
    found: dict[str, dict[str, set[Path]]] = {package: defaultdict(set) for package in VOCABULARY}
    for path in (path for room in ("bot", "handlers", "tests", "tools") for path in (ROOT / room).rglob("*.py")):
        for package, names in _IMPORT.findall(path.read_text(encoding="utf-8")):
            (statement,) = ast.parse(f"from {package} import {names}").body
            assert isinstance(statement, ast.ImportFrom)
            for name in statement.names:
                found[package.replace(".", "/")][name.name].add(path)
    return found


def _used(package: str) -> set[str]:
    """Return the names that files of other packages import from a package."""
    return {
        name for name, paths in _imports()[package].items() if any(ROOT / package not in path.parents for path in paths)
    }


@pytest.mark.parametrize("package", VOCABULARY)
def test_what_a_package_declares_is_what_it_imports(package: str) -> None:
    tree = _tree(package)

    assert _declared(tree) == _imported(tree)


def test_the_services_in_memory_declare_what_they_define_and_only_what_is_there() -> None:
    tree = _tree("handlers/testing")
    defined = {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.ClassDef)}
    public = {name for name in defined if not name.startswith("_")}

    assert public <= _declared(tree) <= public | _imported(tree)


@pytest.mark.parametrize("package", VOCABULARY)
def test_every_exported_name_has_a_caller_elsewhere(package: str) -> None:
    assert _declared(_tree(package)) - _used(package) == set()


def test_the_store_takes_no_text_of_handlers_from_the_package() -> None:
    """The linter sees the module that text comes from only where it is imported itself."""
    text = {
        alias.name
        for node in _tree("handlers/core").body
        if isinstance(node, ast.ImportFrom) and node.module in {"handlers.core.text", "handlers.citations"}
        for alias in node.names
    }
    store = {name for name, paths in _imports()["handlers/core"].items() if any(_in_store(path) for path in paths)}

    assert (bool(text), store & text) == (True, set())


def _in_store(path: Path) -> bool:
    return ROOT / "bot/store" in path.parents
