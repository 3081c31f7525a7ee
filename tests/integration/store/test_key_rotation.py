"""Keys change while the assistant runs."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.messages import DeliveryState
from bot.services.opening import open_driver
from bot.services.unit_of_work import open_turn
from bot.store import Store, key_rotation
from bot.store import sealing as keyring_module
from bot.store.key_rotation import KeyRotation
from bot.store.sealing import Keyring
from bot.store.sealing.keyfile import read_key_file, replace_key_file
from bot.store.sealing.sealed_columns import SEALED_COLUMNS
from tests.support.database import Database, OpenStore
from tests.support.dialogue import read_own_data
from tests.support.store import (
    NOW,
    answer_next,
    claim_next_turn,
    claim_rows,
    closing_async,
    make_content,
    make_incoming,
    open_chat,
    reply_texts,
)


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_rotation, "RESEAL_BATCH", 3)
    monkeypatch.setattr(keyring_module, "REFRESH_SECONDS", 0.0)


async def something_of_everything(store: Store) -> None:
    for number in range(8):
        chat = await open_chat(store, f"first {number}", f"chat {number}")
        async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
            await unit.requests.register(make_content())
            await unit.finish('"phiên"', [])
        await store.inbox.receive([make_incoming(f"second {number}", address=f"chat {number}")], NOW)
        await answer_next(store, chat, "gửi", "chờ")
        await store.inbox.receive([make_incoming(f"third {number}", address=f"chat {number}")], NOW)
    for row in await claim_rows(store):
        await store.outbox.settle(row, DeliveryState.SENT, NOW, message=str(row.id))


async def test_a_rotation_seals_every_value_with_the_new_key(store: Store) -> None:
    await something_of_everything(store)
    before = await store.keys.key_usage()

    done = await store.keys.rotate(datetime.now(UTC))

    assert await store.keys.key_usage() == {done.key: sum(before.values())}
    assert done.resealed == sum(before.values()) == 8 * 6
    assert done.key not in before


async def test_everything_reads_the_same_after_a_rotation(store: Store) -> None:
    await something_of_everything(store)
    chat = (await store.inbox.chats_waiting("telegram"))[0]
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        before = await read_own_data(unit.own_data)

    await store.keys.rotate(datetime.now(UTC))

    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        assert await read_own_data(unit.own_data) == before


async def test_a_running_assistant_goes_on_while_another_process_rotates(store: Store, another: OpenStore) -> None:
    command = await another()
    chats = await store.inbox.receive([make_incoming(f"start {n}", address=f"chat {n}") for n in range(4)], NOW)

    async def talk(number: int) -> None:
        for turn in range(12):
            await answer_next(store, chats[number], f"{turn}", session=f'"{turn}"')
            await store.inbox.receive([make_incoming(f"{number} {turn}", address=f"chat {number}")], NOW)

    *_, first, second = await asyncio.gather(
        *(talk(number) for number in range(4)),
        command.keys.rotate(datetime.now(UTC)),
        command.keys.rotate(datetime.now(UTC)),
    )

    await command.keys.reseal()
    assert list(await command.keys.key_usage()) in ([first.key], [second.key])
    assert {(await claim_next_turn(store, chat)).session for chat in chats} == {'"11"'}
    assert reply_texts(await claim_rows(store)) == ["0"] * 4


async def test_a_superseded_key_goes_when_nothing_needs_it_any_more(store: Store, database: Database) -> None:
    await answer_next(store, await open_chat(store), "chào")
    first = read_key_file(database.keys).current
    now = datetime.now(UTC)

    second = await store.keys.rotate(now)
    third = await store.keys.rotate(now + timedelta(hours=25))
    fourth = await store.keys.rotate(now + timedelta(hours=26))

    assert (second.dropped, third.dropped, fourth.dropped) == ((), (first,), ())
    assert list(read_key_file(database.keys).keys) == [second.key, third.key, fourth.key]
    assert reply_texts(await claim_rows(store)) == ["chào"]


async def test_a_value_that_cannot_be_opened_keeps_its_key_and_stops_nothing(store: Store, database: Database) -> None:
    await something_of_everything(store)
    first = read_key_file(database.keys).current
    database.sql(
        "UPDATE inbox SET payload = (SELECT i.payload FROM inbox i WHERE i.update_id = 'third 1') WHERE id = 3"
    )

    now = datetime.now(UTC)
    await store.keys.rotate(now)
    done = await store.keys.rotate(now + timedelta(days=3))

    assert (await store.keys.key_usage())[first] == 1
    assert first not in done.dropped
    assert first in read_key_file(database.keys).keys


async def test_a_value_written_between_reading_and_resealing_is_not_undone(
    store: Store, database: Database, keyring: Keyring
) -> None:
    (chat,) = await store.inbox.receive([make_incoming("1"), make_incoming("2"), make_incoming("3")], NOW)
    await answer_next(store, chat, session='"cũ"')
    async with closing_async(await open_driver(database.url, database.folder)) as driver:
        sealer = KeyRotation(driver, keyring)
        replace_key_file(keyring.path, keyring.keys.with_rotated_key(datetime.now(UTC)))
        keyring.reload()
        sessions = next(sealed for sealed in SEALED_COLUMNS if sealed.column == "session")
        (row,) = await sealer._read_stale(sessions, "")
        await answer_next(store, chat, session='"mới"')

        late = sealer._reseal_query(sessions, row)

        assert late is not None
        assert await driver.run(late) == [[]]
    assert (await claim_next_turn(store, chat)).session == '"mới"'
