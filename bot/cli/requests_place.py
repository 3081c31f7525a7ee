"""``troly requests place``: requests of no unit, or of a wrong one, are given to the one they belong to."""

import asyncio
from typing import Annotated

import typer

from bot.cli.acting import Acting, As, acting
from bot.cli.requests_words import told_placed
from bot.errors import Forbidden
from bot.settings import load_settings
from handlers.office.model import Move, Moved
from handlers.office.rights import Act
from locales import N_, translator
from rules.calendar import vietnamese_day

_NO_UNIT = N_("{unit} is the code of no unit that is open; troly units find shows codes")


def place(
    codes: Annotated[list[str], typer.Argument(metavar="CODE...", help=N_("Codes such as YC-2026-000123."))],
    *,
    to: Annotated[str, typer.Option("--to", metavar="UNIT", help=N_("The code of the unit they belong to."))],
    person: As = None,
) -> None:
    """Exit status 1 where anything was left as it was."""
    t = translator(load_settings().language)
    outcomes = asyncio.run(_placed(codes, to.strip(), person))
    for code, done in outcomes.items():
        typer.echo(f"{code}: {told_placed(done, t)}")
    if any(done.outcome is not Move.MOVED for done in outcomes.values()):
        raise typer.Exit(1)


async def _placed(codes: list[str], unit: str, person: str | None) -> dict[str, Moved]:
    async with acting(person) as office:
        office.require(Act.CHANGE_REQUESTS)
        _check(office, unit)
        wanted = dict.fromkeys(code.strip().upper() for code in codes)
        outcomes = {code: await office.admin.desk.assign_unit(office.rights, code, unit) for code in wanted}
        await office.commit()
        return outcomes


def _check(office: Acting, unit: str) -> None:
    """Where they are to go is looked at once, before the first is touched."""
    target = office.units.get(unit)
    if target is None or not target.is_open(vietnamese_day(office.now)):
        raise typer.BadParameter(translator(load_settings().language)(_NO_UNIT, unit=unit), param_hint="--to")
    if not office.rights.may(Act.CHANGE_REQUESTS, unit):
        raise Forbidden(N_("This role may not do that."))
