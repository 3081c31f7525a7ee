"""What the conversation needs from the world. Implemented in ``bot``; every call belongs to the turn's transaction."""

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
from handlers.model.rights import Act, Grant, Rights, Role
from handlers.model.statistics import BurnDown, UnitStatistics
from handlers.model.succession import UnitAssignment, UnitHoldings
from handlers.model.unit_directory import NO_UNITS, UnitDirectory
from rules.pack import Pack


class OwnRequests(Protocol):
    """The requests of the person in this chat, and of nobody else."""

    async def mine(self) -> tuple[Request, ...]:
        """All of them, the newest first."""

    async def get(self, code: str) -> Request | None:
        """One of mine."""

    async def open_for(self, certificate_key: str, procedure: str) -> Request | None:
        """My newest open request for the same certificate (``Content.certificate_key``) and procedure."""

    async def register(self, content: RequestContent, state: RequestState = RequestState.SUBMITTED) -> Request:
        """A new request under the next code of the year in Viet Nam."""

    async def amend(self, code: str, content: RequestContent) -> Request | None:
        """New content; ``None`` where the state no longer allows it."""

    async def move(self, code: str, to: RequestState) -> Request | None:
        """A move recorded as the subscriber's; ``None`` where the state no longer allows it."""


class OwnData(Protocol):
    """What is held about the person in this chat."""

    async def order(self, language: str) -> bool:
        """Order all of it as files, which come by themselves; False where some are being made, or on their way."""

    def sections(self) -> AsyncIterator[tuple[str, Any]]:
        """Everything, section by section, lists in pages; JSON-ready.

        Times are ISO 8601 in UTC, what is not there is ``None`` or empty.

        - ``chat``: channel, address, first_contact_at, last_contact_at, blocked_at, unit;
        - ``session``: ``Session`` as JSON;
        - ``standings``: interview, unit, subscriber, not_after, owed, known_at, changed_at of each ``Standing``;
        - ``roles``: id, role, unit, label, granted_at, ended_at;
        - ``tasks``: id, kind (export, import, own_data), state, created_at of what was ordered, the oldest first;
        - ``reminders``: stopped_at, reminded_at (of the first), answers: broadcast, done_at, later_on of each;
        - ``requests``: each ``Request`` as JSON, the newest first;
        - ``received``: id, state (waiting, done, failed), received_at, event (``Event`` as JSON, until it is handled);
        - ``outgoing``: state, queued_at, message_id, broadcast (of which it is a part), reason (``Reason``), and until
          it is sent reply (``Reply`` as JSON, with name, media_type and size of its files), of a broadcast values
          (``Values`` as JSON);
        - ``earlier``, where there are very many: how many older ones are not listed in ``received`` and ``outgoing``.
        """

    async def erase(self) -> tuple[str, ...]:
        """Delete all but the requests that must stay; their codes, the newest first.

        Of those stay what they need (``Content.needed``) and their moves, without notes.
        Roles end, but for the last owner's (``People.leave``).
        """


class InterviewRegister(Protocol):
    """The register of units and certificates: what the person in this chat adds to it."""

    async def save_status(self, standing: InterviewStatus) -> None:
        """Where an interview stands now; what was known of it, or of the same certificate, before goes."""


