"""Ports for people with a role, implemented in ``bot``: people, the journal, units, dossiers, receiving offices.

What ``handlers.core.ports`` says holds here too: every method demands ``rights`` and treats everything outside of them
as if it did not exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from handlers.core.broadcast_ports import Broadcasts
from handlers.core.request_ports import RequestFiles, RequestList
from handlers.model import (
    BurnDown,
    ChosenOffice,
    DossierRecord,
    Grant,
    JournalEntry,
    JournalFilter,
    ListedCertificate,
    NewInvitation,
    NoticeTiming,
    OfficeDraft,
    OfficeResult,
    Refusal,
    RequestContent,
    RequestOffice,
    Rights,
    Role,
    RoleHolder,
    UnitAssignment,
    UnitDirectory,
    UnitHoldings,
    UnitStatistics,
)


class People(Protocol):
    """Roles of people, and invitations to roles."""

    async def mine(self) -> tuple[Grant, ...]:
        """Return the roles that the person in this chat holds at this moment."""

    async def redeem(self, code: str) -> Grant | Refusal:
        """Take an invitation by its code; each can be taken once, until it expires.

        Returns:
            The new role, or the refusal ``UNKNOWN``, ``EXPIRED`` or ``USED``.
        """

    async def invite(
        self, rights: Rights, role: Role, unit: str | None, label: str, expires_at: datetime
    ) -> NewInvitation | Refusal:
        """Create an invitation; only a keyed hash of its code is stored.

        Args:
            rights: They must allow giving ``role`` in ``unit`` (``ACT_TO_GIVE``).
            role: The role to give.
            unit: Code of an open unit; ``None`` for an owner only.
            label: The name by which the inviter knows the person.
            expires_at: An aware moment.

        Returns:
            The invitation with its code, or the refusal ``NOT_YOURS`` or ``UNKNOWN``.
        """

    async def holders(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """Return the people who hold a role within reach, newest first."""

    async def invitations(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """Return the open invitations within reach, newest first."""

    async def end(self, rights: Rights, holder: str) -> Refusal | None:
        """End a role (QT-000012) or an invitation (LM-000012); the role of the last owner cannot be ended.

        Returns:
            ``None`` if it was ended, else why not: ``NOT_YOURS``, ``UNKNOWN`` or ``LAST_OWNER``.
        """

    async def leave(self) -> None:
        """End the roles of the person in this chat except that of the last owner.

        Only the journal keeps the ended ones.
        """

    async def notice_timing(self) -> NoticeTiming:
        """Return when the person in this chat is told of new requests: as they chose, else by their roles.

        ``default_timing`` has what the roles mean.
        """

    async def choose_notice_timing(self, timing: NoticeTiming) -> None:
        """Store the timing for this chat; the next overview begins with what comes from now on."""


class Journal(Protocol):
    """The audit chain: a row can be added but never changed."""

    async def latest(
        self, rights: Rights, limit: int, before: int | None = None, wanted: JournalFilter | None = None
    ) -> tuple[JournalEntry, ...]:
        """Return the newest rows within reach that match; with ``before``, only rows with a lower number."""

    async def count(self, rights: Rights, wanted: JournalFilter | None = None) -> int:
        """Count the rows within reach that match."""

    async def record(self, rights: Rights, act: str, subject: str, *, unit: str | None = None, count: int = 1) -> None:
        """Add a row in the name of ``rights.actor``.

        Args:
            rights: The rights by which the act was done.
            act: The name of the act (``AuditAction`` or ``Act``).
            subject: The codes that the act was done to, never a person's name.
            unit: The unit whose admins may read the row.
            count: How many things the act was done to.
        """


class Units(Protocol):
    """The tree of units, read and changed as a whole, and what there is to do in it (``handlers.model.statistics``)."""

    async def load_for_update(self) -> UnitDirectory:
        """Return all units and lock the tree: another change of it waits until this transaction ends."""

    async def count_holdings(self) -> Mapping[str, UnitHoldings]:
        """Count the requests, officers, certificates and roles of each unit, by its code."""

    async def find_unassigned(self, units: UnitDirectory) -> tuple[UnitAssignment, ...]:
        """Find requests without a unit whose managing body has the full name of one of these units."""

    async def keep_list(self, rights: Rights, content: str) -> str | None:
        """Keep a list until it is confirmed or dropped; return its id. Earlier lists of this chat are deleted.

        Args:
            rights: They must allow ``MAINTAIN_UNITS``; otherwise ``None`` is returned.
            content: The list as text.
        """

    async def load_list(self, rights: Rights, name: str) -> str | None:
        """Return the list kept in this chat under an id, or ``None``."""

    async def drop_lists(self) -> None:
        """Delete the lists kept in this chat."""

    async def save(
        self, rights: Rights, units: UnitDirectory, changed: frozenset[str], placing: Sequence[UnitAssignment] = ()
    ) -> Refusal | None:
        """Store the whole tree, and record it in the journal.

        Requests and officers of a unit that has ended, whenever it ended, move to its successor
        (``handlers.model.unit_directory``).

        Args:
            rights: They must allow ``MAINTAIN_UNITS``.
            units: The whole tree.
            changed: Codes of the units in it that are new or different.
            placing: Requests to assign to units; one that was changed since it was found is left alone.

        Returns:
            ``None`` if the tree was stored, ``NOT_YOURS`` if the rights do not allow it.
        """

    async def numbers(
        self, rights: Rights, unit: str | None, today: date, now: datetime
    ) -> tuple[UnitStatistics, tuple[UnitStatistics, ...]]:
        """Count for a unit, or for everything within reach, and for each unit right below it.

        Args:
            rights: The caller's rights; whatever is out of reach is not counted, as in the request list.
            unit: Code of the unit; ``None`` for everything within reach.
            today: The day in Viet Nam by which certificates expire.
            now: The moment by which officers count as silent.

        Returns:
            The total, and one line for each unit below.
        """

    async def burn_down(self, rights: Rights, unit: str | None, start: date, until: date, today: date) -> BurnDown:
        """Count what was still open at the end of each day from ``start``, with ``until`` as the target day."""


class Dossiers(Protocol):
    """Dossiers of whole units that the person in this chat keeps; each belongs to one chat at a time."""

    async def kept(self, rights: Rights) -> tuple[DossierRecord, ...]:
        """Return the dossiers of this chat, the latest changed first, at most ten; none without the right."""

    async def get(self, rights: Rights, dossier: str) -> DossierRecord | None:
        """Return a dossier of this chat; ``None`` if it is another's, or its unit has come out of reach."""

    async def save(self, rights: Rights, record: DossierRecord) -> DossierRecord | None:
        """Keep a new dossier, or the change of one.

        Args:
            rights: The right to make dossiers of its unit.
            record: The dossier; a new one has no id.

        Returns:
            The dossier with its id and next revision; ``None`` where the right is missing, or it was changed meanwhile.
        """

    async def register(self, rights: Rights, dossier: str, contents: Sequence[RequestContent]) -> tuple[str, ...]:
        """Register a request of this chat for each content that has no open one yet.

        Those in whose scope they are get one notice for all of them, and people who use the assistant for one of the
        certificates get one each.

        Returns:
            The codes of the new requests.
        """

    async def interviewed(self, rights: Rights, unit: str) -> tuple[ListedCertificate, ...]:
        """Return the certificates that people of a unit, and of those below it, asked about; at most 400.

        None where the caller may not see personal data of the unit.
        """

    async def receivers(self, rights: Rights, dossier: str) -> tuple[Grant, ...]:
        """Return the admins to whom a dossier of this chat can be given, the nearest first; one role a person."""

    async def hand_over(self, rights: Rights, dossier: str, grant: str | None = None) -> RequestOffice | None:
        """Give a dossier with its requests to an admin of its unit, who is told; it is no longer here.

        Args:
            rights: The right to make dossiers of its unit.
            dossier: A dossier of this chat.
            grant: The id of one of ``receivers``; without it, the nearest.

        Returns:
            The office that has it now; ``None`` if there is none, or the dossier is not this chat's.
        """


