"""The made-up province: whole, plausible, recognisable, and never beside anything real."""

import asyncio
import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from bot.channels import terminal_channel
from bot.demo import DemoSizes, DemoTotals, fill_database
from bot.demo.data_writer import open_demo_data
from bot.demo.officers import CHANNEL
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import Settings
from bot.store import Store
from bot.store.errors import FolderHoldsData
from bot.store.sealing import SealContext, open_keyring, sealed_columns
from handlers.core import Context, Session
from handlers.model import REQUEST_TRANSITIONS, Filter, RequestRow, RequestState, Rights, Role
from handlers.registry import SCREENS
from handlers.testing import build_memory_services
from rules.loading import load_pack
from tests.support.database import Database, OpenStore, Saved
from tests.support.store import open_chat

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SIZES = DemoSizes(officers=150, units=40, seed=3)


def settings_of(database: Database) -> Settings:
    values = {"data_dir": database.folder, "database_url": database.url, "key_file": database.keys}
    return Settings.model_validate(values)


async def fill_in(database: Database, sizes: DemoSizes = SIZES) -> DemoTotals:
    async with open_demo_data(settings_of(database)) as bulk:
        return await fill_database(bulk, load_pack(), sizes, NOW, lambda _: None)


#: A province for each kind of database, with what it says it made.
PROVINCES: dict[bool, tuple[DemoTotals, Saved]] = {}


@pytest.fixture
async def made(database: Database) -> DemoTotals:
    """A province, made once for all tests and restored for each."""
    kind = database.url is None
    if kind in PROVINCES:
        database.restore(PROVINCES[kind][1])
    else:
        PROVINCES[kind] = await fill_in(database), database.save()
    return PROVINCES[kind][0]


@pytest.fixture
async def demo(made: DemoTotals, another: OpenStore) -> Store:
    return await another()


async def all_requests(store: Store) -> tuple[RequestRow, ...]:
    rights = Rights.operator(await store.units.read())
    async with open_admin_transaction(store, NOW) as office:
        return await office.admin.desk.page(rights, Filter(), 10_000)


