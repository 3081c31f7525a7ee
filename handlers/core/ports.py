"""Ports: everything that the conversation needs from outside, implemented in ``bot``.

Every call belongs to the transaction of the present turn: its effects are committed together with the new session and
the replies, or not at all. Any call may raise ``StoreError`` (``bot.store.errors``), which handlers do not catch: it
ends the turn, and the event is handled again later if the error is temporary. A port that shows or changes data of
others demands ``rights`` and treats everything outside of them as if it did not exist.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from handlers.core.broadcast_ports import Broadcasts, Reminders
from handlers.core.replies import Reply
from handlers.model.exports import ExportOrder, ExportStatus
from handlers.model.imports import ImportLine, ImportPlan, ImportResult
from handlers.model.request import Request, RequestContent, RequestState
from handlers.model.request_list import (
    BulkMoveResult,
    BulkPreview,
    Filter,
    InterviewStatus,
    JournalEntry,
    MoveResult,
    NewInvitation,
    Refusal,
    RequestRow,
    RoleHolder,
)
from handlers.model.request_notices import NoticeTiming, RequestHandling
from handlers.model.rights import Act, Grant, Rights, Role
from handlers.model.statistics import BurnDown, UnitStatistics
from handlers.model.succession import UnitAssignment, UnitHoldings
from handlers.model.unit_directory import NO_UNITS, UnitDirectory
from rules.pack import Pack


class OwnRequests(Protocol):
    """The requests of the person in this chat only."""

    async def mine(self) -> tuple[Request, ...]:
        """Return all requests of this chat, newest first."""

    async def get(self, code: str) -> Request | None:
        """Return a request of this chat by its code (YC-2026-000123), or ``None``."""

    async def open_for(self, certificate_key: str, procedure: str) -> Request | None:
        """Return the newest open request of this chat for a certificate and procedure, or ``None``.

        Args:
            certificate_key: The key from ``RequestContent.certificate_key``.
            procedure: The value of a ``Procedure``.
        """

    async def register(self, content: RequestContent, state: RequestState = RequestState.SUBMITTED) -> Request:
        """Register a request under the next code of the year in Viet Nam, with ``state`` as its first state.

        Unless it is a draft, those in whose scope it is are told, as each of them chose, but never the person in this
        chat.
        """

    async def amend(self, code: str, content: RequestContent) -> Request | None:
        """Replace the content of a request; return ``None`` if its state no longer allows it (``AMENDABLE_STATES``).

        If it comes to another unit by that, those in whose scope it is now are told.
        """

    async def handling(self, code: str) -> RequestHandling:
        """Return who has a request of this chat, when an answer usually comes, and the offices of its steps."""

    async def move(self, code: str, to: RequestState) -> Request | None:
        """Move a request as its subscriber.

        Return ``None`` if its state does not allow it (``REQUEST_TRANSITIONS``).
        """


class OwnData(Protocol):
    """The data that is stored about the person in this chat."""

    async def order(self, language: str) -> bool:
        """Order a copy of all data as files, which are sent after the turn.

        Args:
            language: The language of the files, ``vi`` or ``en``.

        Returns:
            False if an earlier copy is still being made or sent.
        """

    def sections(self) -> AsyncIterator[tuple[str, Any]]:
        """Yield all data section by section as JSON-ready values; long lists come in pages.

        Times are ISO 8601 in UTC; a missing value is ``None`` or empty.

        - ``chat``: channel, address, first_contact_at, last_contact_at, blocked_at, unit,
          told_of_requests (``NoticeTiming``, if chosen);
        - ``session``: ``Session`` as JSON;
        - ``standings``: interview, unit, subscriber, not_after, owed, known_at and changed_at of each
          ``InterviewStatus``;
        - ``roles``: id, role, unit, label, granted_at, ended_at;
        - ``tasks``: id, kind (export, import, own_data), state and created_at of each order, oldest first;
        - ``reminders``: stopped_at, reminded_at (of the first) and answers, with broadcast, done_at and later_on of
          each;
        - ``requests``: each ``Request`` as JSON, newest first;
        - ``received``: id, state (waiting, done, failed), received_at and, until it is handled, event (``Event`` as
          JSON);
        - ``outgoing``: state, queued_at, message_id, broadcast (the one it is a part of) and reason
          (``DeliveryReason``); until it is sent also reply (``Reply`` as JSON, with name, media_type and size of its
          files), and for a broadcast values (``PlaceholderValues`` as JSON);
        - ``earlier``, only for very long histories: how many older rows of ``received`` and ``outgoing`` are not
          listed.
        """

    async def erase(self) -> tuple[str, ...]:
        """Delete all data of the person except the requests that must be kept (``RETAINED_STATES``).

        A kept request retains only what it needs (``RequestContent.to_minimal``) and its moves without notes. All roles
        of the person end, except that of the last owner (``People.leave``).

        Returns:
            The codes of the requests that were kept, newest first.
        """


class InterviewRegister(Protocol):
    """The register of units and certificates, to which the interview in this chat adds."""

    async def save_status(self, standing: InterviewStatus) -> None:
        """Store the status of an interview.

        It replaces earlier entries of the same interview, or of the same certificate, in this chat.
        """


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


class RequestList(Protocol):
    """The requests of all officers, within the rights of the caller."""

    async def count(self, rights: Rights, wanted: Filter, act: Act = Act.SEE_REQUESTS) -> int:
        """Count the requests that match the filter and on which the caller may perform ``act``."""

    async def page(
        self, rights: Rights, wanted: Filter, limit: int, before: int | None = None
    ) -> tuple[RequestRow, ...]:
        """Return a page of the matching requests, newest first.

        Args:
            rights: The caller's rights; personal data is masked where they may not see it.
            wanted: The filter.
            limit: The greatest number of requests to return.
            before: A ``RequestRow.number``; only older requests are returned.
        """

    async def get(self, rights: Rights, code: str) -> RequestRow | None:
        """Return one request by its code, or ``None`` if there is none within reach."""

    async def move(self, rights: Rights, code: str, to: RequestState, revision: int, note: str = "") -> MoveResult:
        """Move one request, tell its officer and record the move in the journal.

        Args:
            rights: They must allow ``CHANGE_REQUESTS``.
            code: The request.
            to: The new state.
            revision: The revision that the caller saw; nothing is changed if there is a newer one.
            note: The reason that the officer is told; some states demand one (``NEEDS_REASON``).

        Returns:
            The request as it stands now, with the outcome ``MOVED``, ``OVERTAKEN`` (changed since it was seen),
            ``NOT_ALLOWED`` (by its state), ``UNKNOWN`` (not within reach) or ``NO_REASON`` (``check_reason`` rejects
            the note).
        """

    async def preview_move_all(self, rights: Rights, wanted: Filter) -> BulkPreview:
        """Return what ``move_all`` would move at this moment: a number and a mark to pass on as ``seen``."""

    async def move_all(
        self, rights: Rights, wanted: Filter, to: RequestState, note: str = "", *, seen: str | None = None
    ) -> BulkMoveResult:
        """Move all matching requests that allow the move in one step, with one row in the journal.

        Args:
            rights: They must allow ``CHANGE_REQUESTS``.
            wanted: The filter.
            to: The new state.
            note: The reason that the officers are told.
            seen: A ``BulkPreview.mark``; if the matching requests have changed since, nothing is moved (``OVERTAKEN``).
                With ``None`` this is not compared.

        Returns:
            The codes that were moved, and those whose state does not allow the move. At most ``MAX_BULK_MOVES``
            requests are moved at once; if more match, the outcome is ``TOO_MANY`` and nothing is moved.
        """

    async def assign_unit(self, rights: Rights, code: str, unit: str) -> MoveResult:
        """Assign a request to the open unit that it belongs to; its present unit and the new one must be within reach.

        The revision grows; the state and its day stay. The journal gets a row.

        Returns:
            The request as it stands now, with the outcome ``MOVED`` (also if it was there already), ``UNKNOWN`` (not
            within reach), ``NOT_THERE`` (the unit is not open, or out of reach) or ``OVERTAKEN`` (changed meanwhile).
        """


class RequestNotices(Protocol):
    """How the person in this chat is told of new requests."""

    async def timing(self) -> NoticeTiming:
        """Return the timing they chose, else that of their roles (``default_timing``)."""

    async def choose(self, timing: NoticeTiming) -> None:
        """Store the timing; the next overview begins with what comes from now on."""


class ExportReader(Protocol):
    """Read access to the request list for exports; personal data is masked where the rights do not allow it."""

    async def extent(self, rights: Rights, wanted: Filter) -> tuple[int, int]:
        """Return how many requests match, and the ``RequestRow.number`` of the newest."""

    async def batch(
        self, rights: Rights, wanted: Filter, limit: int, *, after: int, last: int
    ) -> tuple[RequestRow, ...]:
        """Return the next batch of matching requests, oldest first, without history and decision.

        Args:
            rights: The caller's rights.
            wanted: The filter.
            limit: The greatest number of requests to return.
            after: Only requests with a ``RequestRow.number`` above this are returned.
            last: Requests with a number above this are left out.
        """


class Journal(Protocol):
    """The audit chain: a row can be added but never changed."""

    async def latest(self, rights: Rights, limit: int, before: int | None = None) -> tuple[JournalEntry, ...]:
        """Return the newest rows within reach; with ``before``, only rows with a lower number."""

    async def record(self, rights: Rights, act: str, subject: str, *, unit: str | None = None, count: int = 1) -> None:
        """Add a row in the name of ``rights.actor``.

        Args:
            rights: The rights by which the act was done.
            act: The name of the act (``AuditAction`` or ``Act``).
            subject: The codes that the act was done to, never a person's name.
            unit: The unit whose admins may read the row.
            count: How many things the act was done to.
        """


class Exports(Protocol):
    """Exports ordered in this chat, one at a time; they are written outside the turn."""

    async def start(self, rights: Rights, order: ExportOrder, total: int, said: Reply) -> str | None:
        """Order an export.

        Args:
            rights: They must allow ``EXPORT_REQUESTS``.
            order: The filter, the form and the language.
            total: The approximate number of requests, for the progress message.
            said: The progress message to send.

        Returns:
            The id of the export (XD-000012), or ``None`` if the rights do not allow it or another one is under way.
        """

    async def running(self) -> ExportStatus | None:
        """Return the export of this chat that is waiting or being written, or ``None``."""

    async def cancel(self, rights: Rights, said: Reply) -> bool:
        """Cancel the running export; ``said`` replaces its progress message. Return False if none was running."""


class Imports(Protocol):
    """Exported lists that come back with changed states and notes."""

    async def plan(self, rights: Rights, lines: Sequence[ImportLine]) -> ImportPlan:
        """Plan the changes that the lines ask for; lines outside the caller's rights count as unknown.

        Nothing is changed. ``plan_import`` has the rules.
        """

    async def apply(self, rights: Rights, lines: Sequence[ImportLine], seen: str) -> ImportResult:
        """Make all changes of a plan, or none if the plan would differ now.

        Officers are told as after any move; the journal gets one row for the whole list.

        Args:
            rights: They must allow ``IMPORT_REQUESTS``.
            lines: The lines as they were read.
            seen: The ``ImportPlan.mark`` of the plan that was confirmed.

        Returns:
            The plan of this moment, and whether it was applied.
        """

    async def save_lines(self, lines: Sequence[ImportLine]) -> str:
        """Store lines until they are confirmed or dropped; return their id. Earlier lines of this chat are deleted."""

    async def load_lines(self, name: str) -> tuple[ImportLine, ...] | None:
        """Return the lines stored in this chat under an id, or ``None``."""

    async def drop_lines(self, name: str) -> None:
        """Delete stored lines."""


class Statistics(Protocol):
    """Counts of certificates and requests (``handlers.model.statistics``), within the caller's rights."""

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


