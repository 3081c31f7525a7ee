"""Babel's extractor for the texts of a rule pack in TOML. ``[tool.babel]`` in pyproject.toml registers it."""

import tomllib
from collections.abc import Iterator
from typing import IO, Any

#: Keys of a rule pack whose values people read.
TEXTS = frozenset(
    {
        "text",
        "text_with_office",
        "label",
        "hint",
        "title",
        "reason",
        "note",
        "issuer_status",
        "about",
        "brief",
        "unsure",
    }
)


def extract(source: IO[bytes], _keywords: Any, _tags: Any, options: Any) -> Iterator[tuple[int, None, str, list[str]]]:  # noqa: ARG001
    """Yield every text in the order of the file; its number stands for the line, because TOML parsing gives none."""
    for place, text in enumerate(_texts(tomllib.load(source)), 1):
        yield place, None, text, []


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [inner] if key in TEXTS and isinstance(inner, str) else _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
