"""What a text of held data must not show."""

from collections.abc import Iterator
from typing import Any


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
