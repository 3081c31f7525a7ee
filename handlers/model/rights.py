"""Rights, decided here alone, from the table below; the acts that leave a row in the journal.

A right consists of a role, an act and a scope. Everybody is an officer; all other roles are given (``Grant``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from handlers.model.requests import Request, RequestContent, RequestRow
from handlers.model.unit_directory import NO_UNITS, UnitDirectory
from locales import N_, Translator
from rules.facts import Subject


class Role(StrEnum):
    """The roles of people."""

    OPERATOR = "operator"  #: at the machine itself, on the command line; never given
    OWNER = "owner"
    ADMIN = "admin"
    FOCAL = "focal"
    OFFICER = "officer"  #: everybody


class Act(StrEnum):
    """The acts on data that belongs to others; every one of them needs a right."""

    SEE_REQUESTS = "see_requests"
    SEE_PERSONAL = "see_personal"  #: names, serial numbers and addresses in full; without this right they are masked
    CHANGE_REQUESTS = "change_requests"
    EXPORT_REQUESTS = "export_requests"
    IMPORT_REQUESTS = "import_requests"
    SEE_PICTURE = "see_picture"
    SEE_HOLDERS = "see_holders"  #: roles of people, and open invitations
    GIVE_FOCAL = "give_focal"
    GIVE_ADMIN = "give_admin"
    GIVE_OWNER = "give_owner"
    END_ROLES = "end_roles"
    SEE_JOURNAL = "see_journal"
    MAINTAIN_UNITS = "maintain_units"
    SEE_BROADCASTS = "see_broadcasts"
    WRITE_BROADCASTS = "write_broadcasts"  #: draft, check, start, pause, resume, cancel
    APPROVE_BROADCASTS = "approve_broadcasts"
    USE_PAGES = "use_pages"  #: sign in to the admin pages in a browser
    SEE_HEALTH = "see_health"  #: how the assistant itself is doing
    CHANGE_OFFICES = "change_offices"  #: receiving offices: who receives the dossiers of a unit
    MAKE_DOSSIERS = "make_dossiers"  #: the papers of a whole unit, from certificates that the person has


class Scope(StrEnum):
    """The scope of a right."""

    NOTHING = "nothing"
    UNIT = "unit"  #: the unit of the grant with all below it
    EVERYTHING = "everything"


ACTS = {
    Act.SEE_REQUESTS: N_("see the request list"),
    Act.SEE_PERSONAL: N_("see names, serial numbers and addresses in full"),
    Act.CHANGE_REQUESTS: N_("change the state of requests"),
    Act.EXPORT_REQUESTS: N_("export requests"),
    Act.IMPORT_REQUESTS: N_("import changed states"),
    Act.SEE_PICTURE: N_("see the numbers"),
    Act.SEE_HOLDERS: N_("see who has which role"),
    Act.GIVE_FOCAL: N_("invite a focal officer"),
    Act.GIVE_ADMIN: N_("invite an admin"),
    Act.GIVE_OWNER: N_("invite an owner"),
    Act.END_ROLES: N_("end a role"),
    Act.SEE_JOURNAL: N_("read the journal"),
    Act.MAINTAIN_UNITS: N_("import units"),
    Act.SEE_BROADCASTS: N_("see broadcasts and what became of them"),
    Act.WRITE_BROADCASTS: N_("write, start, pause and cancel broadcasts"),
    Act.APPROVE_BROADCASTS: N_("approve broadcasts"),
    Act.USE_PAGES: N_("work on the admin pages in a browser"),
    Act.SEE_HEALTH: N_("see how the assistant itself is doing"),
    Act.CHANGE_OFFICES: N_("change receiving offices"),
    Act.MAKE_DOSSIERS: N_("make the papers of a whole unit"),
}

ROLES = {
    Role.OPERATOR: N_("operator"),
    Role.OWNER: N_("owner"),
    Role.ADMIN: N_("admin"),
    Role.FOCAL: N_("focal officer"),
    Role.OFFICER: N_("officer"),
}

SCOPES = {
    Scope.NOTHING: "–",
    Scope.UNIT: N_("own unit and below"),
    Scope.EVERYTHING: N_("everything"),
}

_NOTHING, _UNIT, _ALL = Scope.NOTHING, Scope.UNIT, Scope.EVERYTHING
_COLUMNS = (Role.OPERATOR, Role.OWNER, Role.ADMIN, Role.FOCAL, Role.OFFICER)
RIGHTS_TABLE: dict[Act, dict[Role, Scope]] = {
    act: dict(zip(_COLUMNS, scopes, strict=True))
    for act, scopes in {
        Act.SEE_REQUESTS: (_ALL, _ALL, _UNIT, _UNIT, _NOTHING),
        Act.SEE_PERSONAL: (_ALL, _ALL, _UNIT, _NOTHING, _NOTHING),
        Act.CHANGE_REQUESTS: (_ALL, _ALL, _UNIT, _NOTHING, _NOTHING),
        Act.EXPORT_REQUESTS: (_ALL, _ALL, _UNIT, _UNIT, _NOTHING),
        Act.IMPORT_REQUESTS: (_ALL, _ALL, _UNIT, _NOTHING, _NOTHING),
        Act.SEE_PICTURE: (_ALL, _ALL, _UNIT, _UNIT, _NOTHING),
        Act.SEE_HOLDERS: (_ALL, _ALL, _UNIT, _NOTHING, _NOTHING),
        Act.GIVE_FOCAL: (_ALL, _ALL, _UNIT, _NOTHING, _NOTHING),
        Act.GIVE_ADMIN: (_ALL, _ALL, _UNIT, _NOTHING, _NOTHING),
        Act.GIVE_OWNER: (_ALL, _ALL, _NOTHING, _NOTHING, _NOTHING),
        Act.END_ROLES: (_ALL, _ALL, _UNIT, _NOTHING, _NOTHING),
        Act.SEE_JOURNAL: (_ALL, _ALL, _UNIT, _NOTHING, _NOTHING),
        Act.MAINTAIN_UNITS: (_ALL, _ALL, _NOTHING, _NOTHING, _NOTHING),
        Act.SEE_BROADCASTS: (_ALL, _ALL, _UNIT, _UNIT, _NOTHING),
        Act.WRITE_BROADCASTS: (_ALL, _ALL, _UNIT, _NOTHING, _NOTHING),
        Act.APPROVE_BROADCASTS: (_ALL, _ALL, _UNIT, _NOTHING, _NOTHING),
        Act.USE_PAGES: (_ALL, _ALL, _UNIT, _UNIT, _NOTHING),
        Act.SEE_HEALTH: (_ALL, _ALL, _NOTHING, _NOTHING, _NOTHING),
        Act.CHANGE_OFFICES: (_ALL, _ALL, _UNIT, _NOTHING, _NOTHING),
        Act.MAKE_DOSSIERS: (_ALL, _ALL, _UNIT, _UNIT, _NOTHING),
    }.items()
}

#: The roles that can be given, with the act that allows giving each.
ACT_TO_GIVE = {Role.OWNER: Act.GIVE_OWNER, Role.ADMIN: Act.GIVE_ADMIN, Role.FOCAL: Act.GIVE_FOCAL}

#: The actor of commands run on the machine itself, as named in histories and in the journal.
MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that was given to a person."""

    id: str  #: QT-000012; names the person in histories and in the journal
    role: Role
    unit: str | None = None  #: the role covers this unit and all below it; ``None`` for an owner, who needs none
    label: str = ""  #: the name by which the inviter knows the person


