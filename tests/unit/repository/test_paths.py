"""Every path that the pages for contributors name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
_PATH = re.compile(r"`(\.?\w[\w./-]*)`")
_ENDINGS = (".csv", ".editorconfig", ".example", ".md", ".po", ".py", ".sql", ".toml", ".txt")


def named(page: str) -> list[str]:
    """What stands in backticks and is a path: it has a slash, or an ending of a file, or is a folder at the top."""
    words = set(_PATH.findall((ROOT / page).read_text(encoding="utf-8")))
    return sorted(word for word in words if "/" in word or word.endswith(_ENDINGS))


@pytest.mark.parametrize(("page", "path"), [(page, path) for page in PAGES for path in named(page)])
def test_every_path_that_a_page_names_exists(page: str, path: str) -> None:
    assert (ROOT / path).exists(), f"{page} names {path}"


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_name_paths(page: str) -> None:
    assert len(named(page)) > 20
