"""The offices that receive dossiers, as data: which office receives which procedure, for which units.

Decree 68/2024/NĐ-CP leaves much of this to delegation, and it differs from province to province. An office that nobody
has confirmed is ``assumed`` and is said to be so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

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


class OfficeStatus(StrEnum):
    """Whether somebody has confirmed that the office receives what is said of it."""

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
    """Where some actions of an answer are filed; ``office`` is ``None`` where no office is known."""

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


def filing_places(
    offices: Iterable[Office], actions: Iterable[Action], units: Sequence[str] = ()
) -> tuple[FilingPlace, ...]:
    """Return where the actions of an answer are filed, in their order; actions of one office stand together.

    Two actions on one form (extension beside a change of information) are one dossier and go to one office.
    """
    known, filed = tuple(offices), [action for action in actions if action.procedure in FILED]
    by_form: dict[str, Office] = {}
    for action in filed:
        office = find_office(known, action.procedure, units)
        if action.form and office:
            by_form.setdefault(action.form, office)
    places: dict[Office | None, list[Action]] = {}
    for action in filed:
        places.setdefault(_office_of(action, known, units, by_form), []).append(action)
    return tuple(FilingPlace(office, tuple(together)) for office, together in places.items())


def _office_of(
    action: Action, offices: tuple[Office, ...], units: Sequence[str], by_form: dict[str, Office]
) -> Office | None:
    return (by_form.get(action.form) if action.form else None) or find_office(offices, action.procedure, units)
