"""One value that cannot be read stands in nobody's way: it is shown as such, counted, and the owners are told once."""

from datetime import UTC, date, datetime

import pytest

from bot.services.broadcasts import BroadcastOperations
from bot.services.opening import open_store
from bot.store import Store
from bot.store.sealing import open_keyring
from handlers.model import BroadcastState, Filter, InterviewStatus, RequestState, Rights, Role
from tests.support.broadcasts import freeze_notice
from tests.support.database import Command, Database, OpenStore, Saved
from tests.support.dialogue import read_own_data
from tests.support.people import OPERATOR, UNITS, admin_transaction, create_invitation, grant_role, insert_units
from tests.support.store import (
    CHANNEL,
    NAME,
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
from tests.support.stored_dialogue import StoredTurns

OTHER_KEY = b"\x00\x01\x02\x03"


def another_key(value: bytes) -> bytes:
    return OTHER_KEY + value[4:]


def cut(value: bytes) -> bytes:
    return value[: len(value) // 2]


def altered(value: bytes) -> bytes:
    return value[:-1] + bytes([value[-1] ^ 1])


def next_to_nothing(_value: bytes) -> bytes:
    return b"\x07"


def emptied(_value: bytes) -> bytes:
    return b""


def words(_value: bytes) -> str:
    """Whoever writes by hand writes text; SQLite keeps it as such."""
    return "xin chao"


DAMAGES = [another_key, cut, altered, next_to_nothing, emptied, words]


def damage(database: Database, how, table: str, column: str, where: str = "1 = 1") -> None:  # noqa: ANN001 - one of these
    for key, value in database.sql(
        f"SELECT {_key(table)}, {column} FROM {table} WHERE {column} IS NOT NULL AND {where}"
    ):
        database.sql(f"UPDATE {table} SET {column} = ? WHERE {_key(table)} = ?", how(bytes(value)), key)


def _key(table: str) -> str:
    return "code" if table == "requests" else "id"


@pytest.fixture(params=DAMAGES, ids=lambda how: how.__name__)
def how(request: pytest.FixtureRequest) -> object:
    return request.param


#: What ``fill`` has made in a database of each kind.
FILLED: dict[bool, Saved] = {}


@pytest.fixture
async def filled(database: Database, another: OpenStore) -> Store:
    """Three requests of two officers, an owner and an admin; made once for all tests and restored for each."""
    kind = database.url is None
    if kind not in FILLED:
        async with closing_async(
            await open_store(database.url, database.folder, open_keyring(database.keys)[0])
        ) as one:
            await fill(one, database)
        FILLED[kind] = database.save()
    else:
        database.restore(FILLED[kind])
    return await another()


async def fill(store: Store, database: Database) -> None:
    insert_units(database.sql)
    await grant_role(store, "owner", Role.OWNER, label="Chị Hạnh")
    await grant_role(store, "admin", Role.ADMIN, "DN.NT", label="Anh Khôi")
    for number, address in enumerate(("an", "an", "bình")):
        async with StoredTurns(store, address)() as turn:
            asked = make_content(f"11{number}1AAAA1111AAAA").model_copy(update={"unit_code": "DN.NT"})
            await turn.requests.register(asked)
            await turn.register.save_status(
                InterviewStatus(interview=number, unit="DN.NT", subscriber=NAME, not_after=date(2027, 1, 1))
            )


async def page(store: Store, by: Rights = OPERATOR) -> list[tuple[str, str]]:
    async with admin_transaction(store) as at:
        return [(one.request.code, one.request.content.subscriber) for one in await at.admin.desk.page(by, Filter(), 9)]


async def told(store: Store, database: Database) -> list[str]:
    """What the owners are told."""
    await store.inbox.chats_waiting(CHANNEL)
    said = [text for _ in range(9) for text in reply_texts(await claim_rows(store, now=datetime.now(UTC)))]
    return [text for text in said if "keys verify" in text]


async def test_a_request_that_cannot_be_read_is_shown_as_such_among_the_others(
    filled: Store, database: Database, how: object, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(database, how, "requests", "content", "code = 'YC-2026-000002'")
    capsys.readouterr()

    for _ in range(2):
        assert await page(filled) == [
            ("YC-2026-000003", NAME),
            ("YC-2026-000002", "⚠ không còn đọc được"),
            ("YC-2026-000001", NAME),
        ]
    async with admin_transaction(filled) as at:
        one = await at.admin.desk.get(OPERATOR, "YC-2026-000002")
        assert one is not None
        assert one.request.content.unreadable
        batch = await at.admin.lists.batch(OPERATOR, Filter(), 9, after=0, last=10**18)
        assert [filed.request.content.unreadable for filed in batch] == [False, True, False]
        moved = await at.admin.desk.move_all(OPERATOR, Filter(), RequestState.ACCEPTED)
        assert len(moved.changed) == 3
    async with StoredTurns(filled, "an")() as turn:
        assert [one.content.unreadable for one in await turn.requests.mine()] == [True, False]
        assert len((await read_own_data(turn.own_data))["requests"]) == 2

    log = capsys.readouterr().out
    assert log.count("value_unreadable") == 1
    assert "YC-2026-000002" in log
    assert "requests" in log


async def test_the_owners_are_told_once_with_codes_and_nothing_personal(filled: Store, database: Database) -> None:
    damage(database, cut, "requests", "content", "code <> 'YC-2026-000001'")
    await page(filled)

    (text,) = await told(filled, database)

    assert "2 " in text
    assert "YC-2026-000002, YC-2026-000003" in text or "YC-2026-000003, YC-2026-000002" in text
    assert NAME not in text
    await page(filled)
    assert await told(filled, database) == []
    rows = database.sql("SELECT place FROM unreadable ORDER BY place")
    assert rows == [("requests.content YC-2026-000002",), ("requests.content YC-2026-000003",)]


#: Column -> what is asked that reads it in a loop.
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("grants", "label"),
        ("invitations", "label"),
        ("request_history", "note"),
        ("standings", "subscriber"),
        ("chats", "session"),
        ("broadcasts", "findings"),
        ("broadcasts", "document"),
        ("tasks", "spec"),
        ("outbox", "message"),
        ("outbox", "payload"),
        ("inbox", "payload"),
    ],
)
async def test_whatever_it_is_lists_files_and_everybody_else_go_on(
    filled: Store, database: Database, how: object, table: str, column: str
) -> None:
    await create_invitation(filled, Role.FOCAL, "DN.NT", label="Bác Năm")
    async with admin_transaction(filled) as at:
        seen = await at.admin.desk.get(OPERATOR, "YC-2026-000001")
        assert seen is not None
        await at.admin.desk.move(OPERATOR, "YC-2026-000001", RequestState.SENT_BACK, seen.revision, "thiếu quyết định")
    name = await freeze_notice(filled, NOW)
    damage(database, how, table, column)

    async with admin_transaction(filled, filled.chats.at(CHANNEL, "owner")) as at:
        mine = await at.admin.people.mine()
        rights = Rights.of(mine, UNITS)
        assert len(await at.admin.people.holders(rights)) == 2
        assert len(await at.admin.people.invitations(rights)) == 1
        assert len(await at.admin.desk.page(rights, Filter(), 9)) == 3
        assert len(await at.admin.lists.batch(rights, Filter(), 9, after=0, last=10**18)) == 3
        assert len(await at.admin.broadcasts.latest(rights, 9)) == 1
        assert len(await at.admin.broadcasts.recipients(rights, name, 99)) == 2
        assert len(await at.admin.broadcasts.sample(rights, name, 9)) == 2
        await at.admin.broadcasts.last_check(rights, name)
        assert await at.admin.journal.latest(rights, 99)
    async with StoredTurns(filled, "an")() as turn:
        assert len(await turn.requests.mine()) == 2
        assert (await read_own_data(turn.own_data))["standings"]
    await BroadcastOperations.over(filled).check(name, NOW)
    assert await filled.broadcasts.list_open()


async def test_whose_session_is_damaged_begins_anew_and_it_is_kept_aside(
    filled: Store, database: Database, how: object
) -> None:
    chat = await open_chat(filled, "x1", "hỏng")
    await answer_next(filled, chat, session='{"language": "vi"}')
    damage(database, how, "chats", "session", f"id = '{chat.id}'")
    ((kept,),) = database.sql("SELECT session FROM chats WHERE id = ?", chat.id)
    kept = kept.encode() if isinstance(kept, str) else bytes(kept)
    await filled.inbox.receive([make_incoming("x2", address="hỏng")], NOW)

    turn = await claim_next_turn(filled, chat)
    assert (turn.session, turn.lost) == (None, True)
    await filled.inbox.reset_session(turn, NOW)

    assert database.sql("SELECT session FROM chats WHERE id = ?", chat.id) == [(None,)]
    assert database.sql("SELECT value FROM unreadable WHERE value IS NOT NULL") == [(kept.hex(),)]
    await answer_next(filled, chat, "xin chào", session='{"language": "vi"}')
    assert "xin chào" in reply_texts(await claim_rows(filled))


async def test_a_damaged_update_steps_aside_and_the_next_one_is_answered(
    filled: Store, database: Database, how: object
) -> None:
    (chat,) = await filled.inbox.receive([make_incoming("x1", "một", "hỏng"), make_incoming("x2", "hai", "hỏng")], NOW)
    damage(database, how, "inbox", "payload", "update_id = 'x1'")

    turn = await claim_next_turn(filled, chat)

    assert getattr(turn.event, "text", "") == "hai"
    assert database.sql("SELECT state FROM inbox WHERE update_id = 'x1'") == [("failed",)]


async def test_a_damaged_message_fails_and_its_chat_gets_the_next_one(
    filled: Store, database: Database, how: object
) -> None:
    chat = await open_chat(filled, "x1", "hỏng")
    await answer_next(filled, chat, "một", "hai")
    damage(database, how, "outbox", "payload", "origin LIKE 'turn:%:0'")

    assert "hai" not in reply_texts(await claim_rows(filled))
    assert "hai" in reply_texts(await claim_rows(filled))


async def test_a_damaged_address_is_whole_again_when_its_person_writes(
    filled: Store, database: Database, how: object
) -> None:
    chat = await open_chat(filled, "x1", "hỏng")
    damage(database, how, "chats", "address", f"id = '{chat.id}'")
    assert chat not in await filled.inbox.chats_waiting(CHANNEL)

    await filled.inbox.receive([make_incoming("x2", address="hỏng")], NOW)

    assert chat in await filled.inbox.chats_waiting(CHANNEL)


async def test_a_damaged_broadcast_fails_row_by_row_and_others_run(
    filled: Store, database: Database, how: object
) -> None:
    broken, sound = await freeze_notice(filled, NOW), await freeze_notice(filled, NOW)
    for name in (broken, sound):
        async with admin_transaction(filled) as at:
            await at.admin.broadcasts.move(OPERATOR, name, BroadcastState.RUNNING)
    damage(database, how, "broadcasts", "content", f"id = '{broken}'")

    assert await filled.outbox.claim_broadcast(broken, CHANNEL, 9, NOW) == []
    assert len(await filled.outbox.claim_broadcast(sound, CHANNEL, 9, NOW)) == 2


async def test_a_damaged_row_of_the_journal_is_shown_as_such(filled: Store, database: Database) -> None:
    database.sql("UPDATE audit SET at = ? WHERE number = 2", 2**62)

    async with admin_transaction(filled) as at:
        rows = await at.admin.journal.latest(OPERATOR, 99)

    assert [row.act for row in rows if row.number == 2] == ["unreadable"]


def test_files_say_how_many_cannot_be_read(troly: Command, database: Database) -> None:
    import asyncio  # noqa: PLC0415 - beside its only use

    from bot.services.opening import open_store  # noqa: PLC0415 - as above
    from bot.store.sealing import open_keyring  # noqa: PLC0415 - as above

    async def fill() -> None:
        store = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
        for number in range(3):
            async with StoredTurns(store, "an")() as turn:
                await turn.requests.register(make_content(f"11{number}1AAAA1111AAAA"))
        await store.close()

    asyncio.run(fill())
    damage(database, altered, "requests", "content", "code = 'YC-2026-000002'")

    for form, rows in (("csv", 3), ("xlsx", 3), ("jsonl", 3)):
        code, out, err = troly("export", "requests", "--format", form, "--out", str(database.folder / f"a.{form}"))
        assert code == 0, err
        assert "1 requests cannot be read any more" in out + err
        assert str(rows) in out + err
    assert "⚠" in (database.folder / "a.csv").read_text("utf-8-sig")
    code, out, err = troly("requests", "list")
    assert (code, "YC-2026-000002" in out, "YC-2026-000003" in out) == (0, True, True)
    assert troly("requests", "show", "YC-2026-000002")[0] == 0
