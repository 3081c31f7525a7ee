"""Requests, in memory and in both databases: guarded moves, each recorded; in the store unique codes, nobody else's."""

import asyncio

from bot.store import Store
from tests.support.database import OpenStore
from tests.support.store import make_content
from tests.support.stored_dialogue import StoredTurns


async def test_codes_are_unique_when_many_register_at_once(store: Store, another: OpenStore) -> None:
    other = await another()

    async def register(each: Store, address: str) -> str:
        async with StoredTurns(each, address)() as unit:
            return (await unit.requests.register(make_content())).code

    codes = await asyncio.gather(
        *(register(each, f"chat {n} {i}") for n in range(12) for i, each in enumerate((store, other)))
    )

    assert sorted(codes) == [f"YC-2026-{number:06d}" for number in range(1, 25)]
