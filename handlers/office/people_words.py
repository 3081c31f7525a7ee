"""What is said of people with a role."""

from handlers.office.model import Refusal
from handlers.office.rights import ROLES, Grant, Role
from handlers.office.units import UnitDirectory
from handlers.requests.cleaning import clean_line
from locales import N_, Translator

#: Characters of a label.
LONGEST_LABEL = 100

REFUSALS = {
    Refusal.NOT_YOURS: N_("Your role does not allow this."),
    Refusal.UNKNOWN: N_("There is no such role, invitation or open unit within your reach."),
    Refusal.LAST_OWNER: N_("This is the last owner, who must stay: invite another one first."),
    Refusal.EXPIRED: N_("This invitation has expired. Ask for a new one."),
    Refusal.USED: N_("This invitation was already used. Ask for a new one."),
}


def clean_label(text: str) -> str | None:
    """How a person is called, as one line; ``None`` where it will not do."""
    line = clean_line(text)
    return line if line is not None and len(line) <= LONGEST_LABEL else None


def role_of(t: Translator, units: UnitDirectory, grant: Grant) -> str:
    """``quản trị viên – Xã Nhơn Trạch``."""
    return covered(t, units, grant.role, grant.unit)


def covered(t: Translator, units: UnitDirectory, role: str, unit: str | None) -> str:
    """A role with the unit that it covers."""
    name = t(ROLES[Role(role)])
    return f"{name} – {units.name(unit)}" if unit else name
