"""A copy of the database that is put back, and a clock that leapt: noticed, and nothing is done twice for it."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from bot.delivery.background import Retention
from bot.delivery.worker_lease import Heartbeat, Witness
from bot.services.opening import open_store
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.continuity import CLOCK_LEAP, CODE_GAP, Continuity, DatabasePosition
from bot.store.drivers import to_micros
from bot.store.errors import ClockLeapt
from bot.store.sealing import open_keyring
from handlers.model import BroadcastState, CampaignPlan, Role
from tests.support.backends import DatabaseBackend
from tests.support.broadcasts import create_draft, start_campaign
from tests.support.database import Command, Database, OpenStore
from tests.support.delivery import ManualClock
from tests.support.people import OPERATOR, admin_transaction, end_role, grant_role, insert_units, load_rights
from tests.support.store import (
    NOW,
    SERIAL,
    answer_next,
    claim_next_turn,
    claim_rows,
    closing_async,
    make_content,
    make_incoming,
    make_reply,
    open_chat,
    reply_texts,
)


def beating(store: Store, folder: Path, clock: ManualClock) -> Heartbeat:
    return Heartbeat(store, Witness((folder / "witness",)), (60, 30, 7), clock)


@pytest.fixture
def clock() -> ManualClock:
    made = ManualClock()
    made.set(NOW)
    return made


def older(database: Database, beats: int = 1) -> None:
    """What a copy that was made some beats ago says of itself."""
    database.sql("UPDATE counters SET value = value - ? WHERE name = 'beats'", beats)


async def registered(store: Store, update: str, address: str) -> str:
    chat = await open_chat(store, update, address)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        request = await unit.requests.register(make_content(SERIAL))
        await unit.finish(None, [])
    return request.code


async def test_a_database_that_goes_on_from_where_it_was_is_left_alone(
    store: Store, ground: DatabaseBackend, database: Database, clock: ManualClock
) -> None:
    insert_units(database.sql)
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.RUNNING)
    for _ in range(3):
        await beating(store, database.folder, clock).begin()

    assert database.sql("SELECT state FROM broadcasts WHERE id = ?", name) == [("running",)]
    assert reply_texts(await claim_rows(store)) == []


async def test_no_code_of_a_copy_that_was_put_back_is_given_twice(
    store: Store, database: Database, clock: ManualClock
) -> None:
    heartbeat = beating(store, database.folder, clock)
    first = await registered(store, "1", "1")
    await heartbeat.begin()
    await registered(store, "2", "2")  # after the copy was made
    await heartbeat.begin()
    database.sql("DELETE FROM request_history")
    database.sql("DELETE FROM request_words")
    database.sql("DELETE FROM request_word_lists")
    database.sql("DELETE FROM requests WHERE code <> ?", first)
    database.sql("UPDATE counters SET value = 1 WHERE name = 'YC-2026'")
    older(database)

    await beating(store, database.folder, clock).begin()
    again = await registered(store, "3", "3")

    assert int(again.rpartition("-")[2]) == 2 + CODE_GAP + 1


async def test_what_a_copy_would_send_rests_and_counts_as_not_known(
    store: Store, ground: DatabaseBackend, database: Database, clock: ManualClock
) -> None:
    insert_units(database.sql)
    await grant_role(store, "4242", Role.OWNER)
    names = [(await create_draft(store)).id for _ in range(4)]
    for name, state in zip(
        names,
        (BroadcastState.RUNNING, BroadcastState.SCHEDULED, BroadcastState.APPROVED, BroadcastState.CHECKED),
        strict=True,
    ):
        ground.add_row(name, f"1{name[-1]}", "queued")
        ground.stands(name, state)
    plan = await start_campaign(ground, CampaignPlan(deadline=(NOW + timedelta(days=20)).date()))
    ground.stands(plan, BroadcastState.RUNNING)
    await beating(store, database.folder, clock).begin()
    await beating(store, database.folder, clock).begin()
    older(database)

    await beating(store, database.folder, clock).begin()

    states = dict(database.sql("SELECT id, state FROM broadcasts"))
    assert [states[name] for name in (*names, plan)] == ["paused", "paused", "checked", "checked", "paused"]
    assert set(database.sql("SELECT state, reason FROM outbox WHERE broadcast IS NOT NULL")) == {
        ("unknown", "restored")
    }
    (told,) = reply_texts(await claim_rows(store))
    assert told.startswith("⚠")
    # Repeated, it changes nothing more.
    await beating(store, database.folder, clock).begin()
    assert reply_texts(await claim_rows(store)) == []


async def test_two_processes_that_meet_the_same_copy_take_it_up_once(
    store: Store, another: OpenStore, database: Database, clock: ManualClock
) -> None:
    await beating(store, database.folder, clock).begin()
    await beating(store, database.folder, clock).begin()
    older(database)
    seen = Witness((database.folder / "witness",)).farthest((await store.continuity.position()).database)
    assert seen is not None

    took = [await one.continuity.continue_from_copy(seen, (60,), NOW) for one in (store, await another())]

    assert took == [True, False]


async def test_a_witness_in_another_folder_is_enough_and_a_spoilt_one_is_none(
    store: Store, database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    here, outside = tmp_path / "here", tmp_path / "outside"
    both = Witness((here, outside))
    both.record(await store.continuity.beat(NOW))
    both.record(point := await store.continuity.beat(NOW))
    (here / f"{point.database}.json").write_text("{")

    seen = both.farthest(point.database)

    assert seen is not None
    assert seen.beats == point.beats
    assert json.loads((outside / f"{point.database}.json").read_text())["beats"] == point.beats


async def test_a_clock_that_leapt_deletes_nothing_until_somebody_says_that_it_is_right(
    store: Store, database: Database, clock: ManualClock
) -> None:
    await grant_role(store, "4242", Role.OWNER)
    chat = await open_chat(store)
    await answer_next(store, chat)
    heartbeat, retention = beating(store, database.folder, clock), Retention(store, clock, 180)
    await heartbeat.begin()

    clock.set(NOW + timedelta(days=400))
    await heartbeat.begin()
    await retention.forget()
    await heartbeat.begin()  # nor at the next beat, which has seen the same clock before
    await retention.forget()

    assert heartbeat.leapt
    assert database.sql("SELECT COUNT(*) FROM chats WHERE session IS NOT NULL") == [(1,)]
    (told,) = reply_texts(await claim_rows(store, now=clock.now()))
    assert "400" in told
    await store.continuity.accept_clock(clock.now())
    await heartbeat.begin()
    await retention.forget()
    assert not heartbeat.leapt
    assert database.sql("SELECT COUNT(*) FROM chats WHERE session IS NOT NULL") == [(0,)]


async def test_a_database_that_never_beat_goes_by_the_last_who_wrote(store: Store, database: Database) -> None:
    await open_chat(store)

    await store.continuity.require_steady_clock(NOW + CLOCK_LEAP)
    with pytest.raises(ClockLeapt):
        await store.continuity.require_steady_clock(NOW + CLOCK_LEAP + timedelta(seconds=1))


async def test_whoever_writes_by_a_clock_that_leapt_does_not_make_it_right(
    store: Store, database: Database, clock: ManualClock
) -> None:
    await open_chat(store)
    clock.set(NOW + timedelta(days=400))
    heartbeat = beating(store, database.folder, clock)
    await heartbeat.begin()

    await store.inbox.receive([make_incoming("2")], clock.now())
    await heartbeat.begin()

    assert heartbeat.leapt
    with pytest.raises(ClockLeapt):
        await store.continuity.require_steady_clock(clock.now())


async def test_what_the_operator_says_of_the_clock_while_a_process_beats_holds(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.continuity.beat(clock.now())
    clock.set(NOW + timedelta(days=400))
    looked = Continuity._leap

    async def before_the_operator_speaks(continuity: Continuity, now: datetime) -> timedelta | None:
        found = await looked(continuity, now)
        await continuity.accept_clock(now)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Continuity, "_leap", before_the_operator_speaks)
        await store.continuity.beat(clock.now())

    await store.continuity.require_steady_clock(clock.now())


async def test_the_first_start_may_come_long_after_the_first_owner(
    store: Store, database: Database, clock: ManualClock
) -> None:
    await grant_role(store, "4242", Role.OWNER)
    clock.set(NOW + timedelta(days=9))
    heartbeat = beating(store, database.folder, clock)

    await heartbeat.begin()

    assert not heartbeat.leapt


async def test_messages_do_not_wait_for_a_clock_that_was_set_back(store: Store, database: Database) -> None:
    ahead = NOW + timedelta(hours=9)
    chat = await open_chat(store)
    await answer_next(store, chat, "một", "hai", now=ahead)
    (row,) = await claim_rows(store, now=ahead)
    await store.outbox.retry(row, ahead + timedelta(seconds=30))

    assert reply_texts(await claim_rows(store, now=NOW)) == ["một"]


async def test_a_message_that_was_put_back_waits_as_long_as_it_was_to(store: Store) -> None:
    chat = await open_chat(store)
    await answer_next(store, chat, "một")
    (row,) = await claim_rows(store)
    await store.outbox.retry(row, NOW + timedelta(seconds=30))

    assert await claim_rows(store, now=NOW + timedelta(seconds=29)) == []
    assert reply_texts(await claim_rows(store, now=NOW + timedelta(seconds=30))) == ["một"]


def test_the_command_says_what_to_do_about_a_clock_that_leapt(troly: Command, database: Database) -> None:
    assert troly("retention")[0] == 0
    database.sql("INSERT INTO counters (name, value) VALUES ('seen', 1)")

    code, _, said = troly("retention")
    assert code == 1
    assert "--clock-is-right" in said
    assert troly("retention", "--dry-run")[0] == 0
    assert troly("retention", "--clock-is-right")[0] == 0
    assert troly("retention")[0] == 0


def test_the_command_for_a_copy_on_another_machine_asks_before_it_acts(troly: Command, database: Database) -> None:
    troly("retention")
    assert troly("restored")[0] == 1
    assert troly("restored", "--yes")[0] == 0


def test_a_dry_run_says_nothing_about_the_clock(troly: Command, database: Database) -> None:
    assert troly("retention")[0] == 0
    database.sql("INSERT INTO counters (name, value) VALUES ('seen', 1)")

    assert troly("retention", "--dry-run", "--clock-is-right")[0] == 0

    assert database.sql("SELECT value FROM counters WHERE name = 'seen'") == [(1,)]


async def test_a_clock_that_was_behind_for_a_while_stops_nothing_once_it_is_right(
    store: Store, database: Database, clock: ManualClock
) -> None:
    await grant_role(store, "4242", Role.OWNER)
    await open_chat(store)
    heartbeat = beating(store, database.folder, clock)
    await heartbeat.begin()

    clock.set(NOW - timedelta(days=400))
    await heartbeat.begin()
    assert heartbeat.leapt  # by a day that is over people would be reminded of what is not due
    (told,) = reply_texts(await claim_rows(store, now=clock.now()))
    assert "400" in told
    clock.set(NOW + timedelta(minutes=5))
    await heartbeat.begin()

    assert not heartbeat.leapt
    await store.continuity.require_steady_clock(clock.now())


def test_the_command_says_what_to_do_about_a_clock_that_fell_back(troly: Command, database: Database) -> None:
    assert troly("retention")[0] == 0
    database.sql("INSERT INTO counters (name, value) VALUES ('seen', ?)", to_micros(datetime(2090, 1, 1, tzinfo=UTC)))

    code, _, said = troly("retention")

    assert (code, "behind" in said, "--clock-is-right" in said) == (1, True, True)
    assert troly("retention", "--clock-is-right")[0] == 0
    assert troly("retention")[0] == 0


async def test_a_process_that_goes_on_while_a_copy_is_put_back_notices_it_at_its_next_beat(
    store: Store, ground: DatabaseBackend, database: Database, clock: ManualClock
) -> None:
    insert_units(database.sql)
    await grant_role(store, "4242", Role.OWNER)
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.RUNNING)
    heartbeat = beating(store, database.folder, clock)
    await heartbeat.begin()
    await beats(heartbeat)
    older(database)

    await beats(heartbeat)

    assert database.sql("SELECT state, why FROM broadcasts WHERE id = ?", name) == [("paused", "restored")]
    (told,) = reply_texts(await claim_rows(store))
    assert told.startswith("⚠")


async def beats(heartbeat: Heartbeat, times: int = 1) -> None:
    """Of one that runs."""
    stop = asyncio.Event()
    left = times

    async def counted(_: float) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            stop.set()
        await asyncio.sleep(0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heartbeat._clock, "sleep", counted)
        await heartbeat.run(stop)


async def test_a_process_that_starts_while_another_one_beats_takes_nothing_for_a_copy(
    store: Store, ground: DatabaseBackend, another: OpenStore, database: Database, clock: ManualClock
) -> None:
    insert_units(database.sql)
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.RUNNING)
    other = beating(await another(), database.folder, clock)
    await other.begin()
    heartbeat = beating(store, database.folder, clock)
    looked = heartbeat._witness.farthest

    def after_another_beat(database_id: str) -> DatabasePosition | None:
        found = looked(database_id)
        assert found is not None
        point = replace(found, beats=found.beats + 1)
        database.sql("UPDATE counters SET value = ? WHERE name = 'beats'", point.beats)
        other._witness.record(point)
        return looked(database_id)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heartbeat._witness, "farthest", after_another_beat)
        await heartbeat.begin()

    assert database.sql("SELECT state FROM broadcasts WHERE id = ?", name) == [("running",)]


async def test_owners_are_told_of_a_copy_whose_taking_up_was_cut_off(
    store: Store, database: Database, clock: ManualClock
) -> None:
    await grant_role(store, "4242", Role.OWNER)
    heartbeat = beating(store, database.folder, clock)
    await heartbeat.begin()
    await heartbeat.begin()
    older(database)
    with pytest.MonkeyPatch.context() as patch:
        real = Continuity.continue_from_copy

        async def killed(self: Continuity, *arguments: Any) -> bool:
            await real(self, *arguments)
            raise KeyboardInterrupt

        patch.setattr(Continuity, "continue_from_copy", killed)
        with pytest.raises(KeyboardInterrupt):
            await heartbeat.begin()

    await beating(store, database.folder, clock).begin()

    assert len(reply_texts(await claim_rows(store))) == 1


#: What there is of roles and of the journal.
_POWERS = ("grants", "audit", "audit_head")


def kept(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    return {table: database.sql(f"SELECT * FROM {table}") for table in _POWERS}


def put_back(database: Database, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    """What whoever has the database alone, and a copy of it, can do."""
    for table in reversed(_POWERS):
        database.sql(f"DELETE FROM {table}")
    for table in _POWERS:
        for row in rows[table]:
            database.sql(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row)


async def test_a_journal_put_back_with_an_ended_role_gives_that_role_nothing(
    store: Store, database: Database, clock: ManualClock
) -> None:
    insert_units(database.sql)
    await grant_role(store, "4242", Role.OWNER)
    grant = await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    heartbeat = beating(store, database.folder, clock)
    await heartbeat.begin()
    copy = kept(database)
    await end_role(store, OPERATOR, grant.id)
    await heartbeat.begin()

    put_back(database, copy)
    await heartbeat.begin()

    assert not (await load_rights(store, "admin")).grants
    assert (await store.audit.check_powers()).changed_end is not None
    await heartbeat.begin()
    put_back(database, copy)  # the witness does not forget by it
    await heartbeat.begin()
    assert not (await load_rights(store, "admin")).grants

    await store.audit.accept_journal_end(NOW)
    await heartbeat.begin()
    await heartbeat.begin()
    assert (await store.audit.check_powers()).whole
    assert (await load_rights(store, "4242")).grants


async def test_a_journal_that_is_begun_anew_gives_no_ended_role_back(
    store: Store, database: Database, clock: ManualClock
) -> None:
    insert_units(database.sql)
    await grant_role(store, "4242", Role.OWNER)
    grant = await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    grants = kept(database)["grants"]
    await end_role(store, OPERATOR, grant.id)
    heartbeat = beating(store, database.folder, clock)
    await heartbeat.begin()

    for table in ("audit", "audit_head", "grants", "invitations"):
        database.sql(f"DELETE FROM {table}")
    async with admin_transaction(store) as at:
        await at.admin.journal.record(OPERATOR, "export", "x")
    for row in grants:
        database.sql(f"INSERT INTO grants VALUES ({', '.join('?' * len(row))})", *row)
    await heartbeat.begin()

    assert not (await load_rights(store, "admin")).grants


async def test_roles_count_after_a_copy_was_put_back_as_a_whole_also_for_another_machine(
    store: Store, database: Database, clock: ManualClock
) -> None:
    insert_units(database.sql)
    await grant_role(store, "4242", Role.OWNER)
    here = beating(store, database.folder, clock)
    there = Heartbeat(store, Witness((database.folder / "elsewhere",)), (), clock)
    await here.begin()
    copy = kept(database)
    await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    for heartbeat in (there, here, here):
        await heartbeat.begin()
    put_back(database, copy)
    older(database, beats=2)

    await here.begin()
    await there.begin()
    await here.begin()

    assert (await load_rights(store, "4242")).grants
    assert (await store.audit.check_powers()).whole


def test_the_command_finds_a_journal_that_was_put_back_while_nothing_runs(
    troly: Command, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TROLY_STATE_DIR", str(database.folder / "state"))
    troly("admins", "add", "telegram:4242")
    copy = kept(database)
    troly("admins", "add", "telegram:4343")
    assert troly("audit", "verify")[0] == 0
    ((number, hashed),) = database.sql("SELECT number, hash FROM audit_head")
    assert troly("audit", "verify", "--noted", f"{number}:{hashed}")[0] == 0
    asyncio.run(_beaten(database))

    put_back(database, copy)

    code, said, _ = troly("audit", "verify")
    assert (code, "without the keys" in said) == (1, True)


async def _beaten(database: Database) -> None:
    store = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
    async with closing_async(store):
        await Heartbeat(store, Witness((database.folder / "witness",)), (), Clock()).begin()


def test_the_owners_are_told_of_a_second_copy_on_the_same_day_as_well(troly: Command, database: Database) -> None:
    troly("admins", "add", "telegram:1")
    for times in (1, 2):
        assert troly("restored", "--yes")[0] == 0
        told = database.sql("SELECT COUNT(*) FROM outbox WHERE origin LIKE 'aside:restored:%'")
        assert told == [(times,)]


@pytest.mark.postgres
async def test_while_a_standby_that_took_over_may_lack_something_nothing_is_claimed_and_no_code_comes_again(
    postgres_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    database = Database(postgres_url, tmp_path)
    store = await open_store(postgres_url, tmp_path, open_keyring(database.keys)[0])
    async with closing_async(store):
        ground = DatabaseBackend(store, database, store.keyring)
        insert_units(database.sql)
        await grant_role(store, "4242", Role.OWNER)
        heartbeat = beating(store, tmp_path, clock)
        await heartbeat.begin()
        name = (await create_draft(store)).id
        ground.add_row(name, "1", "queued")
        ground.stands(name, BroadcastState.RUNNING)
        first = await registered(store, "1", "2")
        database.sql("UPDATE counters SET value = value - 1 WHERE name = 'line'")  # another timeline than it was

        assert await store.outbox.claim_broadcast(name, "telegram", 10, NOW) == []
        assert await claim_rows(store) == []
        turn = await claim_next_turn(store, await open_chat(store, "late"))
        async with open_turn(store, turn, NOW) as unit:
            assert await unit.finish("{}", [make_reply("trả lời")], claim=True) is None
        assert ground.rows_of(name).popitem()[1] == ("queued", None)
        again = await registered(store, "2", "3")
        assert int(again.rpartition("-")[2]) == int(first.rpartition("-")[2]) + CODE_GAP + 1
        await heartbeat.look()

        assert ground.rows_of(name).popitem()[1] == ("unknown", "restored")
        assert ground.state_of(name)[:2] == ("paused", "restored")
        (told,) = [text for text in reply_texts(await claim_rows(store)) if text.startswith("⚠")]
        assert "standby" in told or "dự phòng" in told
        await heartbeat.look()
        assert not await store.continuity.is_promoted()

        database.sql("UPDATE counters SET value = 1 WHERE name = 'waits'")
        database.sql("UPDATE counters SET value = value - 1 WHERE name = 'line'")
        ground.stands(name, BroadcastState.RUNNING)
        await heartbeat.look()  # every commit waited for that one
        assert ground.state_of(name)[0] == "running"
        assert not await store.continuity.is_promoted()

        database.sql("UPDATE counters SET value = 7 WHERE name IN ('line', 'server')")  # rows from elsewhere
        await heartbeat.look()
        assert ground.state_of(name)[0] == "running"
