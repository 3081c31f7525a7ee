"""The request list: who sees what of it, by which filter, and what a move does, on both databases."""

from datetime import date

import pytest

from bot.services.opening import open_driver
from bot.store import Store
from bot.store.requests import index_requests
from bot.store.sealing import Keyring, sealed_columns
from handlers.model import Filter
from tests.support.database import Database, OpenStore
from tests.support.people import ADMIN, OPERATOR, insert_units, list_codes, make_person_content
from tests.support.store import closing_async
from tests.support.stored_dialogue import StoredTurns, register_request


@pytest.fixture
async def desk(store: Store, database: Database) -> Store:
    insert_units(database.sql)
    return store


async def test_words_are_kept_as_digests_and_go_with_the_request(desk: Store, database: Database) -> None:
    await register_request(desk, "1", make_person_content("=HYPERLINK(1) <b>Quỳnh</b> " + "x" * 300), "DN.NT")

    assert len(await list_codes(desk, ADMIN, Filter(text="quynh hyperlink"))) == 1
    words = [word for (word,) in database.sql("SELECT word FROM request_words")]
    assert words
    assert all(len(word) == 16 and int(word, 16) >= 0 for word in words)
    async with StoredTurns(desk, "1")() as turn:
        await turn.own_data.erase()
    assert database.sql("SELECT COUNT(*) FROM request_words") == [(0,)]
    assert database.sql("SELECT COUNT(*) FROM request_word_lists") == [(0,)]


async def test_requests_from_before_are_found_once_the_store_was_opened(
    desk: Store, database: Database, keyring: Keyring, another: OpenStore
) -> None:
    given = [
        (await register_request(desk, str(number), make_person_content(f"Bùi Thị {name}"), None)).code
        for number, name in enumerate(("Hoa", "Mai"))
    ]
    database.sql("DELETE FROM request_words")
    database.sql("UPDATE requests SET indexed = 0, not_after = NULL")
    database.sql("UPDATE requests SET content = ? WHERE code = ?", b"\0" * 64, given[1])
    assert await list_codes(desk, OPERATOR, Filter(text="hoa")) == []

    again = await another()

    assert await list_codes(again, OPERATOR, Filter(text="hoa", expires_from=date(2026, 11, 16))) == [given[0]]
    async with closing_async(await open_driver(database.url, database.folder)) as driver:
        assert await index_requests(driver, keyring) == 0
    assert database.sql("SELECT code FROM requests WHERE indexed = 0") == [(given[1],)]
    found = {word for (word,) in database.sql("SELECT word FROM request_words")}
    assert {
        sealed_columns.word_digest(keyring, "hoa"),
        sealed_columns.word_digest(keyring, "2026"),
        sealed_columns.open_word_digest(keyring, "2026"),
    } <= found
    assert sealed_columns.open_word_digest(keyring, "hoa") not in found
