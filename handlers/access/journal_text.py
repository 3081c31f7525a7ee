"""What the rows of the journal are called."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from handlers.office.exporting import FORMS, Form
from handlers.office.model import JournalEntry
from handlers.office.rights import MACHINE, Act
from handlers.requests.model import State
from handlers.requests.words import STATES
from locales import N_, Translator


class Deed(StrEnum):
    """What is done with roles, as the journal names it."""

    INVITE = "invite"
    REDEEM = "redeem"
    END_ROLE = "end_role"
    LEAVE_ROLE = "leave_role"  #: a person who has their data deleted
    END_INVITATION = "end_invitation"
    UNREADABLE = "unreadable"  #: a row that was damaged
    SEAL_POWERS = "seal_powers"  #: of a database from before they were sealed
    ACCEPT_POWERS = "accept_powers"  #: by the operator, who answers for the journal as it stands
    END_WITH_ROLE = "end_with_role"  #: an invitation that its maker could no longer make; the subject names their role


#: Act of a row -> message id; a row with another act is told by that act's own name.
DEEDS: dict[str, str] = {
    Deed.INVITE: N_("invitation made"),
    Deed.REDEEM: N_("role taken up"),
    Deed.END_ROLE: N_("role ended"),
    Deed.LEAVE_ROLE: N_("role given up"),
    Deed.END_INVITATION: N_("invitation taken back"),
    Deed.END_WITH_ROLE: N_("invitation ended with the role of whoever made it"),
    Deed.UNREADABLE: N_("⚠ cannot be read any more"),
    Deed.SEAL_POWERS: N_("roles and approvals sealed"),
    Deed.ACCEPT_POWERS: N_("end of the journal accepted by the operator"),
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

#: Whoever acts without a role.
ACTORS = {MACHINE: N_("operator"), "subscriber": N_("officer")}


#: Acts whose subject begins with a state, and those whose subject names a kind of file.
_MOVES = {"request.move", "request.move_all"}
_EXPORTS = {"export", "export_start"}


def deed(t: Translator, entry: JournalEntry) -> str:
    """What was done."""
    return t(DEEDS[entry.act]) if entry.act in DEEDS else entry.act


def subject(t: Translator, entry: JournalEntry) -> str:
    """On what: as the journal names it, states and kinds of files in words."""
    if entry.act == Act.MAINTAIN_UNITS:
        return ""
    if entry.act in _MOVES:
        state, colon, codes = entry.subject.partition(": ")
        return f"→ {t(STATES[State(state)])}: {codes}" if colon and state in set(State) else entry.subject
    return " ".join(_form(t, word) for word in entry.subject.split(" ")) if entry.act in _EXPORTS else entry.subject


def _form(t: Translator, word: str) -> str:
    return t(FORMS[Form(word)]) if word in set(Form) else word


def doer(t: Translator, actor: str, labels: Mapping[str, str] = MappingProxyType({})) -> str:
    """Who did it: as the person is called, with the id of the role; the id alone where the role is out of sight."""
    if actor in ACTORS:
        return t(ACTORS[actor])
    label = labels.get(actor)
    return f"{label}, {actor}" if label else actor
