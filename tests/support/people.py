"""People with roles in a store, and the units that their roles cover."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any

from bot.messages import Chat
from bot.services.unit_of_work import AdminTransaction
from bot.store.store import Store
from handlers.model.request_list import NewInvitation, Refusal
from handlers.model.rights import Grant, Rights, Role
from handlers.model.unit import Unit
from handlers.model.unit_directory import UnitDirectory
from tests.support.opening import open_admin_transaction
from tests.support.storing import CHANNEL, NOW

#: A province with two communes; one of them has an office below it, and another commune has ended.
UNITS = UnitDirectory.of(
    [
        Unit("DN", "Tỉnh Đồng Nai"),
        Unit("DN.NT", "Xã Nhơn Trạch", "DN"),
        Unit("DN.NT.VP", "Văn phòng xã Nhơn Trạch", "DN.NT"),
        Unit("DN.DP", "Xã Đại Phước", "DN"),
        Unit("DN.PD", "Xã Phú Đông", "DN", closed_on=date(2025, 7, 1)),
    ]
)
OPERATOR = Rights.operator(UNITS)

#: Runs an SQL statement directly on the database; parameters are question marks.
Sql = Callable[..., list[tuple[Any, ...]]]


def settle_units(sql: Sql) -> None:
    """Insert the units as an import would."""
    walk = ["DN", "DN.NT", "DN.NT.VP", "DN.DP", "DN.PD"]
    last = {"DN": 5, "DN.NT": 3, "DN.NT.VP": 3, "DN.DP": 4, "DN.PD": 5}
    for place, code in enumerate(walk, 1):
        unit = UNITS.units[code]
        closed = unit.closed_on.toordinal() if unit.closed_on else None
        sql(
            "INSERT INTO units (code, parent, name, closed_on, place, last) VALUES (?, ?, ?, ?, ?, ?)",
            *(code, unit.parent, unit.name, closed, place, last[code]),
        )
    sql("INSERT INTO counters (name, value) VALUES ('units', 1)")


@asynccontextmanager
async def office(store: Store, chat: Chat | None = None, now: datetime = NOW) -> AsyncIterator[AdminTransaction]:
    """Open a transaction of a chat, or of the operator, and commit it at the end."""
    channel = chat.channel if chat else "machine"
    async with open_admin_transaction(store, now, chat=chat.id if chat else "", channel=channel) as unit:
        yield unit
        await unit.commit()


async def invited(
    store: Store,
    role: Role,
    unit: str | None = None,
    *,
    by: Rights = OPERATOR,
    label: str = "",
    now: datetime = NOW,
    hours: int = 72,
) -> NewInvitation:
    """Create an invitation."""
    async with office(store, now=now) as at:
        made = await at.admin.people.invite(by, role, unit, label, now + timedelta(hours=hours))
    assert isinstance(made, NewInvitation)
    return made


async def given(store: Store, address: str, role: Role, unit: str | None = None, label: str = "") -> Grant:
    """A role that the operator gives to a person who may never have written."""
    chat = store.chats.at(CHANNEL, address)
    code = (await invited(store, role, unit, label=label)).code
    async with office(store, chat) as at:
        await at.expect(chat)
        grant = await at.admin.people.redeem(code)
    assert isinstance(grant, Grant)
    return grant


async def rights(store: Store, address: str) -> Rights:
    """What a person may do now."""
    async with office(store, store.chats.at(CHANNEL, address)) as at:
        return Rights.of(await at.admin.people.mine(), UNITS)


async def redeem(store: Store, address: str, code: str, **later: float) -> Grant | Refusal:
    """The code is sent by a person, so much later."""
    chat = store.chats.at(CHANNEL, address)
    async with office(store, chat, NOW + timedelta(**later)) as at:
        await at.expect(chat)
        return await at.admin.people.redeem(code)


async def end(store: Store, by: Rights, holder: str) -> Refusal | None:
    """End a role or an invitation on the command line."""
    async with office(store) as at:
        return await at.admin.people.end(by, holder)


def journal(sql: Sql) -> list[tuple[str, str, str]]:
    """Return actor, act and subject of every journal row, in order."""
    return [(who, act, subject) for who, act, subject in sql("SELECT actor, act, subject FROM audit ORDER BY number")]