class People(Protocol):
    """Roles, and invitations to them."""

    async def mine(self) -> tuple[Grant, ...]:
        """The roles of the person in this chat, at this moment."""

    async def redeem(self, code: str) -> Grant | Refusal:
        """Take an invitation: once, before it expires."""

    async def invite(
        self, rights: Rights, role: Role, unit: str | None, label: str, expires_at: datetime
    ) -> NewInvitation | Refusal:
        """Make one; its code is kept as a hash only."""

    async def holders(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """Who has a role within reach, the newest first."""

    async def invitations(self, rights: Rights) -> tuple[RoleHolder, ...]:
        """Open invitations within reach, the newest first."""

    async def end(self, rights: Rights, holder: str) -> Refusal | None:
        """End a role or an invitation by its id; the last owner's role stays."""

    async def leave(self) -> None:
        """End the roles of the person in this chat, but the last owner's; nothing is kept of those that ended."""


class RequestList(Protocol):
    """The request list, as far as the rights of the one who asks reach."""

    async def count(self, rights: Rights, wanted: Filter, act: Act = Act.SEE_REQUESTS) -> int:
        """How many requests are meant that the act may be done to."""

    async def page(
        self, rights: Rights, wanted: Filter, limit: int, before: int | None = None
    ) -> tuple[RequestRow, ...]:
        """The newest of them; ``before`` is a number (``Filed.number``): only older ones."""

    async def get(self, rights: Rights, code: str) -> RequestRow | None:
        """One of them."""

    async def move(self, rights: Rights, code: str, to: RequestState, revision: int, note: str = "") -> MoveResult:
        """Move one that was seen at ``revision``; its officer is told, and the journal has a row."""

    async def preview_move_all(self, rights: Rights, wanted: Filter) -> BulkPreview:
        """What ``move_all`` would go through at this moment."""

    async def move_all(
        self, rights: Rights, wanted: Filter, to: RequestState, note: str = "", *, seen: str | None = None
    ) -> BulkMoveResult:
        """Move all that are meant and may be moved, as one; ``seen`` is a mark of what alone it may go through."""

    async def assign_unit(self, rights: Rights, code: str, unit: str) -> MoveResult:
        """Give one to the open unit it belongs to; both where it lies and that unit are within reach.

        Its revision grows, its state and its day stay; the journal has a row.
        """


class ExportReader(Protocol):
    """What an export reads of the request list; names and serial numbers come masked where they may not be seen."""

    async def extent(self, rights: Rights, wanted: Filter) -> tuple[int, int]:
        """How many requests are meant, and the number (``Filed.number``) of the newest of them."""

    async def batch(
        self, rights: Rights, wanted: Filter, limit: int, *, after: int, last: int
    ) -> tuple[RequestRow, ...]:
        """The oldest of them beyond the number ``after``, none beyond ``last``; without their history and decision."""


class Journal(Protocol):
    """The audit chain."""

    async def latest(self, rights: Rights, limit: int, before: int | None = None) -> tuple[JournalEntry, ...]:
        """The newest rows within reach; ``before`` is a number."""

    async def record(self, rights: Rights, act: str, subject: str, *, unit: str | None = None, count: int = 1) -> None:
        """Add a row; a subject holds codes, never a name."""


class Exports(Protocol):
    """Exports that the person in this chat ordered; one at a time. They are written outside the turn."""

    async def start(self, rights: Rights, order: ExportOrder, total: int, said: Reply) -> str | None:
        """The id of a new one of about ``total`` requests; ``said`` is the message that shows how far it is.

        ``None`` where the rights do not allow it or another one is under way.
        """

    async def running(self) -> ExportStatus | None:
        """The one that is waiting or being written."""

    async def cancel(self, rights: Rights, said: Reply) -> bool:
        """End it; ``said`` takes the place of the message that shows how far it is."""


class Imports(Protocol):
    """Exported lists that come back with changed states and notes."""

    async def plan(self, rights: Rights, lines: Sequence[ImportLine]) -> ImportPlan:
        """What the lines would change; whose they are not, they know nothing of."""

    async def apply(self, rights: Rights, lines: Sequence[ImportLine], seen: str) -> ImportResult:
        """Make the changes of a plan that was seen (its ``mark``): all of them, or nothing where they are others now.

        Officers are told as after any move; the journal has one row.
        """

    async def save_lines(self, lines: Sequence[ImportLine]) -> str:
        """Keep the lines until there is a yes or a no; the id by which they are found. Older ones of the chat go."""

    async def load_lines(self, name: str) -> tuple[ImportLine, ...] | None:
        """Lines that wait in this chat."""

    async def drop_lines(self, name: str) -> None:
        """They wait no longer."""


class Statistics(Protocol):
    """Counts of what there is to do (``handlers.model.statistics``), as far as the caller's rights reach."""

    async def numbers(
        self, rights: Rights, unit: str | None, today: date, now: datetime
    ) -> tuple[UnitStatistics, tuple[UnitStatistics, ...]]:
        """The total of a unit, or of all within reach, and a line for each unit below it.

        What is out of reach is not counted, as in the request list.
        """

    async def burn_down(self, rights: Rights, unit: str | None, start: date, until: date, today: date) -> BurnDown:
        """What of it was open, day by day."""


class Units(Protocol):
    """The tree of units, to be changed."""

    async def load_for_update(self) -> UnitDirectory:
        """All units; who else would change them waits until this transaction ends."""

    async def count_holdings(self) -> Mapping[str, UnitHoldings]:
        """What lies on each unit now, by code."""

    async def find_unassigned(self, units: UnitDirectory) -> tuple[UnitAssignment, ...]:
        """Requests of no unit whose managing body is, by its full name, one of these units."""

    async def save(
        self, rights: Rights, units: UnitDirectory, changed: frozenset[str], placing: Sequence[UnitAssignment] = ()
    ) -> Refusal | None:
        """Store a whole tree, of which units with these codes are new or different; the journal has a row.

        What lies on a unit that has ended goes to its heir (``handlers.model.succession``), whenever it ended;
        ``placing`` is done where the requests are as they were seen.
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


@dataclass(frozen=True, slots=True)
class Services:
    """One turn's view of the world."""

    now: datetime
    pack: Pack
    requests: OwnRequests
    own_data: OwnData
    channel: str
    register: InterviewRegister
    admin: AdminServices
    reminders: Reminders
    units: UnitDirectory = NO_UNITS
    start_link: str | None = None  #: an address that opens this chat; what is written behind it arrives as /start
    office: str | None = None  #: the receiving office, as the operator set it
    retention_days: int = 180
    language: str = "vi"  #: of a conversation until its person chooses one
