"""The request list: who sees what of it, by which filter, and what a move does, on both databases."""

from datetime import date

import pytest

from bot.services.opening import open_driver
from bot.store import request_filter
from bot.store.requests import index_requests
from bot.store.sealing import Keyring, sealed_columns
from bot.store.store import Store
from handlers.model import Filter, Rights
from tests.integration.conftest import Database, OpenStore
from tests.support.people import (
    ADMIN,
    FOCAL,
    OPERATOR,
    OTHER,
    UNITS,
    admin_transaction,
    insert_units,
    list_codes,
    make_person_content,
)
from tests.support.store import closing_async
from tests.support.stored_dialogue import StoredTurns, register_request


@pytest.fixture
async def desk(store: Store, database: Database) -> Store:
    insert_units(database.sql)
    return store


@pytest.mark.parametrize("common", [1, 20_000], ids=["every word is common", "every word is rare"])
async def test_what_is_masked_is_not_found_by_guessing_it(
    desk: Store, monkeypatch: pytest.MonkeyPatch, common: int
) -> None:
    monkeypatch.setattr(request_filter, "COMMON_WORD_COUNT", common)
    own = await register_request(desk, "1", make_person_content("Trần Thị Bưởi"), "DN.NT")
    await register_request(desk, "2", make_person_content(), "DN.DP")
    both = Rights.of((*FOCAL.grants, *OTHER.grants), UNITS)

    for guess in ("tran thi buoi", "buoi", "5402DD8A9E3FB18F", f"buoi {own.code}"):
        assert await list_codes(desk, ADMIN, Filter(text=guess)) == [own.code]
        assert await list_codes(desk, FOCAL, Filter(text=guess)) == []
        assert await list_codes(desk, both, Filter(text=guess)) == []
        async with admin_transaction(desk) as at:
            assert await at.admin.extract.extent(FOCAL, Filter(text=guess)) == (0, 0)
    for open_word in (own.code, "uy ban nhan dan", "nhon trach"):
        assert await list_codes(desk, FOCAL, Filter(text=open_word)) == [own.code]
    assert len(await list_codes(desk, both, Filter(text="nguyen van an", unit="DN.DP"))) == 1


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


@pytest.mark.parametrize("common", [1, 20_000], ids=["every word is common", "every word is rare"])
async def test_an_amended_request_is_found_by_its_new_words_alone(
    desk: Store, monkeypatch: pytest.MonkeyPatch, common: int
) -> None:
    monkeypatch.setattr(request_filter, "COMMON_WORD_COUNT", common)
    given = await register_request(desk, "1", make_person_content("Bùi Thị Hoa"), "DN.NT")
    async with StoredTurns(desk, "1")() as turn:
        await turn.requests.amend(given.code, make_person_content("Bùi Thị Mai"))

    assert await list_codes(desk, OPERATOR, Filter(text="bui mai")) == [given.code]
    assert await list_codes(desk, OPERATOR, Filter(text="bui hoa")) == []


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
