"""``troly requests import``."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.certificates.limits import LIMITS
from bot.cli.acting import Acting, As, acting
from bot.errors import InputError
from bot.exports.sheets import read_sheet
from bot.harmless import harmless
from bot.reasons import reason_of
from bot.settings import load_settings
from handlers.office import import_words
from handlers.office.importing import Imported, Line, SheetTrouble
from handlers.office.rights import Act
from handlers.voice import Voice, plain
from locales import N_

#: Changes, conflicts and bad lines that are named one by one.
_NAMED = 1000


def import_requests(
    file: Annotated[
        Path, typer.Argument(help=N_("An exported list (XLSX, CSV or JSON Lines) with changed states and notes."))
    ],
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help=N_("Make the changes; without it they are only shown."))
    ] = False,
    person: As = None,
) -> None:
    """Exit status 1 where something speaks against the list as a whole: then nothing is changed."""
    say = Voice(load_settings().language)
    imported = asyncio.run(_imported(file, person, apply=apply))
    for paragraph in import_words.told(say, imported.plan, _NAMED):
        typer.echo(harmless(plain(paragraph)))
    if imported.applied or (apply and imported.plan.applicable):
        typer.echo(plain(import_words.outcome(say, imported)))
    elif imported.plan.applicable:
        typer.echo(say.t(N_("Nothing was changed yet: call it with --apply to make these changes.")))
    if imported.plan.conflicts or imported.plan.bad or imported.plan.too_many:
        typer.echo(say.t(N_("Nothing can be applied as the list stands.")))
        raise typer.Exit(1)


async def _imported(file: Path, person: str | None, *, apply: bool) -> Imported:
    lines = await _read(file)
    async with acting(person) as office:
        office.require(Act.IMPORT_REQUESTS)
        return await _carried_out(office, lines, apply=apply)


async def _carried_out(office: Acting, lines: tuple[Line, ...], *, apply: bool) -> Imported:
    plan = await office.admin.imports.plan(office.rights, lines)
    if not (apply and plan.applicable):
        return Imported(plan, applied=False)
    imported = await office.admin.imports.apply(office.rights, lines, plan.mark)
    await office.commit()
    return imported


async def _read(file: Path) -> tuple[Line, ...]:
    """The lines of a list.

    Raises:
        InputError: the file cannot be read, or is no list.
    """
    try:
        data = await asyncio.to_thread(_beginning, file)
    except (OSError, ValueError) as error:
        raise InputError(N_("{file} cannot be read ({reason})"), file=file, reason=reason_of(error)) from None
    if len(data) > LIMITS.file:
        raise InputError(import_words.TROUBLES[SheetTrouble.TOO_LARGE])
    sheet = await read_sheet(data)
    if sheet.trouble is not None:
        raise InputError(import_words.TROUBLES[sheet.trouble])
    return sheet.lines


def _beginning(file: Path) -> bytes:
    """One byte more than may be: a device never ends."""
    with file.open("rb") as stream:
        return stream.read(LIMITS.file + 1)
