"""The offices that receive dossiers, as data: which office receives which procedure, for which units.

Decree 68/2024/NĐ-CP leaves much of this to delegation, and it differs from province to province. An office that nobody
has confirmed is ``assumed`` and is said to be so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from rules.outcome import Action, Citation, Procedure

#: Days after which an office should be checked again: half a year.
CHECK_AGAIN_AFTER = timedelta(days=183)
#: The procedures whose dossier goes to a receiving office.
FILED = frozenset(
    {
        Procedure.CHANGE_INFORMATION,
        Procedure.REVOKE,
        Procedure.EXTEND,
        Procedure.ISSUE_NEW,
        Procedure.RESTORE_DEVICE,
        Procedure.REPORT_LOSS,
    }
)
#: Id and source of the operator's one office for everything (the setting ``TROLY_RECEIVING_OFFICE``).
GENERAL = "TROLY_RECEIVING_OFFICE"


class OfficeStatus(StrEnum):
    """The certainty of an office: whether somebody has confirmed that it receives what is said of it."""

    CONFIRMED = "confirmed"
    ASSUMED = "assumed"


class Office(BaseModel):
    """A receiving office."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str  #: as officers should read it; never translated
    address: str | None = None
    telephone: str | None = None
    email: str | None = None
    hours: str | None = None
    procedures: tuple[Procedure, ...] = ()  #: what it receives; empty: everything
    units: tuple[str, ...] = ()  #: codes of units; it receives for them and all below them; empty: for everybody
    status: OfficeStatus
    source: str  #: where this stands, or who said it
    citations: tuple[Citation, ...] = ()  #: the documents of the pack that say so
    last_checked: date

    def receives(self, procedure: Procedure, units: Sequence[str]) -> bool:
        """Return whether it receives a procedure from a unit, given by its code and those above it."""
        return (not self.procedures or procedure in self.procedures) and (
            not self.units or not set(self.units).isdisjoint(units)
        )

    def is_due(self, today: date) -> bool:
        """Return whether it is to be checked: it is only assumed, or the last check is more than half a year ago."""
        return self.status is OfficeStatus.ASSUMED or today - self.last_checked > CHECK_AGAIN_AFTER


@dataclass(frozen=True, slots=True)
class FilingPlace:
    """The place where some actions of an answer are filed; ``office`` is ``None`` where no office is known."""

    office: Office | None
    actions: tuple[Action, ...]


def merge_offices(below: Iterable[Office], above: Iterable[Office]) -> tuple[Office, ...]:
    """Lay one list of offices over another; one of the same id replaces the other, and all above prevail."""
    prevailing = {office.id: office for office in above}
    return (*(office for office in below if office.id not in prevailing), *prevailing.values())


def find_office(offices: Iterable[Office], procedure: Procedure, units: Sequence[str] = ()) -> Office | None:
    """Return the office that receives a procedure.

    Args:
        offices: The offices; a later one prevails over an earlier one.
        procedure: What is filed.
        units: The code of the unit that files and of those above it, the nearest first. An office for a nearer unit
            prevails.
    """
    found = [office for office in offices if office.receives(procedure, units)]
    return min(reversed(found), key=lambda office: _distance(office, units), default=None)


def _distance(office: Office, units: Sequence[str]) -> int:
    return next((at for at, code in enumerate(units) if code in office.units), len(units))


class ChosenOffices(tuple[Office, ...]):  # noqa: SLOT001 - the index is kept with it
    """Offices that admins chose, the latest last, found by unit: there may be some for each unit of a province."""

    @cached_property
    def by_unit(self) -> Mapping[str | None, Sequence[Office]]:
        """Return the offices of each unit, and under ``None`` those for everybody."""
        found: dict[str | None, list[Office]] = {}
        for office in self:
            for unit in office.units or (None,):
                found.setdefault(unit, []).append(office)
        return found

    def find(self, procedure: Procedure, units: Sequence[str]) -> Office | None:
        """Return the office that was chosen last for the nearest unit and receives the procedure."""
        near = (office for unit in (*units, None) for office in reversed(self.by_unit.get(unit, ())))
        return next((office for office in near if office.receives(procedure, units)), None)


#: Where no admin has chosen any.
NONE_CHOSEN = ChosenOffices()


@dataclass(frozen=True, slots=True)
class OfficeDirectory:
    """All receiving offices; everything that tells where to file asks here.

    An office that an admin chose in the chat prevails, that of the nearest unit first; after it the operator's one
    office for everything, then the offices of the operator's file and of the pack.
    """

    known: tuple[Office, ...] = ()  #: of the pack and of the operator's file
    general: Office | None = None  #: the operator's one office for everything
    chosen: ChosenOffices = NONE_CHOSEN  #: by admins, each for one unit and all below it, or for everybody

    @classmethod
    def of(
        cls, known: Iterable[Office], general: str | None = None, chosen: Iterable[Office] = ()
    ) -> "OfficeDirectory":
        """Return the directory of these offices; ``general`` is the operator's one line, as it is to be read."""
        kept = chosen if isinstance(chosen, ChosenOffices) else ChosenOffices(chosen)
        return cls(tuple(known), general_office(general) if general else None, kept)

    def find(self, procedure: Procedure, units: Sequence[str] = ()) -> Office | None:
        """Return the office that receives a procedure from a unit, given by its code and those above it."""
        return self._set_apart(procedure, units) or find_office(self.known, procedure, units)

    def set_for(self, units: Sequence[str] = ()) -> dict[Office, list[Procedure]]:
        """Return the offices that an admin or the operator has set for a unit, each with what is filed there."""
        found: dict[Office, list[Procedure]] = {}
        for procedure in (one for one in Procedure if one in FILED):
            if office := self._set_apart(procedure, units):
                found.setdefault(office, []).append(procedure)
        return found

    def _set_apart(self, procedure: Procedure, units: Sequence[str]) -> Office | None:
        return self.chosen.find(procedure, units) or self.general


def general_office(name: str) -> Office:
    """Return the operator's one office, of which nothing is known but its name."""
    return Office(id=GENERAL, name=name, status=OfficeStatus.CONFIRMED, source=GENERAL, last_checked=date.min)


def filing_places(
    offices: OfficeDirectory, actions: Iterable[Action], units: Sequence[str] = ()
) -> tuple[FilingPlace, ...]:
    """Return where the actions of an answer are filed, in their order; actions of one office stand together.

    Two actions on one form (extension beside a change of information) are one dossier and go to one office.
    """
    filed = [action for action in actions if action.procedure in FILED]
    by_form: dict[str, Office] = {}
    for action in filed:
        office = offices.find(action.procedure, units)
        if action.form and office:
            by_form.setdefault(action.form, office)
    places: dict[Office | None, list[Action]] = {}
    for action in filed:
        same_form = by_form.get(action.form) if action.form else None
        places.setdefault(same_form or offices.find(action.procedure, units), []).append(action)
    return tuple(FilingPlace(office, tuple(together)) for office, together in places.items())
