"""Whoever has the database without the keys can give no power: roles and approvals are proven where they are used."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.services.broadcasts import BroadcastOperations
from bot.services.opening import open_store
from bot.store import Store
from bot.store.sealing import open_keyring
from bot.store.sealing.keyfile import read_key_file, replace_key_file
from handlers.model import ActionResult, BroadcastPolicy, BroadcastState, BroadcastText, Grant, Refusal, Rights, Role
from tests.support.broadcasts import (
    GREETING_DRAFT,
    create_draft,
    freeze_notice,
    move_broadcast,
    write_consenting_people,
)
from tests.support.database import Command, Database, OpenStore
from tests.support.people import (
    OPERATOR,
    UNITS,
    admin_transaction,
    create_invitation,
    end_role,
    grant_role,
    insert_units,
    load_rights,
    redeem_invitation,
)
from tests.support.store import CHANNEL, NOW, answer_next, closing_async, make_incoming, open_chat

_COLUMNS = "id, chat, role, unit, label, granted_at, granted_by, ended_at, ended_by, seal"


@pytest.fixture(autouse=True)
def _units(database: Database) -> None:
    insert_units(database.sql)


async def worthless(store: Store) -> tuple[str, ...]:
    return (await store.audit.check_powers()).worthless


async def test_a_role_that_was_inserted_gives_nothing_and_is_named(
    store: Store, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await grant_role(store, "owner", Role.OWNER)
    thief = await open_chat(store, address="thief")
    row = "INSERT INTO grants (id, chat, role, granted_at, granted_by) VALUES ('QT-000009', ?, 'owner', 0, 'machine')"
    database.sql(row, thief.id)

    assert not (await load_rights(store, "thief")).grants
    assert await store.chats.roles(thief) == frozenset()
    assert await store.chats.find_by_grant("QT-000009") is None
    async with admin_transaction(store) as at:
        assert [holder.id for holder in await at.admin.people.holders(OPERATOR)] == ["QT-000001"]
    assert await worthless(store) == ("QT-000009",)
    log = capsys.readouterr().out
    assert log.count("worthless_power") == 1
    assert "QT-000009" in log


#: What somebody does with an admin's role of DN.NT, who would rather have more.
FORGED = {
    "another role": "UPDATE grants SET role = 'owner', unit = NULL WHERE id = 'QT-000002'",
    "another unit": "UPDATE grants SET unit = 'DN' WHERE id = 'QT-000002'",
    "another person": "UPDATE grants SET chat = (SELECT o.chat FROM grants o WHERE o.id = 'QT-000003')"
    " WHERE id = 'QT-000002'",
    "the seal of another": "UPDATE grants SET role = 'owner', unit = NULL,"
    " seal = (SELECT o.seal FROM grants o WHERE o.id = 'QT-000001') WHERE id = 'QT-000002'",
    "no seal": "UPDATE grants SET seal = NULL WHERE id = 'QT-000002'",
    "another giver": "UPDATE grants SET granted_by = 'machine', granted_at = 1 WHERE id = 'QT-000002'",
    "another id": "UPDATE grants SET id = 'QT-000077' WHERE id = 'QT-000002'",
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
async def test_a_role_that_was_changed_gives_nothing(store: Store, database: Database, forged: str) -> None:
    await grant_role(store, "owner", Role.OWNER)
    await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    await grant_role(store, "other", Role.FOCAL, "DN.DP")

    database.sql(forged)

    for address in ("admin", "other"):
        assert [grant.id for grant in (await load_rights(store, address)).grants] in ([], ["QT-000003"])
    assert (await load_rights(store, "owner")).grants
    assert await worthless(store) in (("QT-000002",), ("QT-000077",))


async def test_an_ended_role_does_not_come_back_to_life(store: Store, database: Database) -> None:
    await grant_role(store, "owner", Role.OWNER)
    grant = await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    ((*kept,),) = database.sql(f"SELECT {_COLUMNS} FROM grants WHERE id = ?", grant.id)
    await end_role(store, OPERATOR, grant.id)

    database.sql("UPDATE grants SET ended_at = NULL, ended_by = NULL WHERE id = ?", grant.id)
    assert not (await load_rights(store, "admin")).grants
    database.sql("DELETE FROM grants WHERE id = ?", grant.id)
    database.sql(f"INSERT INTO grants ({_COLUMNS}) VALUES ({', '.join('?' * 10)})", *kept)
    assert not (await load_rights(store, "admin")).grants
    assert await worthless(store) == (grant.id,)

    again = await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    assert (again.id, (await load_rights(store, "admin")).grants) == ("QT-000003", (again,))
    assert (await store.audit.check_powers()).whole


async def test_the_journals_end_of_before_does_not_bring_a_role_back_either(store: Store, database: Database) -> None:
    await grant_role(store, "owner", Role.OWNER)
    grant = await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    ((number, hashed, seal),) = database.sql("SELECT number, hash, seal FROM audit_head")
    await end_role(store, OPERATOR, grant.id)

    database.sql("UPDATE grants SET ended_at = NULL, ended_by = NULL")
    database.sql("UPDATE audit_head SET number = ?, hash = ?, seal = ?", number, hashed, seal)

    assert not (await load_rights(store, "admin")).grants
    assert (await store.audit.verify_journal()).fault is not None


async def test_what_a_retired_key_sealed_gives_no_role(store: Store, database: Database) -> None:
    await grant_role(store, "owner", Role.OWNER)
    grant = await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    old = read_key_file(database.keys).current
    ((seal,),) = database.sql("SELECT seal FROM grants WHERE id = ?", grant.id)
    await store.keys.rotate(NOW)
    assert (await store.keys.retire(NOW, timedelta(), (old,))).dropped == (old,)
    assert (await load_rights(store, "admin")).grants

    database.sql("UPDATE grants SET seal = ? WHERE id = ?", seal, grant.id)

    assert not (await load_rights(store, "admin")).grants
    assert await worthless(store) == (grant.id,)


#: Ends that are not the program's.
ENDS = {
    "taken away": "DELETE FROM audit_head",
    "no seal": "UPDATE audit_head SET seal = NULL",
    "cut": "UPDATE audit_head SET number = 2, hash = (SELECT a.hash FROM audit a WHERE a.number = 2)",
}


@pytest.mark.parametrize("change", ENDS.values(), ids=ENDS)
async def test_a_changed_end_is_known_whatever_is_written_after_it_until_the_operator_answers_for_it(
    store: Store, database: Database, change: str
) -> None:
    await grant_role(store, "owner", Role.OWNER)
    grant = await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    gone = await grant_role(store, "other", Role.FOCAL, "DN.DP")
    await end_role(store, OPERATOR, gone.id)
    database.sql("DELETE FROM audit WHERE number > 2")
    database.sql(change)
    database.sql("UPDATE grants SET ended_at = NULL, ended_by = NULL")

    async with admin_transaction(store) as at:
        await at.admin.journal.record(OPERATOR, "export", "x")

    proof = await store.audit.check_powers()
    assert proof.changed_end is not None
    assert set(proof.worthless) == {"QT-000001", grant.id, gone.id}
    assert not (await load_rights(store, "owner")).grants


async def test_the_operator_answers_for_a_changed_end_and_sealed_roles_count_again(
    store: Store, database: Database
) -> None:
    await grant_role(store, "owner", Role.OWNER)
    gone = await grant_role(store, "other", Role.FOCAL, "DN.DP")
    await end_role(store, OPERATOR, gone.id)
    thief = await open_chat(store, address="thief")
    database.sql("UPDATE audit_head SET seal = NULL")
    database.sql("UPDATE grants SET ended_at = NULL, ended_by = NULL")
    database.sql(
        "INSERT INTO grants (id, chat, role, granted_at, granted_by) VALUES ('QT-000009', ?, 'owner', 0, 'x')", thief.id
    )
    assert not (await load_rights(store, "owner")).grants

    await store.audit.accept_journal_end(NOW)

    assert (await load_rights(store, "owner")).grants
    assert await worthless(store) == (gone.id, "QT-000009")
    assert database.sql("SELECT act FROM audit ORDER BY number DESC LIMIT 1") == [("accept_powers",)]
    assert (await store.audit.verify_journal()).fault is None


async def _code(store: Store, role: Role, unit: str | None) -> str:
    return (await create_invitation(store, role, unit)).code


#: What somebody does with an invitation to be focal officer of DN.DP, whose code they have.
INVITED = {
    "another role": "UPDATE invitations SET role = 'owner', unit = NULL",
    "another unit": "UPDATE invitations SET unit = 'DN'",
    "longer": "UPDATE invitations SET expires_at = expires_at + 1000000",
    "by another": "UPDATE invitations SET created_by = 'QT-000001'",
    "no seal": "UPDATE invitations SET seal = NULL",
}


@pytest.mark.parametrize("change", INVITED.values(), ids=INVITED)
async def test_an_invitation_that_was_changed_gives_nothing(store: Store, database: Database, change: str) -> None:
    code = await _code(store, Role.FOCAL, "DN.DP")
    database.sql(change)

    assert await redeem_invitation(store, "officer", code) is Refusal.UNKNOWN
    assert await worthless(store) == ("LM-000001",)
    async with admin_transaction(store) as at:
        assert await at.admin.people.invitations(OPERATOR) == ()


async def _taken(store: Store, code: str) -> None:
    assert isinstance(await redeem_invitation(store, "officer", code), Grant)


async def _taken_back(store: Store, code: str) -> None:
    await end_role(store, OPERATOR, "LM-000001")


@pytest.mark.parametrize("ending", [_taken, _taken_back])
async def test_an_invitation_that_ended_is_not_taken_again(
    store: Store, database: Database, ending: Callable[[Store, str], Awaitable[None]]
) -> None:
    code = await _code(store, Role.FOCAL, "DN.DP")
    await ending(store, code)
    database.sql("UPDATE invitations SET used_at = NULL, ended_at = NULL")

    assert await redeem_invitation(store, "thief", code) is Refusal.UNKNOWN
    assert not (await load_rights(store, "thief")).grants
    assert await worthless(store) == ("LM-000001",)


async def test_what_nobody_approved_is_not_sent(store: Store, database: Database) -> None:
    made = await create_draft(store)
    database.sql("UPDATE broadcasts SET state = 'approved', approver = 'machine'")

    assert not await BroadcastOperations.over(store).freeze(made.id, NOW)
    assert database.sql("SELECT COUNT(*) FROM outbox") == [(0,)]
    assert await worthless(store) == (made.id,)


async def _people(store: Store) -> None:
    from bot.demo.data_writer import DemoDataWriter  # noqa: PLC0415 - beside its only use

    await write_consenting_people(DemoDataWriter(store), ("1", "2"), NOW)


async def test_another_text_than_the_approved_one_is_not_sent(store: Store, database: Database) -> None:
    await _people(store)
    name = await freeze_notice(store, NOW)
    ((text,),) = database.sql("SELECT content FROM broadcasts WHERE id = ?", name)
    async with admin_transaction(store) as at:
        other = GREETING_DRAFT.model_copy(
            update={"text": BroadcastText(vi="Gửi mật khẩu cho tôi.", en="Send me your password.")}
        )
        await at.admin.broadcasts.new(OPERATOR, other)
    # a genuine older text of the same broadcast, sealed with the right key and put back
    from bot.store.broadcasts import seal_draft  # noqa: PLC0415 - beside its only use

    database.sql("UPDATE broadcasts SET content = ? WHERE id = ?", seal_draft(store.keyring, name, other), name)
    assert await move_broadcast(store, OPERATOR, name, BroadcastState.RUNNING) is ActionResult.DONE

    assert await store.outbox.claim_broadcast(name, CHANNEL, 9, NOW) == []
    assert set(database.sql("SELECT state FROM outbox WHERE broadcast = ?", name)) == {("failed",)}
    database.sql("UPDATE broadcasts SET content = ? WHERE id = ?", text, name)


async def test_an_author_who_is_made_another_one_does_not_approve_alone(store: Store, database: Database) -> None:
    await grant_role(store, "owner", Role.OWNER)
    await grant_role(store, "second", Role.OWNER)
    mine = await load_rights(store, "owner")
    made = await create_draft(store, by=mine)
    database.sql("UPDATE broadcasts SET state = 'checked', recipients = 100000, author = 'QT-000002'")

    assert await move_broadcast(store, mine, made.id, BroadcastState.APPROVED) is not ActionResult.DONE
    assert database.sql("SELECT state FROM broadcasts") == [("checked",)]


@pytest.mark.parametrize("in_chat", [True, False])
async def test_whoever_wrote_in_one_chat_and_parts_it_from_the_other_is_no_second_person_there(
    store: Store, database: Database, *, in_chat: bool
) -> None:
    await grant_role(store, "phone", Role.OWNER)
    await grant_role(store, "desk", Role.OWNER)
    phone, desk = store.chats.at(CHANNEL, "phone"), store.chats.at(CHANNEL, "desk")
    for place, chat in enumerate((phone, desk), 1):
        database.sql("INSERT INTO person_channels VALUES (?, 'one', ?, 0)", chat.id, place)
    made = await create_draft(store, by=await load_rights(store, "phone"), chat=phone if in_chat else None)
    database.sql("UPDATE broadcasts SET state = 'checked', recipients = 100000")
    database.sql("DELETE FROM person_channels")

    approves = await load_rights(store, "desk")
    assert await move_broadcast(store, approves, made.id, BroadcastState.APPROVED) is ActionResult.SECOND_PERSON
    await grant_role(store, "third", Role.OWNER)
    third = await load_rights(store, "third")
    assert await move_broadcast(store, third, made.id, BroadcastState.APPROVED) is ActionResult.DONE


async def test_a_database_of_before_is_sealed_once_and_an_unsealed_row_is_worthless_from_then_on(
    store: Store, database: Database
) -> None:
    await grant_role(store, "owner", Role.OWNER)
    gone = await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    await end_role(store, OPERATOR, gone.id)
    code = await _code(store, Role.FOCAL, "DN.DP")
    made = await create_draft(store)
    _as_before(database)

    async with closing_async(await _opened(database)) as after:
        assert (await after.audit.check_powers()).whole
        assert (await load_rights(after, "owner")).grants
        assert read_key_file(database.keys).powers
        assert database.sql("SELECT act, count FROM audit ORDER BY number DESC LIMIT 1") == [("seal_powers", 3)]
        assert isinstance(await redeem_invitation(after, "officer", code), Grant)
        assert made.id not in await worthless(after)
        database.sql("UPDATE grants SET ended_at = NULL WHERE id = ?", gone.id)
        assert not (await load_rights(after, "admin")).grants

    database.sql("UPDATE grants SET seal = NULL")
    database.sql("UPDATE audit_head SET seal = NULL")
    async with closing_async(await _opened(database)) as again:
        assert not (await load_rights(again, "owner")).grants


async def test_an_old_copy_of_the_key_file_does_not_have_everything_sealed_again(
    store: Store, database: Database
) -> None:
    await grant_role(store, "owner", Role.OWNER)
    _as_before(database)
    old = read_key_file(database.keys)
    async with closing_async(await _opened(database)) as after:
        thief = (await after.inbox.receive([make_incoming("t", address="thief")], NOW))[0]
    replace_key_file(database.keys, old)
    database.sql("UPDATE audit_head SET seal = NULL")
    database.sql(
        "INSERT INTO grants (id, chat, role, granted_at, granted_by) VALUES ('QT-000009', ?, 'owner', 0, 'x')", thief.id
    )

    async with closing_async(await _opened(database)) as again:
        assert not (await load_rights(again, "thief")).grants


def _as_before(database: Database) -> None:
    """As a version that sealed none of this would have left it."""
    for table, column in (
        ("grants", "seal"),
        ("invitations", "seal"),
        ("broadcasts", "warrant"),
        ("audit_head", "seal"),
    ):
        database.sql(f"UPDATE {table} SET {column} = NULL")
    database.sql("DELETE FROM sealing_keys")
    replace_key_file(database.keys, read_key_file(database.keys).model_copy(update={"powers": False}))


async def _opened(database: Database) -> Store:
    return await open_store(database.url, database.folder, open_keyring(database.keys)[0])


async def test_who_has_their_data_deleted_and_comes_back_has_no_role(store: Store, database: Database) -> None:
    await grant_role(store, "owner", Role.OWNER)
    grant = await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    ((*kept,),) = database.sql(f"SELECT {_COLUMNS} FROM grants WHERE id = ?", grant.id)
    async with admin_transaction(store, store.chats.at(CHANNEL, "admin")) as at:
        await at.admin.people.leave()
    assert database.sql("SELECT COUNT(*) FROM grants") == [(1,)]

    database.sql(f"INSERT INTO grants ({_COLUMNS}) VALUES ({', '.join('?' * 10)})", *kept)

    assert not (await load_rights(store, "admin")).grants


def test_the_command_line_finds_an_inserted_owner_and_lets_them_do_nothing(troly: Command, database: Database) -> None:
    troly("admins", "add", "telegram:1")
    troly("admins", "add", "telegram:2")
    database.sql("UPDATE grants SET seal = NULL WHERE id = 'QT-000002'")

    code, out, _ = troly("audit", "verify")
    assert code == 1
    assert "QT-000002 was not written by the program" in out
    assert troly("admins", "list", "--as", "telegram:2")[0] == 3
    assert "QT-000002" not in troly("admins", "list")[1]
    assert troly("admins", "add", "telegram:2")[0] == 0
    assert troly("audit", "verify")[0] == 0
    database.sql("UPDATE audit_head SET seal = NULL")
    assert "The end of the journal was changed" in troly("audit", "verify")[1]
    assert troly("audit", "accept")[0] == 2
    assert troly("audit", "accept", "--yes")[0] == 0
    assert troly("audit", "verify")[0] == 0


async def test_an_ordinary_turn_asks_for_nothing_more(store: Store) -> None:
    await answer_next(store, await open_chat(store), "chào")
    later = NOW + timedelta(days=1)
    assert await store.chats.roles((await store.inbox.receive([make_incoming("2")], later))[0]) == frozenset()


async def test_many_who_write_the_journal_at_once_leave_its_end_whole(
    store: Store, another: OpenStore, database: Database
) -> None:
    stores = [store, await another()]
    await grant_role(store, "owner", Role.OWNER)

    async def act(number: int) -> None:
        code = (await create_invitation(stores[number % 2], Role.FOCAL, "DN.NT")).code
        assert isinstance(await redeem_invitation(stores[(number + 1) % 2], f"officer {number}", code), Grant)
        await end_role(stores[number % 2], OPERATOR, f"QT-{number % 5 + 2:06}")

    await asyncio.gather(*(act(number) for number in range(12)))

    proof = await store.audit.check_powers()
    assert proof.whole
    assert (await store.audit.verify_journal()).fault is None
    standing = {row[0] for row in database.sql("SELECT id FROM grants WHERE ended_at IS NULL")}
    async with admin_transaction(store) as at:
        assert {holder.id for holder in await at.admin.people.holders(OPERATOR)} == standing


async def test_an_author_whose_role_was_changed_in_the_database_still_needs_a_second_person(
    store: Store, database: Database
) -> None:
    await grant_role(store, "admin", Role.ADMIN, "DN")
    await grant_role(store, "admin", Role.OWNER)
    wrote, approves = (Rights.of((grant,), UNITS) for grant in (await load_rights(store, "admin")).grants)
    name = (await create_draft(store, by=wrote)).id
    database.sql("UPDATE broadcasts SET state = 'checked', recipients = 201 WHERE id = ?", name)
    database.sql("UPDATE broadcasts SET chat = NULL WHERE id = ?", name)

    somebody = (await open_chat(store, address="somebody")).id
    for change in ("UPDATE grants SET chat = ? WHERE id = 'QT-000001'", "DELETE FROM grants WHERE chat = ?"):
        database.sql(change, somebody)
        assert await move_broadcast(store, approves, name, BroadcastState.APPROVED) is ActionResult.SECOND_PERSON
    assert await move_broadcast(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.DONE


async def test_what_was_approved_alone_stays_so_whatever_the_rows_of_roles_say(
    store: Store, database: Database
) -> None:
    await grant_role(store, "admin", Role.ADMIN, "DN")
    await grant_role(store, "admin", Role.OWNER)
    wrote, approves = (Rights.of((grant,), UNITS) for grant in (await load_rights(store, "admin")).grants)
    name = (await create_draft(store, by=wrote)).id
    database.sql("UPDATE broadcasts SET state = 'checked', chat = NULL")
    assert await move_broadcast(store, approves, name, BroadcastState.APPROVED) is ActionResult.DONE
    await _people(store)
    database.sql("UPDATE chats SET unit = 'DN.NT'")
    somebody = (await open_chat(store, address="somebody")).id

    database.sql("UPDATE grants SET chat = ? WHERE id = 'QT-000001'", somebody)

    policy, (keyring, _) = BroadcastPolicy(approval_above=1), open_keyring(database.keys)
    async with closing_async(await open_store(database.url, database.folder, keyring, policy)) as strict:
        while await BroadcastOperations.over(strict).freeze(name, NOW):
            pass
    assert database.sql("SELECT state, why FROM broadcasts") == [("checked", "second_person")]
