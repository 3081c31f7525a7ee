"""The stored data of a person as one mapping, and checks of its text form."""

from collections.abc import Iterator
from typing import Any

from handlers.core.ports import OwnData


async def everything(own_data: OwnData) -> dict[str, Any]:
    """Return all stored data, with the pages of lists put together."""
    held: dict[str, Any] = {}
    async for name, value in own_data.sections():
        held[name] = [*held[name], *value] if name in held else value
    return held


def names_in(value: Any) -> Iterator[str]:
    """Yield every key of JSON-ready data at any depth."""
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from names_in(inner)


def machine_labels(text: str, held: Any) -> set[str]:
    """Return labels of the text (before the first colon of a line) that are keys of the data, not translations."""
    labels = {line.strip().partition(":")[0].casefold() for line in text.splitlines()}
    return labels & set(names_in(held))