@dataclass(frozen=True, slots=True)
class Reach:
    """The units that an act may touch, with everything below them, or everything. Only ``Rights`` makes one."""

    everything: bool = False
    units: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.everything or bool(self.units)


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights of a person, from the roles they hold at this moment."""

    grants: tuple[Grant, ...] = ()
    units: UnitDirectory = NO_UNITS
    actor: str = ""  #: the actor as named in histories and in the journal

    @classmethod
    def of(cls, grants: Iterable[Grant], units: UnitDirectory) -> "Rights":
        """Return the rights of a person who holds these roles."""
        held = tuple(grants)
        return cls(held, units, held[0].id if held else "")

    @classmethod
    def operator(cls, units: UnitDirectory) -> "Rights":
        """Return the rights of the person who works on the machine itself."""
        return cls((Grant(MACHINE, Role.OPERATOR),), units, MACHINE)

    def reach(self, act: Act, unit: str | None = None) -> Reach:
        """Return the units in which an act is allowed, only inside ``unit`` if one is named.

        Falsy if it is not allowed.
        """
        scopes = [(RIGHTS_TABLE[act][grant.role], grant.unit) for grant in self.grants]
        if any(scope is Scope.EVERYTHING for scope, _ in scopes):
            return Reach(everything=True) if unit is None else Reach(units=(unit,))
        tops = tuple(dict.fromkeys(top for scope, top in scopes if scope is Scope.UNIT and top))
        return Reach(units=tops if unit is None else self._narrow(tops, unit))

    def _narrow(self, tops: tuple[str, ...], unit: str) -> tuple[str, ...]:
        """Return the units that lie within both ``unit`` and one of ``tops``.

        In a tree, one of two units contains the other.
        """
        if any(self.units.is_within(unit, top) for top in tops):
            return (unit,)
        return tuple(top for top in tops if self.units.is_within(top, unit))

    def covers(self, act: Act, reach: Reach) -> bool:
        """Return whether an act is allowed on everything in the reach of somebody else."""
        if self.reach(act).everything:
            return True
        return not reach.everything and all(self.may(act, top) for top in reach.units)

    def journal_unit(self, act: Act, unit: str | None = None) -> str | None:
        """Return the unit whose admins may read a journal row about an act on ``unit``, or on everything within reach.

        ``None`` means that the act concerns several units, or no known one.
        """
        units = self.reach(act, unit).units or self.reach(act).units
        return units[0] if len(units) == 1 else None

    def may_search(self, unit: str | None = None) -> bool:
        """Return whether a search may match personal data: only if nothing in the list is masked for this person."""
        listed = self.reach(Act.SEE_REQUESTS, unit)
        return all(self.may(Act.SEE_PERSONAL, top) for top in listed.units or (None,))

    def may(self, act: Act, unit: str | None = None) -> bool:
        """Return whether an act is allowed on data of a unit.

        ``None`` stands for data that belongs to no known unit.
        """
        reach = self.reach(act)
        if reach.everything:
            return True
        return unit is not None and any(self.units.is_within(unit, top) for top in reach.units)


def may_any_role(roles: Iterable[Role], act: Act) -> bool:
    """Return whether one of these roles allows the act anywhere at all."""
    return any(RIGHTS_TABLE[act][role] is not Scope.NOTHING for role in roles)


_ACT_HEADING = N_("May")


def rights_rows(t: Translator) -> list[list[str]]:
    """Return the table of rights as rows of texts, headings first."""
    heading = [t(_ACT_HEADING), *(t(name) for name in ROLES.values())]
    return [
        heading,
        *([t(ACTS[act]), *(t(SCOPES[scopes[role]]) for role in ROLES)] for act, scopes in RIGHTS_TABLE.items()),
    ]


def render_rights_table(t: Translator) -> str:
    """Return the table of rights in Markdown."""
    heading, *acts = rights_rows(t)
    return "".join(f"| {' | '.join(row)} |\n" for row in (heading, ["---"] * len(heading), *acts))


#: Last digits of a serial number that stay, and the shortest number for which they do.
_SERIAL_DIGITS_SHOWN, _MIN_SERIAL_LENGTH = 4, 8
#: The replacement for masked text.
MASK = "…"


def mask_row(filed: RequestRow) -> RequestRow:
    """Mask a row of the request list."""
    return replace(filed, request=mask_request(filed.request), note="")


def mask_request(request: Request) -> Request:
    """Mask a request: its content, and the notes of its moves."""
    steps = tuple(step.model_copy(update={"note": ""}) for step in request.history)
    return request.model_copy(update={"content": mask_content(request.content), "history": steps})


def mask_content(content: RequestContent) -> RequestContent:
    """Mask the content of a request; the decision is a text of the rules and stays."""
    changes: dict[str, object] = {
        "serial": mask_serial(content.serial) if content.serial else content.serial,
        "signed_serial": None,
        "email": mask_email(content.email) if content.email else None,
        "old": {name: _mask_news(content, name, value) for name, value in content.old.items()},
        "news": {name: _mask_news(content, name, value) for name, value in content.news.items()},
    }
    if content.subject is Subject.INDIVIDUAL:
        changes["subscriber"] = mask_name(content.subscriber)
        changes["certificate_name"] = mask_name(content.certificate_name) if content.certificate_name else None
    return content.model_copy(update=changes)


def mask_name(name: str) -> str:
    """Shorten a name: ``Nguyễn Văn An`` becomes ``N. V. An``, a single word becomes its initial."""
    *first, last = name.split() or [""]
    return " ".join((*(f"{word[0]}." for word in first), last)) if first else f"{last[:1]}."


def mask_serial(serial: str) -> str:
    """Keep the last four digits; none if the number is too short to hide the rest."""
    return f"{MASK}{serial[-_SERIAL_DIGITS_SHOWN:]}" if len(serial) >= _MIN_SERIAL_LENGTH else MASK


def mask_email(address: str) -> str:
    """Keep only the domain."""
    _, at, domain = address.rpartition("@")
    return f"{MASK}{at}{domain}" if at else MASK


def _mask_news(content: RequestContent, name: str, value: str) -> str:
    if name == "new_email":
        return mask_email(value)
    return mask_name(value) if name == "new_name" and content.subject is Subject.INDIVIDUAL else value


class AuditAction(StrEnum):
    """An act concerning roles, or the journal itself; other rows carry the name of their own act."""

    INVITE = "invite"
    REDEEM = "redeem"
    END_ROLE = "end_role"
    LEAVE_ROLE = "leave_role"  #: a person who has their data deleted
    END_INVITATION = "end_invitation"
    SET_OFFICE = "set_office"  #: a receiving office
    CONFIRM_OFFICE = "confirm_office"  #: nothing of it is new but the day of the check
    WITHDRAW_OFFICE = "withdraw_office"
    SIGN_IN_LINK = "sign_in_link"  #: for a browser
    SIGN_IN = "sign_in"
    LINK_CHANNEL = "link_channel"  #: the person of a role has another channel; the subject names role and channel
    EMAIL_IMPORT = "email_import"  #: addresses of the staff of a unit
    UNREADABLE = "unreadable"  #: a row that was damaged
    SEAL_POWERS = "seal_powers"  #: of a database from before they were sealed
    ACCEPT_POWERS = "accept_powers"  #: by the operator, who answers for the journal as it stands
    END_WITH_ROLE = "end_with_role"  #: an invitation that its maker could no longer make; the subject names their role


class JournalEntry(BaseModel):
    """A row of the audit chain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    at: datetime
    actor: str
    act: str
    subject: str
    unit: str | None
    count: int
    channel: str


class JournalFilter(BaseModel):
    """Conditions on rows of the journal, all of those that are set; days are days in Viet Nam, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    act: str = ""
    actor: str = ""  #: id of a role, or the machine
    unit: str | None = None  #: the row is of this unit, or of one below it
    about: str = ""  #: a code, or a part of one, in the subject
    since: date | None = None
    until: date | None = None
