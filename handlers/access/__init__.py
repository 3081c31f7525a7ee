"""Words for roles, the people who hold them, and the acts and subjects of the journal."""

from collections.abc import Mapping
from types import MappingProxyType

from handlers.core import Context
from handlers.core.text import format_moment
from handlers.model import (
    EXPORT_FORM_LABELS,
    MACHINE,
    ROLES,
    Act,
    AuditAction,
    ExportForm,
    JournalEntry,
    Refusal,
    RequestState,
    Rights,
    Role,
    RoleHolder,
    UnitDirectory,
)
from handlers.requests import STATE_LABELS, clean_line
from locales import N_, Translator

#: Act of a row -> message id; a row with another act is told by that act's own name.
AUDIT_ACTIONS: dict[str, str] = {
    AuditAction.INVITE: N_("invitation made"),
    AuditAction.REDEEM: N_("role taken up"),
    AuditAction.END_ROLE: N_("role ended"),
    AuditAction.LEAVE_ROLE: N_("role given up"),
    AuditAction.END_INVITATION: N_("invitation taken back"),
    AuditAction.END_WITH_ROLE: N_("invitation ended with the role of whoever made it"),
    AuditAction.EMAIL_IMPORT: N_("e-mail addresses imported"),
    AuditAction.SIGN_IN_LINK: N_("link to the admin pages made"),
    AuditAction.SIGN_IN: N_("signed in to the admin pages"),
    AuditAction.UNREADABLE: N_("⚠ cannot be read any more"),
    AuditAction.SEAL_POWERS: N_("roles and approvals sealed"),
    AuditAction.ACCEPT_POWERS: N_("end of the journal accepted by the operator"),
    "request.move": N_("state of a request changed"),
    "request.move_all": N_("state of requests changed"),
    "request.import": N_("states of requests read in from a list"),
    "request.place": N_("request placed on a unit"),
    "export": N_("requests exported"),
    "export_start": N_("export of requests begun"),
    "dossier_begin": N_("dossier of a unit begun"),
    "dossier_make": N_("papers of a unit made"),
    "dossier_register": N_("requests of a dossier registered"),
    "dossier_known": N_("certificates known already taken into a dossier"),
    "dossier_hand_over": N_("dossier of a unit handed over"),
    "export_cancel": N_("export of requests called off"),
    "maintain_units": N_("units imported"),
    "broadcast_new": N_("broadcast drafted"),
    "broadcast_change": N_("broadcast changed"),
    "broadcast_check": N_("check of a broadcast asked for"),
    "broadcast_approve": N_("broadcast approved"),
    "broadcast_start": N_("broadcast started"),
    "broadcast_pause": N_("broadcast paused"),
    "broadcast_resume": N_("broadcast resumed"),
    "broadcast_cancel": N_("broadcast cancelled"),
    "broadcast_report": N_("report of a broadcast written"),
    "broadcast_resend": N_("messages of a broadcast sent once more"),
}

#: Names of the actors that have no role.
ACTOR_LABELS = {MACHINE: N_("operator"), "subscriber": N_("officer")}


#: Acts whose subject begins with a state, and acts whose subject contains an export form.
_MOVE_ACTS = {"request.move", "request.move_all"}
_EXPORT_ACTS = {"export", "export_start"}


def format_action(t: Translator, entry: JournalEntry) -> str:
    """Return the act of a row in words."""
    return t(AUDIT_ACTIONS[entry.act]) if entry.act in AUDIT_ACTIONS else entry.act


def format_subject(t: Translator, entry: JournalEntry) -> str:
    """Return the subject of a row, with states and export forms in words."""
    if entry.act == Act.MAINTAIN_UNITS:
        return ""
    if entry.act in _MOVE_ACTS:
        state, colon, codes = entry.subject.partition(": ")
        return (
            f"→ {t(STATE_LABELS[RequestState(state)])}: {codes}"
            if colon and state in set(RequestState)
            else entry.subject
        )
    return (
        " ".join(_format_export_form(t, word) for word in entry.subject.split(" "))
        if entry.act in _EXPORT_ACTS
        else entry.subject
    )


def _format_export_form(t: Translator, word: str) -> str:
    return t(EXPORT_FORM_LABELS[ExportForm(word)]) if word in set(ExportForm) else word


def format_actor(t: Translator, actor: str, labels: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the actor's name and role id; only the id if the role is out of reach."""
    if actor in ACTOR_LABELS:
        return t(ACTOR_LABELS[actor])
    label = labels.get(actor)
    return f"{label}, {actor}" if label else actor


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
