"""The numbers of the picture equal what is there, for each who may see it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.services.opening import open_store
from bot.store import Store
from bot.store.sealing import open_keyring
from handlers.model import REQUESTED_STATES, Filter, Grant, RequestState, Rights, Role, UnitStatistics
from rules.calendar import to_vietnam_day
from tests.support.backends import Backend, DatabaseBackend, MemoryBackend
from tests.support.database import Database
from tests.support.memory_store import MemoryStore
from tests.support.statistics import (
    UNITS,
    Officer,
    count_open,
    count_statistics,
    make_officers,
    remember_people,
    write_people,
    write_units,
)
from tests.support.store import NOW, claim_next_turn, closing_async, open_admin_transaction, open_chat, open_turn

TODAY = to_vietnam_day(NOW)
OPERATOR = Rights.operator(UNITS)


def admin(*units: str) -> Rights:
    return Rights.of([Grant(f"QT-{number}", Role.ADMIN, unit) for number, unit in enumerate(units)], UNITS)


def below(officers: list[Officer], *tops: str) -> list[Officer]:
    return [one for one in officers if one.unit and any(UNITS.is_within(one.unit, top) for top in tops)]


@pytest.fixture
async def ground(kept_in: Database | None) -> AsyncIterator[Backend]:
    """With other units than elsewhere, and nothing else in it yet."""
    if kept_in is None:
        yield MemoryBackend(MemoryStore(UNITS))
        return
    database, keyring = kept_in, open_keyring(kept_in.keys)[0]
    async with closing_async(await open_store(database.url, database.folder, keyring)) as store:
        write_units(database)
        yield DatabaseBackend(store, database, keyring)


@pytest.fixture
def officers(ground: Backend, kept_in: Database | None) -> list[Officer]:
    made = make_officers(150, NOW)
    if isinstance(ground, MemoryBackend):
        remember_people(ground.memory.tables, made)
    else:
        assert kept_in is not None
        write_people(kept_in, made)
    return made


async def numbers(
    store: Store, rights: Rights, unit: str | None = None
) -> tuple[UnitStatistics, tuple[UnitStatistics, ...]]:
    async with open_admin_transaction(store, NOW) as office:
        return await office.admin.units.numbers(rights, unit, TODAY, NOW)


async def test_where_nothing_is_kept_nothing_is_counted(store: Store) -> None:
    assert await numbers(store, OPERATOR) == (UnitStatistics(), (UnitStatistics("DN"), UnitStatistics("TN")))


async def test_the_total_is_everybody_and_those_without_a_unit_have_a_line_of_their_own(
    store: Store, officers: list[Officer]
) -> None:
    total, lines = await numbers(store, OPERATOR)
    assert total == count_statistics(officers, None, NOW)
    nowhere = [officer for officer in officers if officer.unit is None]
    assert lines == (
        count_statistics(below(officers, "DN"), "DN", NOW),
        count_statistics(below(officers, "TN"), "TN", NOW),
        count_statistics(nowhere, None, NOW),
    )
    assert all(getattr(total, name) for name in ("action_needed", "silent", "done", "expiring_30"))


async def test_a_unit_is_told_with_each_unit_below_it_and_with_what_is_its_own(
    store: Store, officers: list[Officer]
) -> None:
    total, lines = await numbers(store, OPERATOR, "DN")
    assert total == count_statistics(below(officers, "DN"), "DN", NOW)
    own = [officer for officer in officers if officer.unit == "DN"]
    expected = [count_statistics(below(officers, code), code, NOW) for code in ("DN.NT", "DN.PA", "DN.DP")]
    assert sorted(lines, key=str) == sorted([*expected, count_statistics(own, "DN", NOW)], key=str)


@pytest.mark.parametrize("units", [("DN.NT",), ("DN.NT", "DN.NT.VP"), ("DN.NT", "TN"), ("DN.DP", "DN")])
async def test_an_admin_sees_what_is_within_reach_and_nothing_else(
    store: Store, officers: list[Officer], units: tuple[str, ...]
) -> None:
    rights = admin(*units)
    total, lines = await numbers(store, rights)
    assert total == count_statistics(below(officers, *units), total.unit, NOW)
    assert sum(lines, UnitStatistics(total.unit)) == total
    expected = count_statistics(below(officers, "DN.PA"), "DN.PA", NOW) if "DN" in units else UnitStatistics("DN.PA")
    assert (await numbers(store, rights, "DN.PA"))[0] == expected


async def test_an_officer_without_a_role_sees_nothing(store: Store, officers: list[Officer]) -> None:
    nobody = Rights(units=UNITS)
    assert await numbers(store, nobody) == (UnitStatistics(), ())
    assert await numbers(store, nobody, "DN") == (UnitStatistics("DN"), ())


async def test_the_numbers_of_requests_equal_what_the_request_list_counts(
    store: Store, officers: list[Officer]
) -> None:
    different = {}
    async with open_admin_transaction(store, NOW) as office:

        async def listed(rights: Rights, unit: str | None, *states: RequestState) -> int:
            return await office.admin.desk.count(rights, Filter(unit=unit, states=states))

        for rights in (OPERATOR, admin("DN.NT"), admin("DN.NT", "TN"), Rights(units=UNITS)):
            for unit in (None, "DN", "DN.NT", "DN.NT.VP", "TN"):
                total, _ = await office.admin.units.numbers(rights, unit, TODAY, NOW)
                told = (total.requested, total.forwarded, total.done)
                counted = (
                    await listed(rights, unit, *REQUESTED_STATES),
                    await listed(rights, unit, RequestState.FORWARDED),
                    await listed(rights, unit, RequestState.DONE),
                )
                if told != counted:
                    different[rights.grants, unit] = (told, counted)
    assert different == {}


@pytest.mark.parametrize("unit", [None, "DN", "DN.NT"])
async def test_what_was_open_each_day_ends_at_what_is_open_now(
    store: Store, officers: list[Officer], unit: str | None
) -> None:
    start, until = TODAY - timedelta(days=45), TODAY + timedelta(days=30)
    async with open_admin_transaction(store, NOW) as office:
        burnt = await office.admin.units.burn_down(OPERATOR, unit, start, until, TODAY)
        total, _ = await office.admin.units.numbers(OPERATOR, unit, TODAY, NOW)
    meant = below(officers, unit) if unit else officers
    assert burnt.open == tuple(count_open(meant, start + timedelta(days=day)) for day in range(46))
    assert burnt.open[-1] == total.open
    assert burnt.open[0] < max(burnt.open)


async def test_a_burn_down_shows_an_admin_only_what_is_within_reach(store: Store, officers: list[Officer]) -> None:
    async with open_admin_transaction(store, NOW) as office:
        picture = office.admin.units
        own = await picture.burn_down(admin("DN.NT"), None, TODAY, TODAY, TODAY)
        other = await picture.burn_down(admin("DN.NT"), "TN", TODAY, TODAY, TODAY)
        nobody = await picture.burn_down(Rights(units=UNITS), None, TODAY, TODAY, TODAY)
    assert own.open == (count_open(below(officers, "DN.NT"), TODAY),)
    assert (other.open, nobody.open) == ((0,), (0,))


async def test_whoever_is_erased_is_no_officer_any_more(store: Store, ground: Backend) -> None:
    chat = await open_chat(store)
    ground.change_id(chat.id, unit="DN")
    assert (await numbers(store, OPERATOR))[0].officers == 1
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [])
    assert (await numbers(store, OPERATOR))[0] == UnitStatistics()
