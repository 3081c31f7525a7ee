"""Keys are changed in steps: nothing is lost, nobody falls silent, and a key that leaked is gone at the end."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.messages import DeliveryState
from bot.services.broadcasts import BroadcastOperations
from bot.services.opening import open_driver, open_store
from bot.services.unit_of_work import open_turn
from bot.store import Store, key_rotation
from bot.store import sealing as keyring_module
from bot.store.drivers import column_query_name
from bot.store.errors import KeyNotSpread, KeysMissing, UnknownKey
from bot.store.key_rotation import KeyRotation
from bot.store.links import new_link
from bot.store.sealing import Keyring, open_keyring
from bot.store.sealing.keyfile import read_key_file, replace_key_file
from bot.store.sealing.sealed_columns import SEALED_COLUMNS
from bot.store.web_chat import WebContent
from bot.store.workers import LeaseDuration
from bot.store.zalo import ZaloTokens
from handlers.core import Attachment, Reply
from handlers.model import (
    BroadcastState,
    DossierRecord,
    ExportForm,
    ExportOrder,
    Filter,
    ImportLine,
    InterviewStatus,
    LinkPurpose,
    OfficeDraft,
    OfficeOutcome,
    RequestState,
    Rights,
    Role,
)
from rules.outcome import Procedure
from tests.support.broadcasts import GREETING_DRAFT
from tests.support.database import Command, Database
from tests.support.dialogue import read_own_data
from tests.support.people import (
    OPERATOR,
    UNITS,
    admin_transaction,
    create_invitation,
    grant_role,
    insert_units,
    redeem_invitation,
)
from tests.support.store import (
    CHANNEL,
    CONSENTED_SESSION,
    NAME,
    NOW,
    SERIAL,
    answer_next,
    claim_next_turn,
    claim_rows,
    closing_async,
    get_text,
    make_content,
    make_incoming,
    make_reply,
    open_chat,
    reply_texts,
)

LEASE = LeaseDuration()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_module, "REFRESH_SECONDS", 0.0)
    monkeypatch.setattr(key_rotation, "SETTLING_TIME", timedelta())


async def one_of_each(store: Store, database: Database) -> str:
    """A value in every sealed column; the code of an invitation that is open."""
    insert_units(database.sql)
    owner = await grant_role(store, "owner", Role.OWNER, label="Chị Hạnh")
    code = (await create_invitation(store, Role.ADMIN, "DN.NT", label="Anh Khôi")).code
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        request = await unit.requests.register(make_content())
        await unit.register.save_status(
            InterviewStatus(interview=1, unit="DN.NT", subscriber=NAME, certificate_key=SERIAL)
        )
        await unit.finish(CONSENTED_SESSION, [make_reply("gửi"), make_reply("chờ")])
    await store.outbox.settle((await claim_rows(store))[0], DeliveryState.SENT, NOW, message="1")
    await store.inbox.receive([make_incoming("2", "đợi")], NOW)
    async with admin_transaction(store, store.chats.at(CHANNEL, "owner")) as at:
        rights = Rights.of((owner,), UNITS)
        seen = await at.admin.desk.get(rights, request.code)
        assert seen is not None
        await at.admin.desk.move(rights, request.code, RequestState.SENT_BACK, seen.revision, "thiếu quyết định")
        await at.admin.lists.start(
            rights, ExportOrder(wanted=Filter(), form=ExportForm.XLSX), 1, Reply(paragraphs=("…",))
        )
        await at.admin.lists.save_lines([ImportLine(number=2, code=request.code, state=None, note="", revision=None)])
        draft = GREETING_DRAFT.model_copy(update={"document": "a.pdf", "document_type": "application/pdf"})
        made = await at.admin.broadcasts.new(rights, draft, b"%PDF \xff\xfe binary")
        assert made is not None
        assert await at.admin.dossiers.save(rights, DossierRecord(unit="DN.NT")) is not None
        office = OfficeDraft(name=NAME, source="hỏi", procedures=(Procedure.REVOKE,), last_checked=NOW.date())
        assert (await at.admin.offices.add(rights, "DN.NT", office)).outcome is OfficeOutcome.SAVED
    await BroadcastOperations.over(store).check(made.id, NOW)
    file, web = Attachment.of("a.cer", "application/pkix-cert", b"0123"), store.web.new_chat()
    await store.links.keep(new_link(store.keyring, LinkPurpose.FILE, chat.id, NOW, file=file))
    await store.web.admit("cookie", web, NOW)
    await store.web.say(web, "a", WebContent(side="person", html=NAME), NOW, {"f": file})
    await store.zalo.connect("1", ZaloTokens("access", "refresh", NOW, NOW))
    await store.zalo.store_events("1", [("m1", b"{}")], NOW)
    await store.zalo.keep_phone(chat.id, "84912345678")
    return code


async def sealed_by(database: Database) -> dict[tuple[str, str], set[str]]:
    """Which keys seal the values of each column."""
    async with closing_async(await open_driver(database.url, database.folder)) as driver:
        from bot.store.drivers import Query  # noqa: PLC0415 - beside its only use

        answers = await driver.run(*(Query(column_query_name("key_usage", sealed)) for sealed in SEALED_COLUMNS))
    return {
        (sealed.table, sealed.column): {bytes(name).hex() for name, _ in rows}
        for sealed, rows in zip(SEALED_COLUMNS, answers, strict=True)
    }


async def test_after_a_rotation_nothing_is_sealed_by_the_old_key_and_everything_reads_and_is_found(
    store: Store, database: Database
) -> None:
    code = await one_of_each(store, database)
    old = read_key_file(database.keys).current
    assert all(keys == {old} for keys in (await sealed_by(database)).values())

    done = await store.keys.rotate(datetime.now(UTC))
    retired = await store.keys.retire(datetime.now(UTC), timedelta(), (old,))

    assert all(keys == {done.key} for keys in (await sealed_by(database)).values())
    assert retired.dropped == (old,)
    assert old not in database.keys.read_text()
    async with closing_async(await open_store(database.url, database.folder, open_keyring(database.keys)[0])) as after:
        async with admin_transaction(after, after.chats.at(CHANNEL, "owner")) as at:
            (owner,) = await at.admin.people.mine()
            assert (owner.role, owner.label) == (Role.OWNER, "Chị Hạnh")
            rights = Rights.of((owner,), UNITS)
            for text in (NAME, SERIAL, "YC-2026-000001"):
                (found,) = await at.admin.desk.page(rights, Filter(text=text), 9)
                assert (found.request.content.subscriber, found.note) == (NAME, "thiếu quyết định")
            assert [one.label for one in await at.admin.people.invitations(rights)] == ["Anh Khôi"]
            (broadcast,) = await at.admin.broadcasts.latest(rights, 9)
            assert await at.admin.broadcasts.last_check(rights, broadcast.id) is not None
            assert await at.admin.lists.load_lines("NL-000001") is not None
        assert (await after.audit.verify_journal()).fault is None
        assert (await after.audit.check_powers()).whole
        assert (await after.keys.verify(every=True)).damaged == ()
        taken = await redeem_invitation(after, "admin", code)
        assert getattr(taken, "role", None) is Role.ADMIN
        turn = await claim_next_turn(after, after.chats.at(CHANNEL, "7790118822"))
        assert get_text(turn) == "đợi"
        async with open_turn(after, turn, NOW) as unit:
            mine = await unit.requests.open_for(SERIAL, make_content().procedure.value)
            assert mine is not None
            own = await read_own_data(unit.own_data)
        assert own["standings"][0]["subscriber"] == NAME


async def test_a_broadcast_with_a_binary_document_is_sealed_anew_and_goes_out_whole(
    store: Store, database: Database
) -> None:
    await one_of_each(store, database)
    async with admin_transaction(store) as at:
        await at.admin.broadcasts.move(OPERATOR, "TB-000001", BroadcastState.APPROVED)
    await store.keys.rotate(datetime.now(UTC))

    while await BroadcastOperations.over(store).freeze("TB-000001", NOW):
        pass
    rows = database.sql("SELECT state FROM broadcasts WHERE id = 'TB-000001'")
    assert rows == [("scheduled",)]


@pytest.mark.parametrize("step", ["add", "use", "reseal", "retire"])
async def test_a_rotation_that_was_killed_goes_on_when_it_is_repeated(
    store: Store, database: Database, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await answer_next(store, await open_chat(store), "chào")
    old, now = read_key_file(database.keys).current, datetime.now(UTC)

    async def killed(*_arguments: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(KeyRotation, step, killed)
        with pytest.raises(KeyboardInterrupt):
            await store.keys.rotate(now, timedelta())
    done = await store.keys.rotate(now + timedelta(seconds=9), timedelta())

    assert done.key != old
    assert set(await store.keys.key_usage()) == {done.key}
    assert list(read_key_file(database.keys).keys) == [done.key]
    assert reply_texts(await claim_rows(store)) == ["chào"]


async def elsewhere(database: Database) -> tuple[Store, Path]:
    """A process of another machine, with a copy of the key file."""
    path = database.folder / "elsewhere.json"
    replace_key_file(path, read_key_file(database.keys))
    return await open_store(database.url, database.folder, open_keyring(path)[0]), path


@pytest.mark.postgres
async def test_a_key_is_used_only_once_every_live_process_has_it_and_then_by_all(
    postgres_url: str, tmp_path: Path
) -> None:
    database = Database(postgres_url, tmp_path)
    here = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
    there, path = await elsewhere(database)
    async with closing_async(here), closing_async(there):
        for one in (here, there):
            await one.workers.join(CHANNEL, LEASE, NOW)
        await grant_role(here, "owner", Role.OWNER)
        key = await here.keys.add(NOW)

        with pytest.raises(KeyNotSpread, match=rf"do not have key {key} yet: .+:\d+\. Copy the key file"):
            await here.keys.use(None, NOW)
        assert await here.keys.add(NOW) == key  # again: the same one waits
        replace_key_file(path, read_key_file(database.keys))
        for one in (here, there):
            await one.workers.beat(CHANNEL, NOW, judge=True)

        assert await here.keys.use(None, NOW) == key
        await here.keys.reseal()
        await there.workers.beat(CHANNEL, NOW, judge=True)  # it meets the key in use, and follows without a second copy
        await answer_next(there, await open_chat(there), "từ máy kia")
        assert set(await here.keys.key_usage()) == {key}
        for one in (here, there):
            await one.workers.beat(CHANNEL, NOW, judge=True)
        assert [process.keys[0] for process in await here.keys.processes()] == [key, key]


@pytest.mark.postgres
async def test_a_rotation_waits_until_the_live_processes_have_read_the_key(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotation, "SETTLING_TIME", timedelta(seconds=60))
    monkeypatch.setattr(key_rotation, "_LOOK_AGAIN", timedelta(seconds=0.01))
    database = Database(postgres_url, tmp_path)
    here = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
    there, path = await elsewhere(database)
    async with closing_async(here), closing_async(there):
        await there.workers.join(CHANNEL, LEASE, NOW)
        key = await here.keys.add(NOW)
        waiting = asyncio.create_task(here.keys.spread(key))
        await asyncio.sleep(0.1)
        assert not waiting.done()

        replace_key_file(path, read_key_file(database.keys))
        await there.workers.beat(CHANNEL, NOW, judge=True)
        await asyncio.wait_for(waiting, 30)

        assert await here.keys.use(key, NOW) == key


@pytest.mark.postgres
async def test_a_key_that_a_process_still_seals_with_is_not_retired(postgres_url: str, tmp_path: Path) -> None:
    database = Database(postgres_url, tmp_path)
    here = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
    there, _ = await elsewhere(database)
    old = read_key_file(database.keys).current
    async with closing_async(here), closing_async(there):
        await there.workers.join(CHANNEL, LEASE, NOW)
        key = await here.keys.add(NOW)
        await here.keys.use(key, NOW, force=True)
        await here.keys.reseal()

        kept = (await here.keys.retire(NOW, timedelta(), (old,))).kept

        assert "still seals with it" in kept[old]
        await there.workers.leave(CHANNEL)
        assert (await here.keys.retire(NOW, timedelta(), (old,))).dropped == (old,)


@pytest.mark.postgres
async def test_what_a_process_cannot_read_for_want_of_a_key_another_one_answers(
    postgres_url: str, tmp_path: Path
) -> None:
    database = Database(postgres_url, tmp_path)
    here = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
    there, path = await elsewhere(database)
    async with closing_async(here), closing_async(there):
        for one in (here, there):
            await one.workers.join(CHANNEL, LEASE, NOW)
        await here.keys.use(await here.keys.add(NOW), NOW, force=True)
        chat = await open_chat(here)

        with pytest.raises(UnknownKey):
            await there.inbox.claim_turn(chat)

        assert await here.inbox.chats_waiting(CHANNEL) == [chat]
        assert get_text(await here.inbox.claim_turn(chat)) == "xin chào"
        await here.workers.leave(CHANNEL)
        replace_key_file(path, read_key_file(database.keys))
        assert get_text(await there.inbox.claim_turn(chat)) == "xin chào"


async def test_a_start_with_a_key_file_of_before_a_rotation_is_refused_with_tables_and_counts(
    store: Store, database: Database
) -> None:
    before = read_key_file(database.keys)
    await answer_next(store, await open_chat(store), "chào")
    key = (await store.keys.rotate(datetime.now(UTC))).key
    replace_key_file(database.keys, before)

    with pytest.raises(KeysMissing) as refused:
        await open_store(database.url, database.folder, open_keyring(database.keys)[0])

    assert refused.value.exit_code == 2
    for words in (f"{key}: chats (2)", f"{key}: outbox (1)", "newest copy of the key file", "troly keys lost"):
        assert words in str(refused.value)


def test_the_command_line_says_what_is_missing_and_serves_nobody_until_it_is_there(
    troly: Command, database: Database
) -> None:
    before = _filled(database)
    troly("keys", "rotate")
    rotated = read_key_file(database.keys)
    replace_key_file(database.keys, before)

    for command in (("chat",), ("retention",), ("audit", "verify")):
        code, _, err = troly(*command)
        assert (code, "lacks keys" in err, "Traceback" in err) == (2, True, False)
    code, out, _ = troly("keys", "verify")
    assert code == 1
    assert f"Key {rotated.current} is missing: 2 values in chats." in out
    replace_key_file(database.keys, rotated)
    code, out, _ = troly("keys", "verify", "--every")
    assert (code, out) == (0, "No key is missing.\n")
    assert troly("retention", "--dry-run")[0] == 0


def test_a_key_that_is_lost_for_ever_is_given_up_by_hand(troly: Command, database: Database) -> None:
    before = _filled(database)
    troly("keys", "rotate")
    lost = read_key_file(database.keys).current
    replace_key_file(database.keys, before)

    assert troly("keys", "lost", lost)[0] == 2
    code, out, _ = troly("keys", "lost", lost, "--yes")

    assert (code, out) == (0, "Values that count as unreadable from now on: 2.\n")
    assert troly("retention", "--dry-run")[0] == 0


def test_a_key_that_is_not_lost_is_not_given_up(troly: Command, database: Database) -> None:
    _filled(database)
    troly("keys", "add")

    for name in read_key_file(database.keys).keys:
        code, _, err = troly("keys", "lost", name, "--yes")
        assert (code, "nothing was given up" in err) == (2, True)
    code, _, err = troly("keys", "lost", "deadbeef", "--yes")
    assert (code, "Nothing here was sealed with a key deadbeef" in err) == (2, True)
    database.keys.unlink()  # and where it is lost afterwards, it is missed
    code, _, err = troly("requests", "list")
    assert (code, "is missing, and the database was sealed with its keys" in err) == (2, True)


def test_steps_one_by_one(troly: Command, database: Database) -> None:
    old = _filled(database).current

    assert "waits to be used" in troly("keys", "add")[1]
    added = next(iter(set(read_key_file(database.keys).keys) - {old}))
    assert read_key_file(database.keys).current == old
    assert "waits to be used" in troly("keys", "list")[1]
    assert "in use, or waits" in troly("keys", "retire", added)[1]
    assert troly("keys", "use")[0] == 0
    assert troly("keys", "use")[0] == 2  # nothing waits
    assert "values are sealed with it" in troly("keys", "retire", old)[1]
    assert troly("keys", "reseal")[1] == "Values sealed anew: 2.\n"
    assert f"Dropped key {old}" in troly("keys", "retire", old)[1]
    assert list(json.loads(database.keys.read_text())["keys"]) == [added]
    assert database.keys.stat().st_mode & 0o777 == 0o600
    assert troly("keys", "use", "deadbeef")[0] == 2


def _filled(database: Database):  # noqa: ANN202 - a key file
    import asyncio  # noqa: PLC0415 - beside its only use

    async def fill() -> None:
        store = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
        await answer_next(store, await open_chat(store))
        await store.close()

    asyncio.run(fill())
    return read_key_file(database.keys)


async def test_a_damaged_value_of_no_key_at_all_keeps_nothing_from_starting(
    store: Store, database: Database, keyring: Keyring
) -> None:
    await answer_next(store, await open_chat(store), "chào")
    database.sql("UPDATE outbox SET payload = ?", b"\x00\x01\x02\x03" + b"x" * 60)
    database.sql("DELETE FROM sealing_keys")

    async with closing_async(await open_store(database.url, database.folder, keyring)) as again:
        assert await claim_rows(again) == []
    assert database.sql("SELECT state FROM outbox") == [("failed",)]


async def test_a_key_that_leaked_can_be_retired_though_a_value_of_it_is_damaged(
    store: Store, database: Database
) -> None:
    await answer_next(store, await open_chat(store), "chào")
    old = read_key_file(database.keys).current
    ((sealed,),) = database.sql("SELECT payload FROM outbox")
    database.sql("UPDATE outbox SET payload = ?", bytes(sealed)[:-1] + b"?")
    now = datetime.now(UTC)
    done = await store.keys.rotate(now, timedelta())

    assert done.dropped == ()
    assert "drops it all the same" in (await store.keys.retire(now, timedelta())).kept[old]
    assert (await store.keys.retire(now, timedelta(), (old,))).dropped == (old,)

    async with closing_async(await open_store(database.url, database.folder, open_keyring(database.keys)[0])) as again:
        assert await claim_rows(again) == []
    assert database.sql("SELECT state FROM outbox") == [("failed",)]


def test_the_command_says_why_the_key_in_use_stays_and_that_there_is_nothing_to_drop(
    troly: Command, database: Database
) -> None:
    key = _filled(database).current

    code, out, _ = troly("keys", "retire", key)
    assert (code, "in use, or waits" in out) == (1, True)
    assert troly("keys", "retire") == (0, "There is only the key in use: nothing to drop.\n", "")