class ReceivingOffices(Protocol):
    """The receiving offices that admins set; each counts for one unit and all below it (``OfficeDirectory``)."""

    async def chosen(self, rights: Rights) -> tuple[ChosenOffice, ...]:
        """Return the offices that were set for units within reach and, because they count there, for those above.

        Args:
            rights: They must allow ``CHANGE_OFFICES`` somewhere; without it nothing is returned.

        Returns:
            As they are at this moment, the latest changed last. ``list_offices`` tells which count for a unit.
        """

    async def add(self, rights: Rights, unit: str | None, draft: OfficeDraft) -> OfficeResult:
        """Set an office for a unit and all below it; others in whose scope it is are told, the journal gets a row.

        Args:
            rights: They must allow ``CHANGE_OFFICES`` in the unit.
            unit: Code of an open unit; ``None``: for everybody.
            draft: What is known of the office, each field as ``handlers.offices.OFFICE_FIELDS`` cleans it.

        Returns:
            The new office with the outcome ``SAVED``; or ``NOT_YOURS``, ``UNKNOWN`` (unit), ``INVALID``, or ``TAKEN``
            with the office of the same unit that receives one of these procedures.
        """

    async def change(self, rights: Rights, office: str, revision: int, draft: OfficeDraft) -> OfficeResult:
        """Replace what is known of an office; others are told as by ``add``, unless only the day of the check is new.

        Args:
            rights: They must allow ``CHANGE_OFFICES`` in the unit of the office.
            office: An id such as ``NT-000012``.
            revision: The revision that the caller saw.
            draft: As it is to be.

        Returns:
            The office as it stands now with ``SAVED``, ``OVERTAKEN``, ``INVALID``, ``NO_SOURCE`` or ``TAKEN`` (then
            the other one); ``UNKNOWN`` if there is none within reach.
        """

    async def withdraw(self, rights: Rights, office: str, revision: int) -> OfficeResult:
        """Take an office back: what counted before counts again. Others are told, the journal gets a row.

        Returns:
            ``WITHDRAWN``, or ``OVERTAKEN`` with the office as it stands now, or ``UNKNOWN``.
        """


@dataclass(frozen=True, slots=True)
class AdminServices:
    """The ports of people with a role; nothing here is for others."""

    people: People
    desk: RequestList
    journal: Journal
    lists: RequestFiles
    units: Units
    broadcasts: Broadcasts
    dossiers: Dossiers
    offices: ReceivingOffices
