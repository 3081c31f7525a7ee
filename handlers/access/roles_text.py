"""The words for roles and the people who hold them."""

from handlers.access.journal_text import format_actor
from handlers.core.dates import format_moment
from handlers.core.screen import Context
from handlers.model.request_list import Refusal, RoleHolder
from handlers.model.rights import ROLES, Rights, Role
from handlers.model.unit_directory import UnitDirectory
from handlers.requests.fields import clean_line
from locales import N_, Translator

#: Greatest length of a label in characters.
MAX_LABEL_LENGTH = 100
#: Characters of a button; the full text is on the page that it opens.
_MAX_BUTTON_LENGTH = 60

ONE_LINE = N_("Please one line of at most 100 characters, with letters in it.")
ROLE_REFUSALS = {
    Refusal.NOT_YOURS: N_("Your role does not allow this."),
    Refusal.UNKNOWN: N_("There is no such role, invitation or open unit within your reach."),
    Refusal.LAST_OWNER: N_("This is the last owner, who must stay: invite another one first."),
    Refusal.EXPIRED: N_("This invitation has expired. Please ask for a new one."),
    Refusal.USED: N_("This invitation was already used. Please ask for a new one."),
}


def clean_label(text: str) -> str | None:
    """Clean a person's name to one line; return ``None`` if it cannot be used."""
    line = clean_line(text)
    return line if line is not None and len(line) <= MAX_LABEL_LENGTH else None


def format_role(t: Translator, units: UnitDirectory, role: str, unit: str | None) -> str:
    """Format a role with its unit: ``quản trị viên – Xã Nhơn Trạch``."""
    name = t(ROLES[Role(role)])
    return f"{name} – {units.name(unit)}" if unit else name


def format_holder(t: Translator, units: UnitDirectory, holder: RoleHolder) -> str:
    """Format a person with a role: ``QT-000012: Chị Lan, quản trị viên – Xã Nhơn Trạch``."""
    role = format_role(t, units, holder.role, holder.unit)
    return f"{holder.id}: {holder.label}, {role}" if holder.label else f"{holder.id}: {role}"


def format_holder_button(t: Translator, units: UnitDirectory, holder: RoleHolder) -> str:
    """Format the same, cut to the length of a button."""
    line = format_holder(t, units, holder)
    return line if len(line) <= _MAX_BUTTON_LENGTH else f"{line[: _MAX_BUTTON_LENGTH - 1]}…"


def format_since(t: Translator, holder: RoleHolder) -> str:
    """Tell when a role was given and by whom; for an invitation also until when it is valid."""
    given = t(N_("Since {since}, by {by}."), since=format_moment(holder.since), by=format_actor(t, holder.by))
    if holder.expires_at is None:
        return given
    until = t(N_("It can be taken until {until}."), until=format_moment(holder.expires_at))
    return f"{given} {until}"


def format_roles(here: Context, rights: Rights) -> str:
    """Format all roles of a person with their units."""
    units = here.world.units
    return "; ".join(format_role(here.say.t, units, grant.role, grant.unit) for grant in rights.grants)
