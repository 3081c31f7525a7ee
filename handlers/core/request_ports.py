"""Ports for the requests of all officers, implemented in ``bot``: the list, its exports, and lists that come back.

Every method demands ``rights`` and treats everything outside of them as if it did not exist.
"""

from collections.abc import Sequence
from typing import Protocol

from handlers.core.messages import Reply
from handlers.model import (
    Act,
    BulkMoveResult,
    BulkPreview,
    ExportOrder,
    ExportStatus,
    Filter,
    ImportLine,
    ImportPlan,
    ImportResult,
    MoveResult,
    RequestRow,
    RequestState,
    Rights,
)


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

    async def take_back(self, rights: Rights, wanted: Filter) -> BulkMoveResult:
        """Take the last moves of all matching requests back, as far as they can be (``find_way_back``), in one step.

        Officers are told that it was a mistake; the journal gets one row.

        Args:
            rights: They must allow ``CHANGE_REQUESTS``; the moves are those of ``rights.actor``.
            wanted: The filter.

        Returns:
            The codes that stand again where they stood, and those that were left. If more than ``MAX_BULK_MOVES``
            match, the outcome is ``TOO_MANY`` and nothing is changed.
        """

    async def assign_unit(self, rights: Rights, code: str, unit: str) -> MoveResult:
        """Assign a request to the open unit that it belongs to; its present unit and the new one must be within reach.

        The revision grows; the state and its day stay. The journal gets a row.

        Returns:
            The request as it stands now, with the outcome ``MOVED`` (also if it was there already), ``UNKNOWN`` (not
            within reach), ``NOT_THERE`` (the unit is not open, or out of reach) or ``OVERTAKEN`` (changed meanwhile).
        """


class RequestFiles(Protocol):
    """Lists of requests as files: exports, and exported lists that come back with changed states and notes.

    Exports are ordered in this chat, one at a time, and written outside the turn, by what is read here; personal data
    is masked where the rights do not allow it.
    """

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

    async def drop_lines(self) -> None:
        """Delete the lines stored in this chat."""
