"""What is past its time goes, what is under way stays."""

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.messages import DeliveryState
from bot.services.broadcasts import BroadcastOperations
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.drivers import Query, Rows
from bot.store.drivers.sqlite import open_sqlite
from bot.store.errors import StoreLocked
from handlers.core import Attachment, Reply, Session
from handlers.model import (
    NO_UNITS,
    REQUEST_TRANSITIONS,
    BroadcastState,
    CampaignPlan,
    DossierRecord,
    FormDraft,
    InterviewStatus,
    RequestState,
    Rights,
    Role,
    StateReason,
)
from tests.support.backends import DatabaseBackend
from tests.support.broadcasts import create_draft, start_campaign
from tests.support.database import Database
from tests.support.dialogue import read_own_data
from tests.support.people import OPERATOR, admin_transaction, create_invitation, grant_role, insert_units
from tests.support.store import (
    CONSENTED_SESSION,
    NOW,
    answer_next,
    claim_next_turn,
    claim_rows,
    make_content,
    make_incoming,
    open_admin_transaction,
    open_chat,
)
from tests.support.stored_dialogue import StoredTurns

DAYS = 180
LATE = NOW + timedelta(days=DAYS, seconds=1)
NOTHING = {
    "requests": 0,
    "sessions": 0,
    "standings": 0,
    "inbox": 0,
    "outbox": 0,
    "broadcasts": 0,
    "roles": 0,
    "invitations": 0,
    "dossiers": 0,
    "chats": 0,
}
ENDED = [state for state, moves in REQUEST_TRANSITIONS.items() if not moves]


async def test_a_silent_chat_goes_with_all_it_left(store: Store) -> None:
    await answer_next(store, await open_chat(store), "chào")
    await store.outbox.settle((await claim_rows(store))[0], DeliveryState.SENT, NOW, message="1")

    assert await store.retention.delete_expired(LATE, DAYS) == {
        **NOTHING,
        "sessions": 1,
        "inbox": 1,
        "outbox": 1,
        "chats": 1,
    }
    assert await store.retention.delete_expired(LATE, DAYS) == NOTHING


async def test_nothing_goes_before_its_time(store: Store) -> None:
    await answer_next(store, await open_chat(store), "chào")
    await store.outbox.settle((await claim_rows(store))[0], DeliveryState.SENT, NOW)

    assert await store.retention.delete_expired(NOW + timedelta(days=DAYS), DAYS) == NOTHING


async def test_a_dry_run_counts_and_leaves_everything(store: Store) -> None:
    await answer_next(store, await open_chat(store))

    counted = await store.retention.delete_expired(LATE, DAYS, dry_run=True)

    assert counted == await store.retention.delete_expired(LATE, DAYS)
    assert counted["chats"] == 1


async def test_a_chat_that_wrote_since_stays(store: Store) -> None:
    await answer_next(store, await open_chat(store), session='"phiên"')
    (chat,) = await store.inbox.receive([make_incoming("2")], LATE)

    counts = await store.retention.delete_expired(LATE, DAYS)

    assert (counts["sessions"], counts["chats"]) == (0, 0)
    assert (await claim_next_turn(store, chat)).session == '"phiên"'


async def test_what_waits_for_an_answer_or_for_delivery_stays(store: Store) -> None:
    waiting = await open_chat(store, "1", "an")
    await answer_next(store, await open_chat(store, "2", "bình"), "chưa gửi")

    assert (await store.retention.delete_expired(LATE, DAYS))["chats"] == 0
    assert await store.inbox.claim_turn(waiting) is not None
    assert len(await claim_rows(store, now=LATE)) == 1


@pytest.mark.parametrize("state", RequestState)
async def test_a_request_goes_after_its_end_and_an_open_one_stays(store: Store, state: RequestState) -> None:
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.requests.register(make_content(), state)
        await unit.finish(CONSENTED_SESSION, [])

    counts = await store.retention.delete_expired(LATE, DAYS)

    gone = state in ENDED or state is RequestState.DRAFT
    assert counts == {**NOTHING, "requests": gone, "sessions": gone, "inbox": 1, "chats": gone}


async def test_a_request_lives_on_from_its_end(store: Store) -> None:
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        code = (await unit.requests.register(make_content())).code
        await unit.finish(CONSENTED_SESSION, [])
    await store.inbox.receive([make_incoming("2")], NOW)
    ended = NOW + timedelta(days=100)
    async with open_turn(store, await claim_next_turn(store, chat), ended) as unit:
        await unit.requests.move(code, RequestState.WITHDRAWN)
        await unit.finish(CONSENTED_SESSION, [])

    assert (await store.retention.delete_expired(LATE, DAYS))["requests"] == 0
    assert (await store.retention.delete_expired(ended + timedelta(days=DAYS, seconds=1), DAYS))["requests"] == 1