class Units(Protocol):
    """The tree of units, for reading and changing as a whole."""

    async def load_for_update(self) -> UnitDirectory:
        """Return all units and lock the tree: another change of it waits until this transaction ends."""

    async def count_holdings(self) -> Mapping[str, UnitHoldings]:
        """Count the requests, officers, certificates and roles of each unit, by its code."""

    async def find_unassigned(self, units: UnitDirectory) -> tuple[UnitAssignment, ...]:
        """Find requests without a unit whose managing body has the full name of one of these units."""

    async def save(
        self, rights: Rights, units: UnitDirectory, changed: frozenset[str], placing: Sequence[UnitAssignment] = ()
    ) -> Refusal | None:
        """Store the whole tree, and record it in the journal.

        Requests and officers of a unit that has ended, whenever it ended, move to its successor
        (``handlers.model.succession``).

        Args:
            rights: They must allow ``MAINTAIN_UNITS``.
            units: The whole tree.
            changed: Codes of the units in it that are new or different.
            placing: Requests to assign to units; one that was changed since it was found is left alone.

        Returns:
            ``None`` if the tree was stored, ``NOT_YOURS`` if the rights do not allow it.
        """


@dataclass(frozen=True, slots=True)
class AdminServices:
    """The ports of people with a role; nothing here is for others."""

    people: People
    desk: RequestList
    extract: ExportReader
    journal: Journal
    exports: Exports
    imports: Imports
    picture: Statistics
    units: Units
    broadcasts: Broadcasts
    notices: RequestNotices


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that one turn may use, at the moment ``now`` of that turn."""

    now: datetime
    pack: Pack
    requests: OwnRequests
    own_data: OwnData
    channel: str
    register: InterviewRegister
    admin: AdminServices
    reminders: Reminders
    units: UnitDirectory = NO_UNITS
    start_link: str | None = None  #: address that opens this chat; text appended to it arrives as /start TEXT
    office: str | None = None  #: the receiving office, as the operator set it
    retention_days: int = 180
    language: str = "vi"  #: language of a conversation until its person chooses one
