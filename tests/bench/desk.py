"""The request list at 100,000 requests: a page and its count, by filters of every kind, as an owner and as an admin."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from time import perf_counter

from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store
from handlers.model import Filter, Grant, RequestState, Rights, Role, UnitDirectory
from rules.calendar import to_vietnam_day
from rules.outcome import Procedure
from tests.bench.province import NOW, Province, on_postgres, on_sqlite
from tests.bench.result import Result

ROUNDS, PAGE = 40, 10
GOAL = 100.0  #: ms
_TODAY = to_vietnam_day(NOW)
_MONTH = timedelta(days=30)
_COMMUNE = "MAU.X0002"


def run() -> list[Result]:
    """The p95 of the slowest filter, which the name says, on each database."""
    return [_result("SQLite", on_sqlite()), _result("PostgreSQL", on_postgres())]


def _result(database: str, province: Province) -> Result:
    slowest, milliseconds = max(asyncio.run(_measured(province)).items(), key=lambda one: one[1])
    name = f"list at {province.made.requests:,} requests on {database}, slowest filter ({slowest}): p95"
    return Result(name, milliseconds, None, "ms", None, f"under {GOAL:.0f}", milliseconds < GOAL)


async def _measured(province: Province) -> dict[str, float]:
    """p95 in milliseconds by filter, asked for in turn."""
    async with province.opened() as store:
        units = await store.units.read()
        asked = {
            f"{who}, {what}": (rights, wanted)
            for who, rights in _people(units).items()
            for what, wanted in (await _filters(store, units)).items()
        }
        times: dict[str, list[float]] = {what: [] for what in asked}
        for _ in range(ROUNDS):
            for what, (rights, wanted) in asked.items():
                times[what].append(await _look(store, rights, wanted))
    return {what: sorted(taken)[int(len(taken) * 0.95)] for what, taken in times.items()}


def _people(units: UnitDirectory) -> Mapping[str, Rights]:
    return {
        "owner": Rights.of((Grant("QT-000001", Role.OWNER),), units),
        "admin of a commune": Rights.of((Grant("QT-000002", Role.ADMIN, _COMMUNE),), units),
    }


async def _filters(store: Store, units: UnitDirectory) -> Mapping[str, Filter]:
    newest = await _newest(store, units)
    month = {"since": _TODAY - 2 * _MONTH, "until": _TODAY - _MONTH}
    ending = {"expires_from": _TODAY, "expires_until": _TODAY + _MONTH}
    return {
        "no filter": Filter(),
        "a state": Filter(states=(RequestState.ACCEPTED, RequestState.SENT_BACK)),
        "a rare state": Filter(states=(RequestState.DRAFT,)),
        "a procedure": Filter(procedures=(Procedure.RESTORE_DEVICE,)),
        "a unit": Filter(unit=_COMMUNE),
        "the whole province": Filter(unit="MAU"),
        "a month": Filter(**month),
        "expiry": Filter(**ending),
        "a rare word": Filter(text=newest),
        "a common word": Filter(text="mẫu"),
        "common words": Filter(text="nguyen van mau"),
        "a word nobody has": Filter(text="khongcoai"),
        "all at once": Filter(states=(RequestState.DONE, RequestState.ACCEPTED), unit="MAU", text="phong mau", **month),
        "all at once, rare": Filter(states=(RequestState.DONE,), unit=_COMMUNE, text="tran mau", **month, **ending),
    }


async def _newest(store: Store, units: UnitDirectory) -> str:
    """A code, which is a word that one request has."""
    async with open_admin_transaction(store, NOW) as office:
        (filed,) = await office.admin.desk.page(Rights.operator(units), Filter(), 1)
    return filed.request.code


async def _look(store: Store, rights: Rights, wanted: Filter) -> float:
    """Milliseconds for the first page and how many there are."""
    start = perf_counter()
    async with open_admin_transaction(store, NOW) as office:
        await office.admin.desk.page(rights, wanted, PAGE)
        await office.admin.desk.count(rights, wanted)
    return (perf_counter() - start) * 1000