async def test_a_poison_update_is_kept_for_the_operator_until_its_time(store: Store) -> None:
    chat = await open_chat(store)
    await store.inbox.give_up(await claim_next_turn(store, chat), NOW)

    assert await store.retention.delete_expired(NOW + timedelta(days=DAYS - 1), DAYS) == NOTHING
    assert await store.retention.delete_expired(LATE, DAYS) == {**NOTHING, "inbox": 1, "chats": 1}


async def test_a_standing_goes_with_its_session_or_its_chat_and_stays_with_an_open_request(store: Store) -> None:
    for number, state in enumerate((None, RequestState.SUBMITTED)):
        chat = await open_chat(store, str(number), str(number))
        async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
            await unit.register.save_status(InterviewStatus(interview=1, certificate_key="AA", owed=()))
            if state:
                await unit.requests.register(make_content(), state)
            await unit.finish(CONSENTED_SESSION, [])

    assert (await store.retention.delete_expired(NOW + timedelta(days=DAYS), DAYS))["standings"] == 0
    assert await store.retention.delete_expired(LATE, DAYS) == {
        **NOTHING,
        "sessions": 1,
        "standings": 1,
        "inbox": 2,
        "chats": 1,
    }


async def test_a_silent_chat_with_a_role_stays_until_the_role_has_ended(store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    grant = await grant_role(store, "an", Role.OWNER)

    assert (await store.retention.delete_expired(LATE, DAYS))["chats"] == 0
    async with admin_transaction(store, now=LATE) as at:
        assert await at.admin.people.end(OPERATOR, grant.id) is None
    assert (await store.retention.delete_expired(LATE, DAYS))["chats"] == 1


async def test_a_role_goes_some_time_after_it_ended(store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    grant = await grant_role(store, "an", Role.OWNER)
    async with admin_transaction(store) as at:
        await at.admin.people.end(OPERATOR, grant.id)
    await store.inbox.receive([make_incoming("1", address="an")], LATE)

    assert (await store.retention.delete_expired(NOW + timedelta(days=DAYS), DAYS))["roles"] == 0
    assert (await store.retention.delete_expired(LATE, DAYS))["roles"] == 1


async def test_invitations_go_some_time_after_they_were_used_or_ran_out(store: Store) -> None:
    await grant_role(store, "an", Role.OWNER)
    await create_invitation(store, Role.OWNER, hours=1)
    await create_invitation(store, Role.OWNER, hours=24 * 365)

    assert (await store.retention.delete_expired(NOW + timedelta(days=DAYS), DAYS))["invitations"] == 0
    assert (await store.retention.delete_expired(LATE + timedelta(hours=1), DAYS))["invitations"] == 2


async def test_the_journal_stays_whole(store: Store) -> None:
    grants = [await grant_role(store, address, Role.OWNER) for address in ("an", "bình")]
    async with admin_transaction(store) as at:
        await at.admin.people.end(OPERATOR, grants[0].id)

    await store.retention.delete_expired(LATE, DAYS)

    verdict = await store.audit.verify_journal()
    assert (verdict.rows, verdict.fault) == (5, None)


async def test_a_broadcast_goes_some_time_after_its_end_with_all_that_hangs_on_it(
    store: Store, ground: DatabaseBackend, database: Database
) -> None:
    insert_units(database.sql)
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.RUNNING)
    ground.add_row(name, "an", "sent")
    async with StoredTurns(store, "an")() as unit:
        await unit.reminders.mark_done(name)
    ended = NOW + timedelta(days=9)
    assert (await store.retention.delete_expired(LATE, DAYS, dry_run=True))["broadcasts"] == 0
    assert await BroadcastOperations.over(store).move(name, BroadcastState.RUNNING, BroadcastState.FINISHED, ended)

    assert (await store.retention.delete_expired(LATE, DAYS))["broadcasts"] == 0
    assert (await store.retention.delete_expired(ended + timedelta(days=DAYS, seconds=1), DAYS))["broadcasts"] == 1

    for table in ("broadcasts", "broadcast_moves", "reminder_marks"):
        assert database.sql(f"SELECT 1 FROM {table}") == [], table


async def test_a_campaign_goes_with_its_steps_and_keeps_them_until_then(
    store: Store, ground: DatabaseBackend, database: Database
) -> None:
    insert_units(database.sql)
    name = await start_campaign(ground, CampaignPlan(deadline=NOW.date()))
    for step in ("7", "1"):
        await BroadcastOperations.over(store).create_step(name, step, NOW, left_out=StateReason.MISSED)

    assert (await store.retention.delete_expired(LATE, DAYS))["broadcasts"] == 0
    assert await BroadcastOperations.over(store).create_step(name, "7", LATE) is None
    await BroadcastOperations.over(store).move(name, BroadcastState.RUNNING, BroadcastState.FINISHED, LATE)
    assert (await store.retention.delete_expired(LATE, DAYS))["broadcasts"] == 0
    assert (await store.retention.delete_expired(LATE + timedelta(days=DAYS, seconds=1), DAYS))["broadcasts"] == 3


async def test_a_silent_chat_that_was_reminded_and_wrote_broadcasts_goes(
    store: Store, ground: DatabaseBackend, database: Database
) -> None:
    insert_units(database.sql)
    await answer_next(store, await open_chat(store, "1", "an"))
    name = (await create_draft(store, chat=store.chats.at("telegram", "an"))).id
    ground.add_row(name, "an", "sent")

    counts = await store.retention.delete_expired(LATE, DAYS)

    assert (counts["chats"], counts["outbox"], counts["broadcasts"]) == (1, 1, 0)
    assert database.sql("SELECT chat FROM broadcasts") == [(None,)]


IDENTITY = "000123456789"


def with_identity(until: datetime) -> str:
    """Return a session in which a form with the number of a card was begun."""
    draft = FormDraft(fields={"identity_number": IDENTITY, "contact_name": "Trần Văn Mẫu"}, identity_until=until)
    return Session(consented_at=NOW, forms=draft).model_dump_json()


async def keep_session(store: Store, session: str, update: str = "1") -> None:
    chat = await open_chat(store, update)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.finish(session, [])


async def session_now(store: Store, update: str = "now") -> str:
    return (await claim_next_turn(store, await open_chat(store, update))).session or ""


async def test_a_personal_number_goes_when_its_time_is_over_and_everything_else_stays(store: Store) -> None:
    until = NOW + timedelta(days=7)
    await keep_session(store, with_identity(until))
    await store.retention.delete_expired(until - timedelta(seconds=1), DAYS)
    assert IDENTITY in await session_now(store, "before")
    await store.retention.delete_expired(until, DAYS, dry_run=True)
    assert IDENTITY in await session_now(store, "dry")
    await store.retention.delete_expired(until, DAYS)
    kept = Session.load(await session_now(store))
    assert kept.consented_at == NOW
    assert kept.forms == FormDraft(fields={"contact_name": "Trần Văn Mẫu"})
    assert await store.retention.erase_identities(until + timedelta(days=1)) == 0


async def test_what_could_not_be_handled_or_delivered_goes_with_the_number(
    store: Store, ground: DatabaseBackend
) -> None:
    until = NOW + timedelta(days=7)
    paper = Attachment.of("mau-05.docx", "application/x", IDENTITY.encode())
    chat = await open_chat(store, "1")
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.finish(with_identity(until), [Reply(paragraphs=(), attachments=(paper,))])
    await store.outbox.settle((await claim_rows(store))[0], DeliveryState.BLOCKED, NOW)
    (chat,) = await store.inbox.receive([make_incoming("2", IDENTITY)], NOW)
    await store.inbox.give_up(await claim_next_turn(store, chat), NOW)
    own = StoredTurns(store)
    async with own() as turn:
        held = await read_own_data(turn.own_data)
    assert IDENTITY not in str(held)  # masked, wherever it stands
    assert "000•••••••89" in str(held["received"])
    await store.retention.erase_identities(until)
    assert ground.sql("SELECT COUNT(*) FROM inbox WHERE state = 'failed' AND payload IS NOT NULL") == [(0,)]
    assert ground.sql("SELECT COUNT(*) FROM outbox WHERE state = 'blocked' AND payload IS NOT NULL") == [(0,)]


async def test_a_dossier_goes_when_nobody_has_changed_it_for_long(store: Store) -> None:
    chat = await open_chat(store, "lan")
    for number, days in ((1, 0), (2, DAYS)):
        at = NOW + timedelta(days=days)
        async with open_admin_transaction(store, at, chat=chat.id, channel=chat.channel) as turn:
            await turn.admin.dossiers.save(Rights.operator(NO_UNITS), DossierRecord(common={"token": str(number)}))
            await turn.commit()

    gone = await store.retention.delete_expired(LATE, DAYS)
    async with open_admin_transaction(store, LATE, chat=chat.id, channel=chat.channel) as turn:
        (left,) = await turn.admin.dossiers.kept(Rights.operator(NO_UNITS))
    assert gone["dossiers"] == 1
    assert left.common == {"token": "2"}


async def test_a_deletion_that_breaks_off_keeps_what_it_did_and_the_next_goes_on(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_updates(database, 2_500)
    asked: list[str] = []
    run = store.driver.run

    async def breaking(_: object, *calls: Query, **options: bool) -> list[Rows]:
        asked.extend(call.query for call in calls)
        if asked.count("expire_inbox") == 2:
            raise StoreLocked("busy")
        return await run(*calls, **options)

    with monkeypatch.context() as broken:
        broken.setattr(type(store.driver), "run", breaking)
        with pytest.raises(StoreLocked):
            await store.retention.delete_expired(LATE, DAYS)
    ((left,),) = database.sql("SELECT COUNT(*) FROM inbox")
    counts = await store.retention.delete_expired(LATE, DAYS)

    assert 0 < left < 2_500
    assert counts["inbox"] == left


async def test_answers_are_given_between_two_batches(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_updates(database, 20_000)
    begun, run = asyncio.Event(), store.driver.run

    async def telling(_: object, *calls: Query, **options: bool) -> list[Rows]:
        rows = await run(*calls, **options)
        if any(call.query == "expire_inbox" for call in calls):
            begun.set()
        return rows

    monkeypatch.setattr(type(store.driver), "run", telling)
    async with asyncio.TaskGroup() as tasks:
        deletion = tasks.create_task(store.retention.delete_expired(LATE, DAYS))
        await begun.wait()
        await store.inbox.receive([make_incoming("now")], LATE)
        ((left,),) = database.sql("SELECT COUNT(*) FROM inbox")

    assert left > 1, "it was answered only when all had been deleted"
    assert deletion.result()["inbox"] == 20_000


async def test_a_batch_is_found_once_whatever_the_database_believes_of_the_table(
    store: Store, database: Database
) -> None:
    _write_updates(database, 20_000)
    database.sql("DELETE FROM inbox")
    database.sql("ANALYZE inbox")  # PostgreSQL goes on to plan for an empty table
    _write_updates(database, 20_000)

    assert (await store.retention.delete_expired(LATE, DAYS))["inbox"] == 20_000


async def test_chats_that_stay_keep_no_others_from_going(store: Store, database: Database) -> None:
    for number in range(130):
        chat = (await store.inbox.receive([make_incoming(str(number), address=str(number))], NOW))[0]
        if number % 2:
            await store.inbox.give_up(await claim_next_turn(store, chat), NOW)

    assert (await store.retention.delete_expired(LATE, DAYS))["chats"] == 65
    assert database.sql("SELECT COUNT(*) FROM chats WHERE channel = 'telegram'") == [(65,)]


async def test_the_file_gives_the_room_of_deleted_rows_back(store: Store, database: Database) -> None:
    if database.url is not None:
        pytest.skip("PostgreSQL sees to it by itself")
    _write_updates(database, 3_000, "zeroblob(4000)")
    database.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    before = database.file.stat().st_size

    await store.retention.delete_expired(LATE, DAYS)
    database.sql("PRAGMA wal_checkpoint(TRUNCATE)")

    assert database.file.stat().st_size < before / 2


async def test_room_is_given_back_in_the_steps_that_were_asked_for(store: Store, database: Database) -> None:
    if database.url is not None:
        pytest.skip("PostgreSQL sees to it by itself")
    _write_updates(database, 1_000, "zeroblob(4000)")
    database.sql("DELETE FROM inbox")
    ((unused,),) = database.sql("PRAGMA freelist_count")

    given = [await store.driver.give_room_back(300, unused - 500) for _ in range(3)]

    assert given == [300, 200, 0]
    assert database.sql("PRAGMA freelist_count") == [(unused - 500,)]


async def test_a_file_of_an_earlier_version_is_rebuilt_to_give_room_back(database: Database) -> None:
    if database.url is not None:
        pytest.skip("PostgreSQL sees to it by itself")
    database.file.unlink(missing_ok=True)
    database.sql("CREATE TABLE old (id INTEGER)")
    driver = await open_sqlite(database.file)
    await driver.rebuild()
    await driver.close()

    assert database.sql("PRAGMA auto_vacuum") == [(2,)]


def _write_updates(database: Database, number: int, payload: str = "NULL") -> None:
    """Updates that were handled at a time that is over."""
    rows = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?) "
    database.sql(
        "INSERT INTO inbox (channel, update_id, payload, state, received_at, handled_at) "
        f"{rows}SELECT 'telegram', 'old' || n, {payload}, 'done', 1, 1 FROM n",
        number,
    )
