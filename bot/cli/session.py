"""Says who acts on the command line: the operator of the machine, or with ``--as`` a person by their present rights."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.channels import parse_address
from bot.errors import Forbidden, PersonUnknown
from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import AdminTransaction, open_admin_transaction
from bot.settings import load_settings
from bot.store import Store
from handlers.core import AdminServices
from handlers.model import MACHINE, TERMINAL, Act, Rights, UnitDirectory
from locales import N_

#: ``--as`` of every command of the admins' side.
As = Annotated[
    str | None,
    typer.Option(
        "--as",
        help=N_(
            "Act with the rights of this person (telegram:ID, terminal:NAME or a role's code), not as the operator."
        ),
    ),
]
_NOBODY = N_("{person} names nobody: write telegram:ID, terminal:NAME or the code of a role such as QT-000012")


@dataclass(frozen=True, slots=True)
class CommandSession:
    """A transaction of the admins' side, and by which rights it is used."""

    store: Store
    unit: AdminTransaction
    rights: Rights
    units: UnitDirectory
    now: datetime

    @property
    def admin(self) -> AdminServices:
        """The ports."""
        return self.unit.admin

    async def commit(self) -> None:
        """Keep what was done; nothing may be asked afterwards."""
        await self.unit.commit()

    def require(self, act: Act) -> None:
        """Go on only where the act reaches anything at all.

        Raises:
            Forbidden: it does not.
        """
        if not self.rights.reach(act):
            raise Forbidden(N_("This role may not do that."))


@asynccontextmanager
async def open_as(person: str | None = None, *, reading: bool = False) -> AsyncIterator[CommandSession]:
    """Open the store and a transaction in it, undone without ``commit``; nobody waits for one that only reads.

    Raises:
        PersonUnknown: ``--as`` names nobody.
        StoreError: the store cannot be used.
    """
    async with open_store_from_settings(load_settings()) as opened:
        store, now = opened.store, datetime.now(UTC)
        units = await store.units.read()
        chat = await chat_id(store, person) if person is not None else ""
        async with open_admin_transaction(store, now, chat=chat, channel=MACHINE, reading=reading) as unit:
            yield CommandSession(store, unit, await _rights_of(unit, person, units), units, now)


@dataclass(frozen=True, slots=True)
class AuthorizedStore:
    """A store without an open transaction, for what takes long, and by which rights it is used."""

    store: Store
    rights: Rights
    chat: str  #: id of the chat of ``--as``; empty for the operator
    now: datetime


@asynccontextmanager
async def open_store_as(act: Act, person: str | None = None) -> AsyncIterator[AuthorizedStore]:
    """Open the store for one who may do this at all; raises as ``acting`` and ``Acting.need`` do."""
    async with open_store_from_settings(load_settings()) as opened:
        store, now = opened.store, datetime.now(UTC)
        units = await store.units.read()
        chat = await chat_id(store, person) if person is not None else ""
        async with open_admin_transaction(store, now, chat=chat, channel=MACHINE, reading=True) as unit:
            rights = await _rights_of(unit, person, units)
            CommandSession(store, unit, rights, units, now).require(act)
        yield AuthorizedStore(store, rights, chat, now)


async def _rights_of(unit: AdminTransaction, person: str | None, units: UnitDirectory) -> Rights:
    return Rights.operator(units) if person is None else Rights.of(await unit.admin.people.mine(), units)


async def chat_id(store: Store, person: str) -> str:
    """The id of a person's chat; a bare name is that of a terminal whose person has a role.

    Raises:
        PersonUnknown: there is no such person.
    """
    where = parse_address(person)
    found = store.chats.at(*where).id if where else await store.chats.find_by_grant(person.strip().upper())
    found = found or await _find_terminal_chat(store, person)
    if found is None:
        raise PersonUnknown(_NOBODY, person=person)
    return found


async def _find_terminal_chat(store: Store, name: str) -> str | None:
    where = parse_address(f"{TERMINAL}:{name}") if ":" not in name else None
    if where is None:
        return None
    chat = store.chats.at(*where).id
    async with open_admin_transaction(store, datetime.now(UTC), chat=chat, channel=MACHINE, reading=True) as unit:
        return chat if await unit.admin.people.mine() else None
