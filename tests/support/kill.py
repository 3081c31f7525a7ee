"""Kills a process at random moments until its work is complete."""

import asyncio
import json
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

from pydantic import SecretStr

from bot.clock import Clock
from bot.delivery.exporter import Exporter
from bot.exports.process import ExportChildren
from bot.messages import DeliveryState, OutboxRow, PendingTurn
from bot.services.opening import open_store
from bot.services.unit_of_work import TurnTransaction, open_admin_transaction, open_turn
from bot.settings import Settings
from bot.store import Store
from bot.store.sealing import open_keyring
from handlers.core import AdminServices, OwnRequests
from handlers.model import (
    AMENDABLE_STATES,
    Filter,
    Grant,
    ImportLine,
    MoveOutcome,
    NewInvitation,
    RequestState,
    Rights,
    Role,
    Unit,
    UnitDirectory,
)
from tests.support.delivery import ScriptedChannel
from tests.support.people import OPERATOR, UNITS
from tests.support.store import CHANNEL, make_content, make_incoming, make_reply
from tests.support.warm import keep_warm

#: Shortest and longest life in seconds of the processor, including opening the store, and by how much the longest grows
#: each time, so that a slow machine makes progress too. What else a machine does takes nothing of a life.
SHORTEST, LONGEST, LONGER_EACH_TIME = 0.03, 0.08, 1.06
#: Seconds on the clock: how often a life is looked at, and by how much a kill comes later, which may be while the
#: process waits for the disk or for PostgreSQL.
_LOOK, _LATER = 0.001, 0.01

#: Makes processes without the cost of their imports.
NURSERY = multiprocessing.get_context("forkserver")
NURSERY.set_forkserver_preload(["tests.support.kill"])

#: Works on the database at this URL, or in this folder.
Work = Callable[[str | None, Path], None]


def kill_until_done(work: Work, url: str | None, folder: Path) -> int:
    """Let the work run for short moments until it is complete; return how often it was killed."""
    chance = random.Random(2026)
    for kills in range(1000):
        process = NURSERY.Process(target=_do, args=(os.environ["PATH"], work, url, folder))
        process.start()
        _wait_for_work(process, chance.uniform(SHORTEST, LONGEST * LONGER_EACH_TIME**kills))
        process.join(chance.uniform(0, _LATER))
        if process.exitcode == 0:
            return kills
        assert process.exitcode is None, "it failed by itself"
        process.kill()
        process.join()
    raise AssertionError("it never came to its end")


def _do(path: str, work: Work, url: str | None, folder: Path) -> None:
    """Do the work where this test finds programs: the nursery may have begun in another one."""
    os.environ["PATH"] = path
    work(url, folder)


def _wait_for_work(process: BaseProcess, seconds: float) -> None:
    """Wait until a process has had so many seconds of the processor, or has ended."""
    assert process.pid is not None
    clock = (~process.pid << 3) | 2  # as Linux numbers the clock of a process: time.clock_getcpuclockid lacks in Python
    while process.exitcode is None:
        with suppress(OSError):  # it ended just now
            if time.clock_gettime(clock) >= seconds:
                return
        process.join(_LOOK)


OFFICER_UPDATES = 500
CHATS = 4
BATCH = 5


#: Handles an update; returns the session and the text to say.
Take = Callable[[PendingTurn, TurnTransaction], Awaitable[tuple[str, str]]]
#: Returns the note about a message that was sent.
Note = Callable[[OutboxRow], str]


def run_officers(url: str | None, folder: Path) -> None:
    """Work until everything is received, handled and delivered; exit with 0 at the end."""
    asyncio.run(_run_officers(url, folder))


async def _run_officers(url: str | None, folder: Path) -> None:
    async with reopen_store(url, folder) as store:
        await work_until_done(store, folder, OFFICER_UPDATES, _register, lambda row: row.reply.paragraphs[0])


@asynccontextmanager
async def reopen_store(url: str | None, folder: Path) -> AsyncIterator[Store]:
    """Open the store as every life of the process does."""
    store = await open_store(url, folder, open_keyring(folder / "keys.json")[0])
    try:
        yield store
    finally:
        await store.close()


