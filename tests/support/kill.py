"""The same assistant with an admin: requests are amended and moved (alone, in bulk, by lists); roles; units."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.messages import PendingTurn
from bot.services.unit_of_work import TurnTransaction, open_admin_transaction
from bot.store.store import Store
from handlers.core.ports import AdminServices, OwnRequests
from handlers.model.imports import ImportLine
from handlers.model.request import AMENDABLE_STATES, RequestState
from handlers.model.request_list import Filter, MoveOutcome, NewInvitation
from handlers.model.rights import Grant, Rights, Role
from handlers.model.unit import Unit
from handlers.model.unit_directory import UnitDirectory
from tests.support.office import OPERATOR, UNITS
from tests.support.storing import content
from tests.support.turning import opened, work

UPDATES = 160
#: The unit of the admin in ``chat 0`` and of all requests.
COMMUNE = "DN.NT"
#: Things that sessions count in addition to the acts of the journal.
REGISTERED, AMENDED, RESENT, MOVED, TURNS = "registered", "amended", "resent", "moved", "turns"
_NEW = Filter(states=(RequestState.SUBMITTED,))

#: The acts done so far, counted by kind.
Deeds = Counter[str]


def run(url: str | None, folder: Path) -> None:
    """Import the units again, then work until everything is done; exit with 0 at the end."""
    asyncio.run(_run(url, folder))


async def _run(url: str | None, folder: Path) -> None:
    async with opened(url, folder) as store:
        await import_units(store)
        await work(store, folder, UPDATES, _take, lambda row: row.origin)


async def import_units(store: Store) -> None:
    """Every unit gets another name: which import it is."""
    async with open_admin_transaction(store, datetime.now(UTC)) as office:
        known = await office.admin.units.load_for_update()
        number = 1 + max((int(unit.name.rpartition(" ")[2]) for unit in known.units.values()), default=0)
        renamed = UnitDirectory.of(_renamed(unit, number) for unit in UNITS.units.values())
        await office.admin.units.save(OPERATOR, renamed, frozenset(renamed.units))
        await office.commit()


def _renamed(unit: Unit, number: int) -> Unit:
    return replace(unit, name=f"{UNITS.units[unit.code].name} {number}")


async def _take(turn: PendingTurn, unit: TurnTransaction) -> tuple[str, str]:
    session = json.loads(turn.session or "{}")
    done = Counter(session.get("done", {}))
    if turn.chat.address == "chat 0":
        rights = Rights.of(await unit.admin.people.mine(), UNITS)
        session["at"] = await _ADMIN[done[TURNS] % len(_ADMIN)](unit.admin, rights, done, session.get("at") or "")
    else:
        await _officer(unit.requests, done)
    done[TURNS] += 1
    return json.dumps({**session, "done": done}), f"{turn.chat.address}: {done[TURNS]}"


async def _officer(requests: OwnRequests, done: Deeds) -> None:
    """Register requests, and amend and resend those that allow it."""
    if done[TURNS] % 3 == 0:
        await requests.register(content().model_copy(update={"unit_code": COMMUNE}))
        done[REGISTERED] += 1
        return
    mine = [one for one in await requests.mine() if one.state in AMENDABLE_STATES]
    for one in sorted(mine, key=lambda one: one.state is RequestState.SUBMITTED)[:1]:
        done[AMENDED] += await requests.amend(one.code, one.content) is not None
        if one.state is RequestState.SENT_BACK:
            done[RESENT] += await requests.move(one.code, RequestState.SUBMITTED) is not None


async def _move_one(office: AdminServices, rights: Rights, done: Deeds, _: str) -> str:
    for one in await office.desk.page(rights, _NEW, 1):
        moved = await office.desk.move(rights, one.request.code, RequestState.ACCEPTED, one.revision)
        happened = moved.outcome is MoveOutcome.MOVED
        done.update({"request.move": happened, MOVED: happened})
    return ""


async def _move_all(office: AdminServices, rights: Rights, done: Deeds, _: str) -> str:
    moved = await office.desk.move_all(rights, Filter(states=(RequestState.ACCEPTED,)), RequestState.FORWARDED)
    done.update({"request.move_all": bool(moved.changed), MOVED: len(moved.changed)})
    return ""


async def _import_list(office: AdminServices, rights: Rights, done: Deeds, _: str) -> str:
    """Store a list, plan it, apply it and drop it."""
    found = await office.desk.page(rights, _NEW, 2)
    lines = [
        ImportLine(number=1, code=f.request.code, state=RequestState.SENT_BACK, note="thiếu", revision=f.revision)
        for f in found
    ]
    name = await office.imports.save_lines(lines)
    plan = await office.imports.plan(rights, lines)
    imported = await office.imports.apply(rights, await office.imports.load_lines(name) or (), plan.mark)
    await office.imports.drop_lines(name)
    done.update({"request.import": imported.applied, MOVED: imported.applied * len(lines)})
    return ""


async def _invite(office: AdminServices, rights: Rights, done: Deeds, _: str) -> str:
    until = datetime.now(UTC) + timedelta(hours=1)
    made = await office.people.invite(rights, Role.FOCAL, COMMUNE, "Anh Ba", until)
    done["invite"] += isinstance(made, NewInvitation)
    return made.code if isinstance(made, NewInvitation) else ""


async def _redeem(office: AdminServices, _: Rights, done: Deeds, code: str) -> str:
    grant = await office.people.redeem(code)
    done["redeem"] += isinstance(grant, Grant)
    return grant.id if isinstance(grant, Grant) else ""


async def _end(office: AdminServices, rights: Rights, done: Deeds, grant: str) -> str:
    done["end_role"] += await office.people.end(rights, grant) is None
    return ""


#: The acts of the admin, repeated in order; each passes a word on to the next.
_ADMIN: tuple[Callable[[AdminServices, Rights, Deeds, str], Awaitable[str]], ...] = (
    _move_one, _import_list, _invite, _redeem, _end, _move_one, _move_all,
)  # fmt: skip
