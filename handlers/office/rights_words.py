"""The table of rights, to be read: a row for each act, a column for each role."""

from handlers.office.rights import ACTS, ROLES, SCOPES, TABLE
from locales import N_, Translator

_ACT = N_("May")


def rows(t: Translator) -> list[list[str]]:
    """The heading first."""
    heading = [t(_ACT), *(t(name) for name in ROLES.values())]
    return [heading, *([t(ACTS[act]), *(t(SCOPES[scopes[role]]) for role in ROLES)] for act, scopes in TABLE.items())]


def markdown(t: Translator) -> str:
    """The same as a table in Markdown."""
    heading, *acts = rows(t)
    return "".join(f"| {' | '.join(row)} |\n" for row in (heading, ["---"] * len(heading), *acts))
