"""What is held about a person, as text to read."""

from collections.abc import Iterator
from typing import Any

from handlers.voice import Voice
from locales import N_


def readable(held: dict[str, Any], say: Voice) -> str:
    """An indented outline of everything; the same data as the JSON beside it."""
    title = say.t(N_("All data that Trợ lý Chứng thư holds about you"))
    return "\n".join((title, "", *_outline(held, 0), ""))


def _outline(value: Any, depth: int) -> Iterator[str]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value, 1)
    for name, inner in pairs:
        pad = "  " * depth
        if isinstance(inner, (dict, list)):
            yield f"{pad}{name}:"
            yield from _outline(inner, depth + 1) if inner else [f"{pad}  –"]
        else:
            yield f"{pad}{name}: {'–' if inner is None else inner}"
