"""An exported list that comes back with changed states and notes: what it would change, and what speaks against it.

A note goes with a move; changed alone it is not stored, and the plan names it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from handlers.office.moving import AT_ONCE, moves_of, reason_for
from handlers.office.table_kinds import TableKind
from handlers.requests.model import State


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_Model):
    """A row of the list as it was read."""

    number: int  #: in its sheet, as a spreadsheet counts
    code: str
    state: State | None  #: ``None``: a word that names none
    word: str = ""  #: that word, as it was typed
    note: str = ""
    revision: int | None = None  #: of the request when it was exported


class SheetTrouble(StrEnum):
    """Why a spreadsheet could not be read as a list."""

    NOT_A_LIST = "not_a_list"  #: no row of headings with the code and the state
    TOO_LARGE = "too_large"
    TOO_MUCH_UNPACKED = "too_much_unpacked"
    TOO_MANY_ROWS = "too_many_rows"
    OFFICIAL = "official"  #: the official lists as Word files, which say nothing of states
    LETTERS_LOST = "letters_lost"  #: saved in an encoding that cannot hold, or does not tell, its letters
    BROKEN = "broken"
    TOO_SLOW = "too_slow"
    TOO_MUCH_MEMORY = "too_much_memory"
    UNAVAILABLE = "unavailable"  #: the process that reads did not start


class Sheet(_Model):
    """What a spreadsheet says."""

    lines: tuple[Line, ...] = ()
    trouble: SheetTrouble | TableKind | None = None


class Fault(StrEnum):
    """What is wrong with a line."""

    UNKNOWN = "unknown"  #: no such request within the rights of who imports
    UNKNOWN_STATE = "unknown_state"
    NO_REVISION = "no_revision"
    NO_MOVE = "no_move"
    NO_REASON = "no_reason"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Known:
    """A request as it stands."""

    state: State
    revision: int
    changed_at: datetime
    actor: str = ""  #: who changed it last
    note: str = ""  #: why it was moved last
    moves: tuple[tuple[int, State], ...] = ()  #: revision and state of every move, in order

    def state_at(self, revision: int) -> State | None:
        """The state it had at an earlier revision; amendments in between have no move of their own."""
        return next((state for at, state in reversed(self.moves) if at <= revision), None)


@dataclass(frozen=True, slots=True)
class Change:
    """A move that a line asks for."""

    code: str
    before: State
    to: State
    note: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A line that changes what somebody else has changed since the export."""

    line: Line
    now: Known


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that cannot be taken."""

    line: Line
    fault: Fault
    now: State | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a list would change; all of it or nothing."""

    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    bad: tuple[Bad, ...] = ()
    unchanged: int = 0
    notes_alone: tuple[str, ...] = ()  #: codes whose note was changed, but not their state

    @property
    def too_many(self) -> bool:
        """More changes than are made at one go."""
        return len(self.changes) > AT_ONCE

    @property
    def applicable(self) -> bool:
        """Whether there is something to change and nothing speaks against it."""
        return bool(self.changes) and not (self.conflicts or self.bad or self.too_many)

    @property
    def mark(self) -> str:
        """Tells whether another plan makes the same changes."""
        told = "\n".join(f"{one.code} {one.before} {one.to} {one.note}" for one in self.changes)
        return hashlib.sha256(told.encode(errors="replace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Imported:
    """The plan as it was at the end, and whether it was carried out."""

    plan: Plan
    applied: bool


def interesting(lines: Iterable[Line], known: Mapping[str, Known]) -> Iterator[str]:
    """Codes of whose past the plan has to know: those that change, and those with a note."""
    for line in lines:
        now = known.get(line.code)
        if now and (line.state is not now.state or line.note):
            yield line.code


def planned(lines: Sequence[Line], known: Mapping[str, Known]) -> Plan:
    """The plan, from the requests of the list that are within reach."""
    seen: set[str] = set()
    judged: list[Change | Conflict | Bad] = []
    notes_alone = []
    for line in lines:
        found = Bad(line, Fault.TWICE) if line.code in seen else _judged(line, known.get(line.code))
        seen.add(line.code)
        if found:
            judged.append(found)
        elif _note_alone(line, known[line.code]):
            notes_alone.append(line.code)
    return Plan(
        tuple(one for one in judged if isinstance(one, Change)),
        tuple(one for one in judged if isinstance(one, Conflict)),
        tuple(one for one in judged if isinstance(one, Bad)),
        unchanged=len(lines) - len(judged),
        notes_alone=tuple(notes_alone),
    )


def _judged(line: Line, now: Known | None) -> Change | Conflict | Bad | None:
    """``None``: it changes nothing."""
    if now is None:
        return Bad(line, Fault.UNKNOWN)
    if line.state is None:
        return Bad(line, Fault.UNKNOWN_STATE, now.state)
    if line.state is now.state:
        return None
    if line.revision is None:
        return Bad(line, Fault.NO_REVISION)
    if line.revision != now.revision:
        return None if now.state_at(line.revision) is line.state else Conflict(line, now)
    return _moved(line, line.state, now)


def _moved(line: Line, to: State, now: Known) -> Change | Bad:
    """A note that stood there before is no reason of this move."""
    if to not in moves_of(now.state):
        return Bad(line, Fault.NO_MOVE, now.state)
    note = "" if line.note == now.note else line.note
    why = reason_for(to, note)
    return Bad(line, Fault.NO_REASON, now.state) if why is None else Change(line.code, now.state, to, why)


def _note_alone(line: Line, now: Known) -> bool:
    return bool(line.note) and line.revision == now.revision and line.note != now.note
