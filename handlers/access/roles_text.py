"""What is said of people with a role."""

from handlers.dates import moment
from handlers.office.journal_words import doer
from handlers.office.model import Holder, Refusal
from handlers.office.rights import ROLES, Role
from handlers.office.units import UnitDirectory
from handlers.requests.cleaning import clean_line
from locales import N_, Translator

#: Characters of a label.
LONGEST_LABEL = 100
#: Characters of a button; what is longer is read on the page behind it.
_LONGEST_BUTTON = 60

ONE_LINE = N_("Please one line of at most 100 characters, with letters in it.")
REFUSALS = {
    Refusal.NOT_YOURS: N_("Your role does not allow this."),
    Refusal.UNKNOWN: N_("There is no such role, invitation or open unit within your reach."),
    Refusal.LAST_OWNER: N_("This is the last owner, who must stay: invite another one first."),
    Refusal.EXPIRED: N_("This invitation has expired. Please ask for a new one."),
    Refusal.USED: N_("This invitation was already used. Please ask for a new one."),
}


def clean_label(text: str) -> str | None:
    """How a person is called, as one line; ``None`` where it will not do."""
    line = clean_line(text)
    return line if line is not None and len(line) <= LONGEST_LABEL else None


def covered(t: Translator, units: UnitDirectory, role: str, unit: str | None) -> str:
    """``quản trị viên – Xã Nhơn Trạch``."""
    name = t(ROLES[Role(role)])
    return f"{name} – {units.name(unit)}" if unit else name


def holder_line(t: Translator, units: UnitDirectory, holder: Holder) -> str:
    """``QT-000012: Chị Lan, quản trị viên – Xã Nhơn Trạch``."""
    role = covered(t, units, holder.role, holder.unit)
    return f"{holder.id}: {holder.label}, {role}" if holder.label else f"{holder.id}: {role}"


def holder_button(t: Translator, units: UnitDirectory, holder: Holder) -> str:
    """The line, cut to what a button holds."""
    line = holder_line(t, units, holder)
    return line if len(line) <= _LONGEST_BUTTON else f"{line[: _LONGEST_BUTTON - 1]}…"


def since(t: Translator, holder: Holder) -> str:
    """When it was given, by whom, and until when it can be taken."""
    given = t(N_("Since {since}, by {by}."), since=moment(holder.since), by=doer(t, holder.by))
    if holder.expires_at is None:
        return given
    until = t(N_("It can be taken until {until}."), until=moment(holder.expires_at))
    return f"{given} {until}"
