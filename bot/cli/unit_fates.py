"""What lies on units that have ended, told before and after an import."""

from collections.abc import Sequence
from dataclasses import asdict

import typer

from handlers.office.handing_on import Fate
from locales import N_, Translator

_HELD = N_(
    "{unit} ({code}) has ended. On it: requests {requests}, officers {officers}, certificates {certificates},"
    " roles {roles}, open invitations {invitations}."
)
_MOVED = N_("Requests, officers and certificates go to {heir} ({code}).")
_SEVERAL = N_("They stay where they are: it became {count} units. Place the requests by: troly requests place.")
_UNKNOWN = N_(
    "They stay where they are: what took its place is not known for all of it."
    " Place the requests by: troly requests place."
)
_ROLES = N_("Roles and invitations never move: an owner ends them and gives them anew.")


def print_fates(found: Sequence[Fate], t: Translator) -> None:
    """A paragraph of one line for each unit."""
    for fate in found:
        typer.echo(" ".join(_told(fate, t)))


def _told(fate: Fate, t: Translator) -> list[str]:
    said = [t(_HELD, unit=fate.unit.name, code=fate.unit.code, **asdict(fate.held))]
    if fate.held.has_transferable:
        said.append(_whither(fate, t))
    if fate.held.roles or fate.held.invitations:
        said.append(t(_ROLES))
    return said


def _whither(fate: Fate, t: Translator) -> str:
    if fate.heir:
        return t(_MOVED, heir=fate.heir.name, code=fate.heir.code)
    return t(_SEVERAL, count=fate.successors) if fate.successors > 1 else t(_UNKNOWN)
