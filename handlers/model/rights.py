"""Who may do what: the one place where every right is decided, from the table below.

A right is a role, an act and a scope. Roles other than officer are given (``Grant``); everybody is an officer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from handlers.model.unit_directory import NO_UNITS, UnitDirectory
from locales import N_, Translator


class Role(StrEnum):
    """Who somebody is to the assistant."""

    OPERATOR = "operator"  #: at the machine itself, on the command line; never given
    OWNER = "owner"
    ADMIN = "admin"
    FOCAL = "focal"
    OFFICER = "officer"  #: everybody


class Act(StrEnum):
    """What can be done with what belongs to others."""

    SEE_REQUESTS = "see_requests"
    SEE_PERSONAL = "see_personal"  #: names, serial numbers and addresses in full; masked without it
    CHANGE_REQUESTS = "change_requests"
    EXPORT_REQUESTS = "export_requests"
    IMPORT_REQUESTS = "import_requests"
    SEE_PICTURE = "see_picture"
    SEE_HOLDERS = "see_holders"  #: who has which role, and open invitations
    GIVE_FOCAL = "give_focal"
    GIVE_ADMIN = "give_admin"
    GIVE_OWNER = "give_owner"
    END_ROLES = "end_roles"
    SEE_JOURNAL = "see_journal"
    MAINTAIN_UNITS = "maintain_units"
    SEE_BROADCASTS = "see_broadcasts"
    WRITE_BROADCASTS = "write_broadcasts"  #: draft, check, start, pause, resume, cancel
    APPROVE_BROADCASTS = "approve_broadcasts"


class Scope(StrEnum):
    """How far a right reaches."""

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
    }.items()
}

#: What may be given, and by whom.
ACT_TO_GIVE = {Role.OWNER: Act.GIVE_OWNER, Role.ADMIN: Act.GIVE_ADMIN, Role.FOCAL: Act.GIVE_FOCAL}

#: Who acts from the machine's command line, in histories and in the journal.
MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that was given to a person."""

    id: str  #: QT-000012; names the person in histories and in the journal
    role: Role
    unit: str | None = None  #: the role covers this unit and all below it; ``None`` for an owner, who needs none
    label: str = ""  #: how the one who invited calls the person


@dataclass(frozen=True, slots=True)
class Reach:
    """What an act may touch: everything, or these units with all below them. Only ``Rights`` makes one."""

    everything: bool = False
    units: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.everything or bool(self.units)


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person may do, by the roles they hold at this moment."""

    grants: tuple[Grant, ...] = ()
    units: UnitDirectory = NO_UNITS
    actor: str = ""  #: who acts, in histories and in the journal

    @classmethod
    def of(cls, grants: Iterable[Grant], units: UnitDirectory) -> "Rights":
        """The rights of a person with these roles."""
        held = tuple(grants)
        return cls(held, units, held[0].id if held else "")

    @classmethod
    def operator(cls, units: UnitDirectory) -> "Rights":
        """Whoever works at the machine itself."""
        return cls((Grant(MACHINE, Role.OPERATOR),), units, MACHINE)

    def reach(self, act: Act, unit: str | None = None) -> Reach:
        """How far an act may go, within a unit where one is named; false where it may not be done at all."""
        scopes = [(RIGHTS_TABLE[act][grant.role], grant.unit) for grant in self.grants]
        if any(scope is Scope.EVERYTHING for scope, _ in scopes):
            return Reach(everything=True) if unit is None else Reach(units=(unit,))
        tops = tuple(dict.fromkeys(top for scope, top in scopes if scope is Scope.UNIT and top))
        return Reach(units=tops if unit is None else self._narrowed(tops, unit))

    def _narrowed(self, tops: tuple[str, ...], unit: str) -> tuple[str, ...]:
        """The tops of what lies below ``unit`` and below one of these: of two units, one holds the other or nothing."""
        if any(self.units.is_within(unit, top) for top in tops):
            return (unit,)
        return tuple(top for top in tops if self.units.is_within(top, unit))

    def covers(self, act: Act, reach: Reach) -> bool:
        """Whether an act may be done to all that lies within a reach of others."""
        if self.reach(act).everything:
            return True
        return not reach.everything and all(self.may(act, top) for top in reach.units)

    def journal_unit(self, act: Act, unit: str | None = None) -> str | None:
        """The unit whose admins may read that the act was done, to all within ``unit`` or to all within reach.

        ``None``: it concerns more than one unit, or none that is known.
        """
        units = self.reach(act, unit).units or self.reach(act).units
        return units[0] if len(units) == 1 else None

    def may_search(self, unit: str | None = None) -> bool:
        """Whether words may find what is personal: only where nothing that is listed comes masked."""
        listed = self.reach(Act.SEE_REQUESTS, unit)
        return all(self.may(Act.SEE_PERSONAL, top) for top in listed.units or (None,))

    def may(self, act: Act, unit: str | None = None) -> bool:
        """Whether an act may be done to what belongs to a unit; ``None`` is what belongs to no unit that is known."""
        reach = self.reach(act)
        if reach.everything:
            return True
        return unit is not None and any(self.units.is_within(unit, top) for top in reach.units)


def may_any_role(roles: Iterable[Role], act: Act) -> bool:
    """Whether one of these roles may do the act to anything at all."""
    return any(RIGHTS_TABLE[act][role] is not Scope.NOTHING for role in roles)


_ACT_HEADING = N_("May")


def rights_rows(t: Translator) -> list[list[str]]:
    """The heading first."""
    heading = [t(_ACT_HEADING), *(t(name) for name in ROLES.values())]
    return [
        heading,
        *([t(ACTS[act]), *(t(SCOPES[scopes[role]]) for role in ROLES)] for act, scopes in RIGHTS_TABLE.items()),
    ]


def render_rights_table(t: Translator) -> str:
    """The same as a table in Markdown."""
    heading, *acts = rights_rows(t)
    return "".join(f"| {' | '.join(row)} |\n" for row in (heading, ["---"] * len(heading), *acts))
