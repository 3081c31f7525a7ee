"""What is held about a person as one, and what a text of it must not show."""

from collections.abc import Iterator
from typing import Any

from handlers.core.ports import OwnData


async def everything(own_data: OwnData) -> dict[str, Any]:
    """All that is held, the pages of its lists put together."""
    held: dict[str, Any] = {}
    async for name, value in own_data.sections():
        held[name] = [*held[name], *value] if name in held else value
    return held


def names_in(value: Any) -> Iterator[str]:
    """Every key of JSON-ready data, however deep."""
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from names_in(inner)


def machine_labels(text: str, held: Any) -> set[str]:
    """Labels of the text, each before the first colon of a line, that are keys of the data."""
    labels = {line.strip().partition(":")[0].casefold() for line in text.splitlines()}
    return labels & set(names_in(held))