def unsealed(database: Database, table: str, column: str, key: str = "id") -> list[str]:
    keyring = open_keyring(database.keys)[0]
    rows = database.sql(f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY {key}")
    return [keyring.unseal(bytes(value), SealContext(table, column, str(row))) for row, value in rows]


async def test_there_are_as_many_of_everything_as_it_says(demo: Store, made: DemoTotals, database: Database) -> None:
    def count(table: str, where: str = "1 = 1") -> int:
        return int(database.sql(f"SELECT COUNT(*) FROM {table} WHERE {where}")[0][0])

    assert count("chats", f"channel = '{CHANNEL}'") == made.officers == SIZES.officers
    assert count("units") == made.units == SIZES.units
    assert count("requests") == made.requests > SIZES.officers // 2
    assert count("grants") == made.grants > 2
    assert count("standings") > SIZES.officers // 2


async def test_requests_are_in_every_state_and_got_there_by_moves_that_there_are(demo: Store) -> None:
    found = await all_requests(demo)
    assert {filed.request.state for filed in found} == set(RequestState)
    for filed in found:
        steps = filed.request.history
        assert filed.request.state is steps[-1].state
        assert filed.revision == len(steps) - 1
        assert filed.registered_at == steps[0].at < NOW
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        assert all(after.state in REQUEST_TRANSITIONS[before.state] for before, after in pairwise(steps))
        assert all(step.at < NOW for step in steps)


async def test_codes_follow_the_order_of_registration_and_go_on_behind_the_last(
    demo: Store, made: DemoTotals, database: Database
) -> None:
    found = await all_requests(demo)
    assert [filed.number for filed in found] == sorted((filed.number for filed in found), reverse=True)
    moments = [filed.registered_at for filed in found]
    assert moments == sorted(moments, reverse=True)
    assert database.sql("SELECT value FROM counters WHERE name = 'YC-2026'") == [(made.requests,)]
    assert database.sql("SELECT value FROM counters WHERE name = 'QT'") == [(made.grants,)]


async def test_requests_are_found_by_unit_and_by_words(demo: Store) -> None:
    units = await demo.units.read()
    filed = (await all_requests(demo))[0]
    async with open_admin_transaction(demo, NOW) as office:
        rights = Rights.operator(units)
        by_unit = await office.admin.desk.page(rights, Filter(unit=filed.unit), 10_000)
        by_code = await office.admin.desk.page(rights, Filter(text=filed.request.code), 10)
        by_name = await office.admin.desk.count(rights, Filter(text="mau"))
        everything = await office.admin.desk.count(rights, Filter())
    assert filed.request.code in {one.request.code for one in by_unit}
    assert all(one.unit and units.is_within(one.unit, filed.unit or "") for one in by_unit)
    assert [one.request.code for one in by_code] == [filed.request.code]
    assert by_name == everything


async def test_every_name_is_recognisably_made_up(demo: Store, database: Database) -> None:
    units = await demo.units.read()
    names = [name for unit in units.units.values() for name in (unit.name, *unit.aliases, *unit.former_names)]
    names += unsealed(database, "standings", "subscriber") + unsealed(database, "grants", "label")
    for filed in await all_requests(demo):
        content = filed.request.content
        names += [content.subscriber, content.unit, content.certificate_name or content.subscriber]
        names += [value for name, value in content.news.items() if name != "new_email"]
        assert content.news.get("new_email", "@mau.gov.vn.example").endswith("@mau.gov.vn.example")
        assert content.serial is not None
        assert content.serial.startswith("00DE")
    assert [name for name in names if "MẪU" not in name.upper()] == []
    assert all("MẪU" in one.source for one in units.successions)


async def test_sessions_restore_as_they_were_and_their_screens_can_be_shown(demo: Store, database: Database) -> None:
    world = build_memory_services(load_pack(), NOW, units=await demo.units.read())
    screens, languages = set(), set()
    for text in unsealed(database, "chats", "session"):
        session = Session.load(text)
        assert json.loads(session.model_dump_json()) == json.loads(text)
        page = await SCREENS[session.screen].page(Context(session, world))
        assert page.title
        assert session.screen in {"next", "question"} or page.options
        screens.add(session.screen)
        languages.add(session.language)
    assert screens >= {"question", "certificate", "answer", "form", "next", "stopped"}
    assert languages == {"vi", "en"}


async def test_nothing_of_it_waits_to_leave(demo: Store, database: Database) -> None:
    assert database.sql("SELECT COUNT(*) FROM outbox") == [(0,)]
    assert database.sql("SELECT COUNT(*) FROM inbox") == [(0,)]
    assert await demo.inbox.chats_waiting("telegram") == []
    channels = {channel for (channel,) in database.sql("SELECT DISTINCT channel FROM chats")}
    assert {channel.partition(":")[0] for channel in channels} == {CHANNEL, "terminal"}


async def test_one_can_be_the_owner_an_admin_and_a_focal_officer_at_once(demo: Store, database: Database) -> None:
    keyring = open_keyring(database.keys)[0]
    roles = {}
    for name in ("chu", "quan-tri-1", "dau-moi-1"):
        channel = terminal_channel(name)
        async with open_admin_transaction(
            demo, NOW, chat=sealed_columns.chat_id(keyring, channel, name), channel=channel
        ) as office:
            (grant,) = await office.admin.people.mine()
        roles[name] = grant.role
        assert (grant.unit is None) == (grant.role is Role.OWNER)
    assert list(roles.values()) == [Role.OWNER, Role.ADMIN, Role.FOCAL]


async def test_the_journal_is_whole_and_tells_every_move_of_an_office(demo: Store, database: Database) -> None:
    assert (await demo.audit.verify_journal()).fault is None
    moves = database.sql("SELECT COUNT(*) FROM request_history WHERE actor LIKE 'QT-%'")
    told = "SELECT CAST(SUM(count) AS BIGINT) FROM audit WHERE act IN ('request.move', 'request.move_all')"
    assert database.sql(told) == moves
    moments = [at for (at,) in database.sql("SELECT at FROM audit ORDER BY number")]
    assert moments == sorted(moments)


async def test_a_clean_up_leaves_nearly_all_of_it(demo: Store, made: DemoTotals) -> None:
    gone = await demo.retention.delete_expired(NOW, 180, dry_run=True)
    assert sum(gone.values()) == 0


async def test_the_same_seed_makes_the_same_province(tmp_path: Path) -> None:
    async def told(name: str, seed: int) -> list[tuple[object, ...]]:
        database = Database(None, tmp_path / name)
        await fill_in(database, DemoSizes(officers=30, units=20, seed=seed))
        requests = [text.encode() for text in unsealed(database, "requests", "content", "code")]
        history = database.sql("SELECT code, state, at, actor FROM request_history ORDER BY code, revision")
        return [*((one,) for one in requests), *history]

    assert await told("one", 1) == await told("another", 1) != await told("third", 2)


async def test_a_folder_with_a_single_real_chat_is_refused_and_left_as_it_is(store: Store, database: Database) -> None:
    await open_chat(store)
    with pytest.raises(FolderHoldsData, match="real data"):
        await fill_in(database)
    assert database.sql("SELECT COUNT(*) FROM chats") == [(1,)]
    assert database.sql("SELECT COUNT(*) FROM units") == [(0,)]
    assert database.sql("SELECT COUNT(*) FROM counters") == [(0,)]
    assert not await store.status.is_made_up()


async def test_units_alone_are_real_data_too(store: Store, database: Database) -> None:
    database.sql("INSERT INTO units (code, name, place, last) VALUES ('X', 'UBND xã thật', 1, 1)")
    with pytest.raises(FolderHoldsData, match="real data"):
        await fill_in(database)


async def test_a_second_province_is_refused(demo: Store, database: Database) -> None:
    with pytest.raises(FolderHoldsData, match="made-up data already"):
        await fill_in(database)
    assert await demo.status.is_made_up()


async def test_a_province_begun_and_cut_off_is_refused(store: Store, database: Database) -> None:
    async with open_demo_data(settings_of(database)) as bulk:
        await bulk.begin()
    with pytest.raises(FolderHoldsData, match="perhaps not all"):
        await fill_in(database)


async def test_two_who_begin_at_once_do_not_both_begin(store: Store, database: Database) -> None:
    async def begin() -> bool:
        async with open_demo_data(settings_of(database)) as bulk:
            try:
                await bulk.begin()
            except FolderHoldsData:
                return False
            return True

    assert sorted(await asyncio.gather(begin(), begin())) == [False, True]


async def test_its_roles_still_count_once_the_operator_answers_for_the_journal(
    demo: Store, made: DemoTotals, database: Database
) -> None:
    await demo.audit.accept_journal_end(NOW)
    assert (await demo.audit.check_powers()).whole
    rights = Rights.operator(await demo.units.read())
    async with open_admin_transaction(demo, NOW) as at:
        assert len(await at.admin.people.holders(rights)) == made.grants
