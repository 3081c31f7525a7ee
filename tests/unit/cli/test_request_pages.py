"""A list of any length is read and printed page by page."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from bot.cli.requests import _PAGE, _pages


async def test_a_page_is_printed_before_the_next_is_read() -> None:
    events: list[str] = []

    async def read(limit: int, before: int | None) -> Sequence[Any]:
        last = 1_000 if before is None else before
        events.append(f"read {limit} before {before}")
        return [SimpleNamespace(number=number) for number in range(last - 1, max(0, last - 1 - limit), -1)]

    async for page in _pages(read, 2 * _PAGE + 1):
        printed = f"printed {len(page)}"
        events.append(printed)

    assert events == [
        f"read {_PAGE} before None",
        f"printed {_PAGE}",
        f"read {_PAGE} before {1_000 - _PAGE}",
        f"printed {_PAGE}",
        f"read 1 before {1_000 - 2 * _PAGE}",
        "printed 1",
    ]


async def test_it_ends_where_there_is_nothing_more() -> None:
    async def read(limit: int, before: int | None) -> Sequence[Any]:
        return [SimpleNamespace(number=1)][:limit] if before is None else []

    assert [len(page) async for page in _pages(read, 1_000_000)] == [1]
