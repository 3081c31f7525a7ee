"""People with roles in a store, and the units that their roles cover."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

from bot.messages import Chat
from bot.services.unit_of_work import AdminTransaction
from bot.store import Store
from bot.store.power_seals import GRANT_COLUMNS, Warrant, content_digest, seal_grant
from bot.store.sealing import open_keyring, sealed_columns
from handlers.model import (
    Audience,
    BroadcastDraft,
    BroadcastText,
    Filter,
    Grant,
    NewInvitation,
    Refusal,
    RequestContent,
    Rights,
    Role,
    Unit,
    UnitDirectory,
)
from rules.facts import Subject
from tests.support.database import Sql
from tests.support.store import (
    CHANNEL,
    NOW,
    claim_next_turn,
    make_content,
    open_admin_transaction,
    open_chat,
    open_turn,
)

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


def insert_units(sql: Sql) -> None:
    """Insert the units as an import would."""
    last = {"DN": 5, "DN.NT": 3, "DN.NT.VP": 3, "DN.DP": 4, "DN.PD": 5}
    rows: list[object] = []
    for place, code in enumerate(last, 1):
        unit = UNITS.units[code]
        closed = unit.closed_on.toordinal() if unit.closed_on else None
        rows += [code, unit.parent, unit.name, closed, place, last[code]]
    values = ", ".join(["(?, ?, ?, ?, ?, ?)"] * len(last))
    sql(f"INSERT INTO units (code, parent, name, closed_on, place, last) VALUES {values}", *rows)
    sql("INSERT INTO counters (name, value) VALUES ('units', 1)")


@asynccontextmanager
async def admin_transaction(
    store: Store, chat: Chat | None = None, now: datetime = NOW
) -> AsyncIterator[AdminTransaction]:
    """Open a transaction of a chat, or of the operator, and commit it at the end."""
    channel = chat.channel if chat else "machine"
    async with open_admin_transaction(store, now, chat=chat.id if chat else "", channel=channel) as unit:
        yield unit
        await unit.commit()


async def create_invitation(
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
    async with admin_transaction(store, now=now) as at:
        made = await at.admin.people.invite(by, role, unit, label, now + timedelta(hours=hours))
    assert isinstance(made, NewInvitation)
    return made


async def grant_role(
    store: Store, address: str, role: Role, unit: str | None = None, label: str = "", *, channel: str = CHANNEL
) -> Grant:
    """A role that the operator gives to a person who may never have written."""
    chat = store.chats.at(channel, address)
    code = (await create_invitation(store, role, unit, label=label)).code
    async with admin_transaction(store, chat) as at:
        await at.expect(chat)
        grant = await at.admin.people.redeem(code)
    assert isinstance(grant, Grant)
    return grant


async def load_rights(store: Store, address: str, channel: str = CHANNEL) -> Rights:
    """What a person may do now."""
    async with admin_transaction(store, store.chats.at(channel, address)) as at:
        return Rights.of(await at.admin.people.mine(), UNITS)


async def redeem_invitation(store: Store, address: str, code: str, **later: float) -> Grant | Refusal:
    """The code is sent by a person, so much later."""
    chat = store.chats.at(CHANNEL, address)
    async with admin_transaction(store, chat, NOW + timedelta(**later)) as at:
        await at.expect(chat)
        return await at.admin.people.redeem(code)


async def end_role(store: Store, by: Rights, holder: str) -> Refusal | None:
    """End a role or an invitation on the command line."""
    async with admin_transaction(store) as at:
        return await at.admin.people.end(by, holder)


def read_journal(sql: Sql) -> list[tuple[str, str, str]]:
    """Return actor, act and subject of every journal row, in order."""
    return [(who, act, subject) for who, act, subject in sql("SELECT actor, act, subject FROM audit ORDER BY number")]


ADMIN = Rights.of([Grant("QT-000001", Role.ADMIN, "DN.NT")], UNITS)
OTHER = Rights.of([Grant("QT-000002", Role.ADMIN, "DN.DP")], UNITS)
FOCAL = Rights.of([Grant("QT-000003", Role.FOCAL, "DN.NT")], UNITS)
OFFICER = Rights.of([], UNITS)


def make_person_content(
    name: str = "Nguyễn Văn An", serial: str = "5402DD8A9E3FB18F", **changes: object
) -> RequestContent:
    given = {"subject": Subject.INDIVIDUAL, "subscriber": name, "certificate_name": name.upper(), **changes}
    return make_content(serial).model_copy(update=given)


async def list_codes(store: Store, rights: Rights, wanted: Filter | None = None) -> list[str]:
    async with admin_transaction(store) as at:
        page = await at.admin.desk.page(rights, wanted or Filter(), 100)
        assert await at.admin.desk.count(rights, wanted or Filter()) == len(page)
    return [filed.request.code for filed in page]


def seal_grants(sql: Sql, keys: Path) -> None:
    """Seal every role as it is in the database."""
    keyring, _ = open_keyring(keys)
    for row in sql(f"SELECT {', '.join(GRANT_COLUMNS)} FROM grants"):
        told = dict(zip(GRANT_COLUMNS, row, strict=True))
        sql("UPDATE grants SET seal = ? WHERE id = ?", seal_grant(keyring, told), told["id"])


def approve_broadcast(sql: Sql, keys: Path, broadcast: str) -> None:
    """Seal the approval of a broadcast by the operator."""
    keyring, _ = open_keyring(keys)
    ((parent, step, unit, author, content, document),) = sql(
        "SELECT parent, step, unit, author, content, document FROM broadcasts WHERE id = ?", broadcast
    )
    said = content_digest(keyring.unseal_bytes(content, sealed_columns.broadcast_content(broadcast)))
    place = sealed_columns.broadcast_document(broadcast)
    file = None if document is None else content_digest(keyring.unseal_bytes(document, place))
    warrant = Warrant(broadcast, parent, step, unit, author, "machine", said, file)
    sql(
        "UPDATE broadcasts SET approver = 'machine', warrant = ? WHERE id = ?",
        *(warrant.seal(keyring), broadcast),
    )


#: Stands in everything that belongs to the other unit, in what is told of it and in what it is found by.
SECRET = "Mật Đại Phước"
FAR_REQUEST = "YC-2026-000001"
FAR_BROADCAST = "TB-000001"
#: Arguments of a command: nothing, what belongs to the other unit, and what no command expects.
ARGUMENTS = (
    "",
    "QT-000006",
    "LM-000007",
    FAR_REQUEST,
    FAR_BROADCAST,
    "DN.DP",
    "Xã Đại Phước",
    "x" * 300,
    "\N{BELL}",
    "<b>",
)
#: People who must neither see nor change anything of Xã Đại Phước; ``None``: nobody ever gave them a role.
PEOPLE: dict[str, Role | None] = {"an": Role.ADMIN, "tâm": Role.FOCAL, "cũ": None, "lạ": None}
#: How many buttons are followed from a command.
DEPTH = 3


async def furnish_two_communes(store: Store) -> None:
    """Add an owner, people of Xã Nhơn Trạch, and in Xã Đại Phước an admin and one of all there can be.

    The request belongs to no unit yet.
    """
    await grant_role(store, "chủ", Role.OWNER)
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    await grant_role(store, "tâm", Role.FOCAL, "DN.NT")
    ended = await grant_role(store, "cũ", Role.ADMIN, "DN")
    await grant_role(store, "bình", Role.FOCAL, "DN.NT.VP")
    await grant_role(store, "xa", Role.ADMIN, "DN.DP", label=SECRET)
    await create_invitation(store, Role.FOCAL, "DN.DP", label=SECRET)
    async with admin_transaction(store) as at:
        await at.admin.people.end(OPERATOR, ended.id)
        await at.admin.journal.record(OPERATOR, "export", SECRET, unit="DN.DP")
        draft = BroadcastDraft(title=SECRET, text=BroadcastText(vi=SECRET, en=SECRET), audience=Audience(unit="DN.DP"))
        far = await at.admin.broadcasts.new(OPERATOR, draft)
        assert far is not None
        assert far.id == FAR_BROADCAST
    chat = await open_chat(store, "of an officer", "cán bộ")
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        wanted = make_content().model_copy(update={"subscriber": SECRET, "certificate_name": SECRET})
        assert (await unit.requests.register(wanted)).code == FAR_REQUEST
        await unit.finish("{}", [])
