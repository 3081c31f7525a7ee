"""Every path that the pages for contributors name exists, and every class that a docstring or comment names."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
RECORDS = tuple(f"docs/adr/{path.name}" for path in sorted((ROOT / "docs/adr").glob("0*.md")))
ROOMS = ("bot", "handlers", "rules")
_PATH = re.compile(r"`(\.?\w[\w./-]*)`")
_QUOTED = re.compile(r"``([^`\n]+)``")
_CLASS = re.compile(r"\b_?[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*\b")
_DOTTED = re.compile(r"((?:bot|handlers|rules)(?:\.[a-z_]\w*)*)\.(\w+)")
_ENDINGS = (".csv", ".editorconfig", ".example", ".md", ".po", ".py", ".sql", ".toml", ".txt")


def named(page: str) -> list[str]:
    """What stands in backticks and is a path: it has a slash, or an ending of a file, or is a folder at the top."""
    words = set(_PATH.findall((ROOT / page).read_text(encoding="utf-8")))
    return sorted(word for word in words if "/" in word or word.endswith(_ENDINGS))


@pytest.mark.parametrize(("page", "path"), [(page, path) for page in (*PAGES, *RECORDS) for path in named(page)])
def test_every_path_that_a_page_names_exists(page: str, path: str) -> None:
    assert (ROOT / path).exists(), f"{page} names {path}"


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_name_paths(page: str) -> None:
    assert len(named(page)) > 20


@pytest.fixture(scope="module")
def sources() -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))}


def test_every_class_that_a_docstring_or_comment_names_exists(sources: dict[Path, str]) -> None:
    known = {word for text in sources.values() for word in _CLASS.findall(_QUOTED.sub("", text))}
    stale = {
        f"{path.relative_to(ROOT)}: {name}"
        for path, text in sources.items()
        for quoted in _QUOTED.findall(text)
        for name in _CLASS.findall(quoted)
        if name not in known
    }
    assert sorted(stale) == []


def test_every_name_with_its_module_in_a_docstring_or_comment_stands_there(sources: dict[Path, str]) -> None:
    stale = {
        f"{path.relative_to(ROOT)}: {module}.{name}"
        for path, text in sources.items()
        for quoted in _QUOTED.findall(text)
        for module, name in _DOTTED.findall(quoted)
        if not _stands_in(module, name, sources)
    }
    assert sorted(stale) == []


def _stands_in(module: str, name: str, sources: dict[Path, str]) -> bool:
    """Return whether a module defines a name; a folder also has those that it imports and the modules in it."""
    folder = ROOT.joinpath(*module.split("."))
    if (whole := folder / "__init__.py") in sources:
        inside = (folder / name).is_dir() or folder / f"{name}.py" in sources
        return inside or re.search(rf"\b{name}\b", sources[whole]) is not None
    defined = sources.get(folder.with_suffix(".py"), "")
    return re.search(rf"^(?:class |(?:async )?def )?{name}\b", defined, re.MULTILINE) is not None
