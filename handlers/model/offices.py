"""Receiving offices that admins set in the chat: what is stored of one, and what counts for a unit today."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from rules.offices import FILED, ChosenOffices, Office, OfficeDirectory, OfficeStatus
from rules.outcome import Procedure

#: Prefix of the ids of receiving offices that were set in the chat.
OFFICE_PREFIX = "NT"
#: The procedures that are filed, in the order in which lists name them.
FILED_PROCEDURES = tuple(procedure for procedure in Procedure if procedure in FILED)


class OfficeDraft(BaseModel):
    """A receiving office as an admin describes it; ``handlers.offices`` checks what is typed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=300)
    address: str | None = Field(default=None, max_length=300)
    telephone: str | None = Field(default=None, max_length=300)
    email: str | None = Field(default=None, max_length=300)
    hours: str | None = Field(default=None, max_length=300)
    source: str = Field(min_length=1, max_length=300)  #: who said so, or where it stands
    procedures: tuple[Procedure, ...] = Field(min_length=1)  #: what it receives
    status: OfficeStatus = OfficeStatus.ASSUMED
    last_checked: date

    @classmethod
    def of(cls, office: Office, procedures: Iterable[Procedure]) -> "OfficeDraft":
        """Return what is known of an office, as a draft for some procedures."""
        known = office.model_dump(include={"name", "address", "telephone", "email", "hours", "source", "status"})
        return cls(**known, procedures=tuple(procedures), last_checked=office.last_checked)

    def confirmed(self, today: date) -> "OfficeDraft":
        """Return the draft as confirmed today."""
        return self.model_copy(update={"status": OfficeStatus.CONFIRMED, "last_checked": today})

    def assumed(self, today: date) -> "OfficeDraft":
        """Return the draft as not confirmed, looked at today."""
        return self.model_copy(update={"status": OfficeStatus.ASSUMED, "last_checked": today})

    def confirms_by_assumption(self, known: Iterable[Office]) -> bool:
        """Return whether it confirms by nothing but what an office was assumed by: that is no source for it."""
        assumed = {one.source for one in known if one.status is OfficeStatus.ASSUMED}
        return self.status is OfficeStatus.CONFIRMED and self.source in assumed

    def to_office(self, office_id: str, unit: str | None) -> Office:
        """Return the office for a unit and all below it, or for everybody."""
        return Office(id=office_id, units=(unit,) if unit else (), **self.model_dump())


@dataclass(frozen=True, slots=True)
class ChosenOffice:
    """A receiving office that an admin has set for one unit and all below it, or for everybody."""

    office: Office  #: its ``id`` is NT-000012; ``units`` has the one unit, or nothing
    revision: int  #: grows with every change
    by: str  #: id of the role by which it was changed last, or the machine
    changed_at: datetime

    @property
    def unit(self) -> str | None:
        """Return the code of its unit; ``None``: it counts for everybody."""
        return self.office.units[0] if self.office.units else None

    def says_the_same(self, other: "ChosenOffice") -> bool:
        """Return whether nothing differs but the day of the last check."""
        day = {"last_checked": other.office.last_checked}
        return self.office.model_copy(update=day) == other.office


def find_taken(
    chosen: Iterable[ChosenOffice], unit: str | None, draft: OfficeDraft, but: str = ""
) -> ChosenOffice | None:
    """Return the office of the same unit, other than ``but``, that receives one of the procedures of a draft."""
    same = (one for one in chosen if one.unit == unit and one.office.id != but)
    return next((one for one in same if not set(one.office.procedures).isdisjoint(draft.procedures)), None)


class OfficeOutcome(StrEnum):
    """The result of a change of a receiving office."""

    SAVED = "saved"
    WITHDRAWN = "withdrawn"  #: what counted before it counts again
    NOT_YOURS = "not_yours"  #: the unit is outside the rights of the one who asks
    UNKNOWN = "unknown"  #: no such office within reach, or the unit is not open
    OVERTAKEN = "overtaken"  #: changed by somebody else since it was seen
    INVALID = "invalid"  #: a field cannot be used
    NO_SOURCE = "no_source"  #: confirmed by what it was assumed by; how it was confirmed must be said
    TAKEN = "taken"  #: another office that was set for the same unit receives one of the procedures


@dataclass(frozen=True, slots=True)
class OfficeResult:
    """An outcome with the office as it stands now, where there is one within reach."""

    outcome: OfficeOutcome
    office: ChosenOffice | None = None


@dataclass(frozen=True, slots=True)
class OfficeLine:
    """An office with the procedures for which it counts in one unit; ``office`` is ``None`` where none is known."""

    office: Office | None
    procedures: tuple[Procedure, ...]
    chosen: ChosenOffice | None = None  #: the same office, if it was set in the chat, for this unit or one above it


def list_offices(
    directory: OfficeDirectory, chosen: Iterable[ChosenOffice], units: Sequence[str]
) -> tuple[OfficeLine, ...]:
    """Return what counts for a unit, in the order of the procedures; those of one office stand together.

    Args:
        directory: The offices of the pack and the operator; what it has of chosen ones is replaced by ``chosen``.
        chosen: The offices that were set in the chat, as far as they count for the unit.
        units: The code of the unit and of those above it, the nearest first; none: for everybody.
    """
    by_id = {one.office.id: one for one in chosen}
    today = replace(directory, chosen=ChosenOffices(one.office for one in by_id.values()))
    found: dict[Office | None, list[Procedure]] = {}
    for procedure in FILED_PROCEDURES:
        found.setdefault(today.find(procedure, units), []).append(procedure)
    return tuple(
        OfficeLine(office, tuple(procedures), by_id.get(office.id) if office else None)
        for office, procedures in found.items()
    )
