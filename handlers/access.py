"""Roles and the people who hold them in words, the journal in words, and the units that a role may choose among."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from handlers.core import (
    BACK,
    Context,
    HandlerResult,
    Option,
    Page,
    Session,
    back_option,
    current_rights,
    format_bold,
    format_moment,
)
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
from handlers.understanding import parse_numbers
from locales import N_, Translator

#: Act of a row -> message id; a row with another act is told by that act's own name.
AUDIT_ACTIONS: dict[str, str] = {
    AuditAction.INVITE: N_("invitation made"),
    AuditAction.REDEEM: N_("role taken up"),
    AuditAction.END_ROLE: N_("role ended"),
    AuditAction.LEAVE_ROLE: N_("role given up"),
    AuditAction.END_INVITATION: N_("invitation taken back"),
    AuditAction.END_WITH_ROLE: N_("invitation ended with the role of whoever made it"),
    AuditAction.SET_OFFICE: N_("receiving office set"),
    AuditAction.CONFIRM_OFFICE: N_("receiving office confirmed"),
    AuditAction.WITHDRAW_OFFICE: N_("receiving office taken back"),
    AuditAction.LINK_CHANNEL: N_("channel linked by the person of a role"),
    AuditAction.EMAIL_IMPORT: N_("e-mail addresses imported"),
    AuditAction.SIGN_IN_LINK: N_("link to the admin pages made"),
    AuditAction.SIGN_IN: N_("signed in to the admin pages"),
    AuditAction.UNREADABLE: N_("⚠ cannot be read any more"),
    AuditAction.SEAL_POWERS: N_("roles and approvals sealed"),
    AuditAction.ACCEPT_POWERS: N_("end of the journal accepted by the operator"),
    "request.move": N_("state of a request changed"),
    "request.move_all": N_("state of requests changed"),
    "request.take_back": N_("change of requests taken back"),
    "request.import": N_("states of requests read in from a list"),
    "request.place": N_("request placed on a unit"),
    "request.form": N_("official form of a request fetched"),
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

ONE_LINE = N_("Please one line of at most 100 characters, with two letters or more.")
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


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """One value of a part, with the changes that it makes to the filter."""

    option: Option
    changes: Mapping[str, Any]


def selectable_units(rights: Rights, act: Act, today: date) -> tuple[str, ...]:
    """Return the units offered first: those of the person's roles, or the top of the tree."""
    reach = rights.reach(act)
    tops = tuple(unit.code for unit in rights.units.children(None) if unit.is_open(today))
    return tops if reach.everything else reach.units


def find_units(units: UnitDirectory, text: str, today: date) -> tuple[str, ...]:
    """Find the open unit with this code, else the open units that a name may mean, former names included."""
    named = units.get(text.strip())
    found = (named,) if named else tuple(one.unit for one in units.find(text, today=today))
    return tuple(dict.fromkeys(unit.code for unit in found if unit.is_open(today)))


ANY, THIS, UP = "any", "this", "up"
#: Units on one page; others are found by typing.
SHOWN = 20
#: Names told if several units match a typed text.
_MAX_NAMES_LISTED = 8


@dataclass(frozen=True, slots=True)
class UnitChoiceScreen:
    """The choice of a unit, level by level; ``session.about`` is the unit whose children are shown.

    Without it, the top units within the person's rights are shown. What happens to the chosen unit is given by
    ``taken``.
    """

    screen: str
    act: Act  #: the act that must be allowed in the unit
    taken: Callable[[Context, str | None], Awaitable[HandlerResult]]
    left: Callable[[Context], Session]
    anywhere: Callable[[Rights], bool]  #: whether "any unit" may be chosen

    async def page(self, here: Context) -> Page:
        """Show the units below the open one, and that one itself."""
        say, rights, units = here.say, await current_rights(here), here.world.units
        at = self._at(here, rights)
        below = self._below(here, rights, at)
        title = say(N_("<b>Which unit?</b>")) if at is None else format_bold(units.name(at))
        typing = say(N_("All units below it count too. A name can also be typed, with or without accents."))
        options = [Option(code, units.name(code)) for code in below[:SHOWN]]
        ways = _navigation_options(here, at, anywhere=self.anywhere(rights))
        return Page(
            title, (typing,), (*_this_unit_options(here, at), *options, *ways), exact=True, numbers="codes", help=typing
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Take a unit, or open the level below or above."""
        rights = await current_rights(here)
        at = self._at(here, rights)
        if value == BACK:
            return HandlerResult(self.left(here))
        if value in {ANY, THIS}:
            return await self.taken(here, None if value == ANY else at)
        if value == UP:
            return HandlerResult(here.session.with_screen(self.screen, self._above(rights, at)))
        if self._below(here, rights, value):
            return HandlerResult(here.session.with_screen(self.screen, value))
        return await self.taken(here, value)

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take a unit by its typed name or code."""
        rights, units = await current_rights(here), here.world.units
        if is_unknown_number(here, text):
            return None
        named = [code for code in _find_unit_codes(here, text) if rights.may(self.act, code)]
        if len(named) == 1:
            return await self.taken(here, named[0])
        if not named:
            return None
        names = ", ".join(units.name(code) for code in named[:_MAX_NAMES_LISTED])
        return HandlerResult(
            here.session, notes=(here.say(N_("Several units fit: {names}. Please type more."), names=names),)
        )

    def _at(self, here: Context, rights: Rights) -> str | None:
        about = here.session.about
        return about if about and rights.may(self.act, about) else None

    def _below(self, here: Context, rights: Rights, at: str | None) -> tuple[str, ...]:
        if at is None:
            return selectable_units(rights, self.act, here.today)
        return tuple(unit.code for unit in rights.units.children(at))

    def _above(self, rights: Rights, at: str | None) -> str | None:
        unit = rights.units.get(at)
        return unit.parent if unit and rights.may(self.act, unit.parent) else None


def is_unknown_number(here: Context, text: str) -> bool:
    """Return whether a number was typed that is no unit's code; it is not looked up as a name either."""
    return bool(parse_numbers(text)) and here.world.units.get(text.strip()) is None


def _find_unit_codes(here: Context, text: str) -> list[str]:
    """Return the present units that a text may mean; the filter shown afterwards reveals a wrong guess."""
    units, code = here.world.units, text.strip()
    if units.get(code):
        return [code]
    return list(dict.fromkeys(found.unit.code for found in units.find(code, today=here.today)))


def _this_unit_options(here: Context, at: str | None) -> list[Option]:
    return [Option(THIS, here.say.t(N_("This unit, with all below")), ("don vi nay", "chon", "this"))] if at else []


def _navigation_options(here: Context, at: str | None, *, anywhere: bool) -> list[Option]:
    t = here.say.t
    up = [Option(UP, t(N_("One level up")), ("len", "cap tren", "up"))] if at else []
    anyone = [Option(ANY, t(N_("Any unit")), ("tat ca", "moi don vi", "any"))] if anywhere else []
    return [*up, *anyone, back_option(t)]