async def work_until_done(store: Store, folder: Path, updates: int, take: Take, note: Note) -> None:
    """Receive so many updates, handle and deliver until nothing is left."""
    await store.outbox.recover(CHANNEL, datetime.now(UTC))
    sent = folder / "sent"
    await _handle(store, take, sent, note)
    while (
        await _receive(store, folder / "acknowledged", updates)
        + await _handle(store, take, sent, note)
        + await _deliver(store, sent, note)
    ):
        pass


async def _receive(store: Store, acknowledged: Path, updates: int) -> int:
    start = _size(acknowledged)
    batch = [make_incoming(str(n), f"{n}", f"chat {n % CHATS}") for n in range(start, min(start + BATCH, updates))]
    await store.inbox.receive(batch, datetime.now(UTC))
    _append(acknowledged, "." * len(batch))
    return len(batch)


async def _handle(store: Store, take: Take, sent: Path, note: Note) -> int:
    handled = 0
    for chat in await store.inbox.chats_waiting(CHANNEL):
        while turn := await store.inbox.claim_turn(chat):
            async with open_turn(store, turn, datetime.now(UTC)) as unit:
                session, reply = await take(turn, unit)
                claimed = await unit.finish(session, [make_reply(reply)], claim=handled % 2 == 0)
            if claimed:  # a kill may come between the commit and the sending
                await _send(store, sent, note, claimed)
            handled += 1
    return handled


async def _register(turn: PendingTurn, unit: TurnTransaction) -> tuple[str, str]:
    await unit.requests.register(make_content())
    count = int(turn.session or 0) + 1
    return str(count), f"{turn.chat.address}: {count}"


async def _deliver(store: Store, sent: Path, note: Note) -> int:
    rows = await store.outbox.claim(CHANNEL, CHATS, datetime.now(UTC))
    for row in rows:
        await _send(store, sent, note, row)
    return len(rows)


