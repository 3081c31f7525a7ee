"""Packages name what they export, and name all of it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
INITS = [path for room in ("bot", "handlers") for path in sorted((ROOT / room).rglob("__init__.py"))]
EXPORTING = {
    str(path.parent.relative_to(ROOT)): path for path in INITS if "__all__" in path.read_text(encoding="utf-8")
}


def _imported(tree: ast.Module) -> list[str]:
    return sorted(
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    )


def _declared(tree: ast.Module) -> list[str]:
    (value,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"
    ]
    return list(ast.literal_eval(value))


def test_the_vocabulary_of_the_conversation_is_exported() -> None:
    assert {"handlers/core", "handlers/model", "handlers/testing"} <= EXPORTING.keys()


@pytest.mark.parametrize("package", EXPORTING)
def test_what_a_package_declares_is_what_it_imports(package: str) -> None:
    tree = ast.parse(EXPORTING[package].read_text(encoding="utf-8"))

    assert _declared(tree) == sorted(_declared(tree))
    assert _declared(tree) == _imported(tree)


@pytest.mark.parametrize("package", EXPORTING)
def test_every_exported_name_has_a_caller_elsewhere(package: str) -> None:
    folder = ROOT / package
    callers = {
        alias.name
        for room in ("bot", "handlers", "tests", "tools")
        for path in (ROOT / room).rglob("*.py")
        if folder not in path.parents
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == package.replace("/", ".")
        for alias in node.names
    }

    assert set(_declared(ast.parse(EXPORTING[package].read_text(encoding="utf-8")))) - callers == set()
