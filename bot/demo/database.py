"""Fill an empty database with a made-up province, in small transactions, so that memory stays flat."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from random import Random
from typing import Any

from bot.demo.certificates import CertificateNaming
from bot.demo.data_writer import AdminMove, DemoDataWriter
from bot.demo.interviews import InterviewDriver
from bot.demo.officers import OfficerGenerator
from bot.demo.province import make_province
from bot.demo.roles import CHANNEL, Staff, make_staff
from bot.demo.working_hours import WorkingHours
from handlers.model.journal import AuditAction
from handlers.model.request_list import JournalEntry
from handlers.model.rights import MACHINE
from handlers.testing import build_memory_services
from rules.pack import Pack

#: So many officers are written in one transaction.
BATCH = 500


@dataclass(frozen=True, slots=True)
class DemoSizes:
    """The size of a province, and the seed that makes it reproducible."""

    officers: int = 200
    units: int = 40
    seed: int = 1


@dataclass(frozen=True, slots=True)
class DemoTotals:
    """The numbers of what was made up."""

    officers: int
    units: int
    requests: int
    grants: int


async def fill_database(
    bulk: DemoDataWriter, pack: Pack, sizes: DemoSizes, now: datetime, told: Callable[[int], object]
) -> DemoTotals:
    """Fill the database; the same sizes and seed at the same moment make the same province.

    Args:
        bulk: The writer into the database.
        pack: The rules by which the officers' interviews are decided.
        sizes: The numbers of officers and units, and the seed.
        now: The moment at which the history ends.
        told: Called after each batch with the number of officers added.

    Raises:
        FolderHoldsData: the database is not empty; nothing was changed.
    """
    await bulk.begin()
    chosen, hours = Random(sizes.seed), WorkingHours(now)  # noqa: S311 - made-up data have to be reproducible
    directory = make_province(sizes.units, chosen)
    naming, begun = CertificateNaming(directory), hours.time_at(0)
    staff = make_staff(naming, now, begun, pack.label)
    await bulk.write_units(directory, begun)
    await bulk.write_grants(staff.grants)
    await bulk.write_journal(list(_role_entries(staff, begun)))
    interviews = InterviewDriver(build_memory_services(pack, now, units=directory, channel=CHANNEL), naming)
    officers = OfficerGenerator(interviews, naming, staff, hours, chosen)
    await _write_officers(bulk, officers, sizes.officers, told)
    await bulk.write_journal([_move_entry(move) for move in await bulk.read_admin_moves()])
    return DemoTotals(sizes.officers, len(directory.units), officers.issued.total(), len(staff.grants))


async def _write_officers(
    bulk: DemoDataWriter, officers: OfficerGenerator, total: int, told: Callable[[int], object]
) -> None:
    made = officers.generate(total)
    while batch := list(islice(made, BATCH)):
        await bulk.write_chats(batch)
        told(len(batch))
    await bulk.write_code_counters(officers.issued)


def _role_entries(staff: Staff, at: datetime) -> Iterator[JournalEntry]:
    """Return a journal row for every role."""
    return (
        _journal_entry(at, grant.by, grant.unit, act=AuditAction.REDEEM, subject=grant.id) for grant in staff.grants
    )


def _move_entry(move: AdminMove) -> JournalEntry:
    """Return the journal row of a move, like the one the request list records for one request or for many."""
    if move.count == 1:
        return _journal_entry(move.at, move.actor, move.unit, act="request.move", subject=move.first)
    subject = f"{move.state}: {move.first} … {move.last}"
    return _journal_entry(move.at, move.actor, move.unit, act="request.move_all", subject=subject, count=move.count)


def _journal_entry(at: datetime, actor: str, unit: str | None, **told: Any) -> JournalEntry:
    """Return a journal row, which gets its number when it is added."""
    channel = MACHINE if actor == MACHINE else CHANNEL
    return JournalEntry.model_validate(
        {"number": 0, "at": at, "actor": actor, "unit": unit, "count": 1, "channel": channel, **told}
    )