async def _send(store: Store, sent: Path, note: Note, row: OutboxRow) -> None:
    _append(sent, note(row) + "\n")
    await store.outbox.settle(row, DeliveryState.SENT, datetime.now(UTC), message=str(row.id))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _append(path: Path, text: str) -> None:
    """Append in a single write, so that a dying process writes all of it or nothing."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, text.encode())
    os.close(file)


ADMIN_UPDATES = 160
#: The unit of the admin in ``chat 0`` and of all requests.
COMMUNE = "DN.NT"
#: Things that sessions count in addition to the acts of the journal.
REGISTERED, AMENDED, RESENT, MOVED, TURNS = "registered", "amended", "resent", "moved", "turns"
_NEW = Filter(states=(RequestState.SUBMITTED,))

#: The acts done so far, counted by kind.
Counts = Counter[str]


def run_admin(url: str | None, folder: Path) -> None:
    """Import the units again, then work until everything is done; exit with 0 at the end."""
    asyncio.run(_run_admin(url, folder))


async def _run_admin(url: str | None, folder: Path) -> None:
    async with reopen_store(url, folder) as store:
        await import_units(store)
        await work_until_done(store, folder, ADMIN_UPDATES, _take, lambda row: row.origin)


async def import_units(store: Store) -> None:
    """Every unit gets another name: which import it is."""
    async with open_admin_transaction(store, datetime.now(UTC)) as office:
        known = await office.admin.units.load_for_update()
        number = 1 + max((int(unit.name.rpartition(" ")[2]) for unit in known.units.values()), default=0)
        renamed = UnitDirectory.of(_rename_unit(unit, number) for unit in UNITS.units.values())
        await office.admin.units.save(OPERATOR, renamed, frozenset(renamed.units))
        await office.commit()


def _rename_unit(unit: Unit, number: int) -> Unit:
    return replace(unit, name=f"{UNITS.units[unit.code].name} {number}")


async def _take(turn: PendingTurn, unit: TurnTransaction) -> tuple[str, str]:
    session = json.loads(turn.session or "{}")
    done = Counter(session.get("done", {}))
    if turn.chat.address == "chat 0":
        rights = Rights.of(await unit.admin.people.mine(), UNITS)
        session["at"] = await _ADMIN[done[TURNS] % len(_ADMIN)](unit.admin, rights, done, session.get("at") or "")
    else:
        await _act_as_officer(unit.requests, done)
    done[TURNS] += 1
    return json.dumps({**session, "done": done}), f"{turn.chat.address}: {done[TURNS]}"


async def _act_as_officer(requests: OwnRequests, done: Counts) -> None:
    """Register requests, and amend and resend those that allow it."""
    if done[TURNS] % 3 == 0:
        await requests.register(make_content().model_copy(update={"unit_code": COMMUNE}))
        done[REGISTERED] += 1
        return
    mine = [one for one in await requests.mine() if one.state in AMENDABLE_STATES]
    for one in sorted(mine, key=lambda one: one.state is RequestState.SUBMITTED)[:1]:
        done[AMENDED] += await requests.amend(one.code, one.content) is not None
        if one.state is RequestState.SENT_BACK:
            done[RESENT] += await requests.move(one.code, RequestState.SUBMITTED) is not None


async def _move_one(office: AdminServices, rights: Rights, done: Counts, _: str) -> str:
    for one in await office.desk.page(rights, _NEW, 1):
        moved = await office.desk.move(rights, one.request.code, RequestState.ACCEPTED, one.revision)
        happened = moved.outcome is MoveOutcome.MOVED
        done.update({"request.move": happened, MOVED: happened})
    return ""


async def _move_all(office: AdminServices, rights: Rights, done: Counts, _: str) -> str:
    moved = await office.desk.move_all(rights, Filter(states=(RequestState.ACCEPTED,)), RequestState.FORWARDED)
    done.update({"request.move_all": bool(moved.changed), MOVED: len(moved.changed)})
    return ""


async def _import_list(office: AdminServices, rights: Rights, done: Counts, _: str) -> str:
    """Store a list, plan it, apply it and drop it."""
    found = await office.desk.page(rights, _NEW, 2)
    lines = [
        ImportLine(number=1, code=f.request.code, state=RequestState.SENT_BACK, note="thiếu", revision=f.revision)
        for f in found
    ]
    name = await office.lists.save_lines(lines)
    plan = await office.lists.plan(rights, lines)
    imported = await office.lists.apply(rights, await office.lists.load_lines(name) or (), plan.mark)
    await office.lists.drop_lines()
    done.update({"request.import": imported.applied, MOVED: imported.applied * len(lines)})
    return ""


async def _invite(office: AdminServices, rights: Rights, done: Counts, _: str) -> str:
    until = datetime.now(UTC) + timedelta(hours=1)
    made = await office.people.invite(rights, Role.FOCAL, COMMUNE, "Anh Ba", until)
    done["invite"] += isinstance(made, NewInvitation)
    return made.code if isinstance(made, NewInvitation) else ""


async def _redeem(office: AdminServices, _: Rights, done: Counts, code: str) -> str:
    grant = await office.people.redeem(code)
    done["redeem"] += isinstance(grant, Grant)
    return grant.id if isinstance(grant, Grant) else ""


async def _end(office: AdminServices, rights: Rights, done: Counts, grant: str) -> str:
    done["end_role"] += await office.people.end(rights, grant) is None
    return ""


#: The acts of the admin, repeated in order; each passes a word on to the next.
_ADMIN: tuple[Callable[[AdminServices, Rights, Counts, str], Awaitable[str]], ...] = (
    _move_one, _import_list, _invite, _redeem, _end, _move_one, _move_all,
)  # fmt: skip


def make_exporter(store: Store, url: str | None, folder: Path, channel: ScriptedChannel | None = None) -> Exporter:
    """Return the real exporter, with child processes that open the same database."""
    settings = Settings(data_dir=folder, database_url=SecretStr(url) if url else None, export_part_mb=1)
    children = ExportChildren(settings, folder / "exports")
    made = Exporter(store, channel or ScriptedChannel(), children, Clock(), lambda: None)
    made.step = 0.05
    return made


def run_exporter(url: str | None, folder: Path) -> None:
    """Recover, then write all ordered exports; exit with 0 at the end."""
    keep_warm()
    asyncio.run(_run_exporter(url, folder))


async def _run_exporter(url: str | None, folder: Path) -> None:
    store = await open_store(url, folder, open_keyring(folder / "keys.json")[0])
    served = make_exporter(store, url, folder)
    await served.recover()
    await served.work()
    await store.close()
