"""The names of acts, subjects and actors in the journal."""

from collections.abc import Mapping
from types import MappingProxyType

from handlers.model.exports import EXPORT_FORM_LABELS, ExportForm
from handlers.model.journal import AuditAction
from handlers.model.request import RequestState
from handlers.model.request_list import JournalEntry
from handlers.model.rights import MACHINE, Act
from handlers.requests.text import STATE_LABELS
from locales import N_, Translator

#: Act of a row -> message id; a row with another act is told by that act's own name.
AUDIT_ACTIONS: dict[str, str] = {
    AuditAction.INVITE: N_("invitation made"),
    AuditAction.REDEEM: N_("role taken up"),
    AuditAction.END_ROLE: N_("role ended"),
    AuditAction.LEAVE_ROLE: N_("role given up"),
    AuditAction.END_INVITATION: N_("invitation taken back"),
    AuditAction.END_WITH_ROLE: N_("invitation ended with the role of whoever made it"),
    AuditAction.UNREADABLE: N_("⚠ cannot be read any more"),
    AuditAction.SEAL_POWERS: N_("roles and approvals sealed"),
    AuditAction.ACCEPT_POWERS: N_("end of the journal accepted by the operator"),
    "request.move": N_("state of a request changed"),
    "request.move_all": N_("state of requests changed"),
    "request.import": N_("states of requests read in from a list"),
    "request.place": N_("request placed on a unit"),
    "export": N_("requests exported"),
    "export_start": N_("export of requests begun"),
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
