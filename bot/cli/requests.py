"""List, show, move, place and import requests: ``troly requests``."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot.certificates import LIMITS
from bot.cli.options import As, CommandSession, FilterOptions, WantedInState, open_as, parse_state, with_option_groups
from bot.cli.output import json_text, terminal_width
from bot.cli.requests_output import (
    as_data,
    format_bulk_result,
    format_move_result,
    format_placement,
    format_request,
    print_requests,
)
from bot.errors import Forbidden, InputError, NotFound, read_input
from bot.exports.process import read_sheet
from bot.settings import load_settings
from bot.streams import sanitize
from handlers.admin import imports
from handlers.core import MarkupTranslator, strip_markup
from handlers.model import (
    Act,
    BulkMoveResult,
    Filter,
    ImportLine,
    ImportResult,
    MoveOutcome,
    MoveResult,
    RequestRow,
    RequestState,
    parse_codes,
    to_movable_filter,
)
from handlers.requests import STATE_LABELS
from locales import N_, Translator, translator
from rules.calendar import to_vietnam_day

#: The most changes, conflicts and bad lines that are listed.
_MOST_LINES_NAMED = 1000

_NO_UNIT = N_("{unit} is the code of no unit that is open; troly units find shows codes")

app = typer.Typer(add_completion=False, no_args_is_help=True)

#: Requests are read in pages of this size.
_PAGE = 200
#: The limit of ``troly requests list`` without ``--limit``.
_LIMIT = 50

Json = Annotated[bool, typer.Option("--json", help=N_("Print JSON Lines; machine names, times in UTC."))]
RequestCode = Annotated[str, typer.Argument(metavar="CODE", help=N_("A code such as YC-2026-000123."))]
Codes = Annotated[list[str] | None, typer.Argument(metavar="CODE", help=N_("Codes such as YC-2026-000123."))]
Limit = Annotated[int, typer.Option(min=1, max=1_000_000, help=N_("How many at most, the newest first."))]


def import_requests(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help=N_("An exported list (XLSX, CSV or JSON Lines) with changed states and notes.")
        ),
    ],
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help=N_("Make the changes; without it they are only shown."))
    ] = False,
    person: As = None,
) -> None:
    """Show or apply the changes of a list; exit status 1 if the list as a whole is refused, and nothing is changed."""
    say = MarkupTranslator(load_settings().language)
    imported = asyncio.run(_import_file(file, person, apply=apply))
    for paragraph in imports.format_import_plan(say, imported.plan, _MOST_LINES_NAMED):
        typer.echo(sanitize(strip_markup(paragraph)))
    if imported.applied or (apply and imported.plan.applicable):
        typer.echo(strip_markup(imports.format_import_result(say, imported)))
    elif imported.plan.applicable:
        typer.echo(say.t(N_("Nothing was changed yet: call it with --apply to make these changes.")))
    if imported.plan.conflicts or imported.plan.bad or imported.plan.too_many:
        typer.echo(say.t(N_("Nothing can be applied as the list stands.")))
        raise typer.Exit(1)


async def _import_file(file: Path, person: str | None, *, apply: bool) -> ImportResult:
    lines = await _read_lines(file)
    async with open_as(person) as office:
        office.require(Act.IMPORT_REQUESTS)
        return await _apply_lines(office, lines, apply=apply)


async def _apply_lines(office: CommandSession, lines: tuple[ImportLine, ...], *, apply: bool) -> ImportResult:
    plan = await office.admin.lists.plan(office.rights, lines)
    if not (apply and plan.applicable):
        return ImportResult(plan, applied=False)
    imported = await office.admin.lists.apply(office.rights, lines, plan.mark)
    await office.commit()
    return imported


async def _read_lines(file: Path) -> tuple[ImportLine, ...]:
    """Read the lines of a list.

    Raises:
        InputError: the file cannot be read, or is not a list.
    """
    sheet = await read_sheet(await asyncio.to_thread(read_input, file, LIMITS.file))
    if sheet.trouble is not None:
        raise InputError(imports.SHEET_PROBLEMS[sheet.trouble])
    return sheet.lines


def place(
    codes: Annotated[list[str], typer.Argument(metavar="CODE", help=N_("Codes such as YC-2026-000123."))],
    *,
    to: Annotated[str, typer.Option("--to", metavar="UNIT", help=N_("The code of the unit they belong to."))],
    person: As = None,
) -> None:
    """Assign requests to a unit; exit status 1 if any of them stayed as it was."""
    t = translator(load_settings().language)
    outcomes = asyncio.run(_place_requests(codes, to.strip(), person))
    for code, done in outcomes.items():
        typer.echo(f"{code}: {format_placement(done, t)}")
    if any(done.outcome is not MoveOutcome.MOVED for done in outcomes.values()):
        raise typer.Exit(1)


async def _place_requests(codes: list[str], unit: str, person: str | None) -> dict[str, MoveResult]:
    async with open_as(person) as office:
        office.require(Act.CHANGE_REQUESTS)
        _check_unit(office, unit)
        wanted = dict.fromkeys(code.strip().upper() for code in codes)
        outcomes = {code: await office.admin.desk.assign_unit(office.rights, code, unit) for code in wanted}
        await office.commit()
        return outcomes


def _check_unit(office: CommandSession, unit: str) -> None:
    """Check the target unit before the first request is changed."""
    target = office.units.get(unit)
    if target is None or not target.is_open(to_vietnam_day(office.now)):
        raise typer.BadParameter(translator(load_settings().language)(_NO_UNIT, unit=unit), param_hint="--to")
    if not office.rights.may(Act.CHANGE_REQUESTS, unit):
        raise Forbidden(N_("This role may not do that."))


app.command("import", help=N_("Read an exported list back: what it would change, and with --apply the changes."))(
    import_requests
)
app.command("place", help=N_("Give requests to the unit they belong to."))(place)


@app.command("list", help=N_("List requests, the newest first."))
@with_option_groups
def list_requests(
    wanted: FilterOptions,
    *,
    limit: Limit = _LIMIT,
    json: Json = False,
    person: As = None,
) -> None:
    """Print a table on a terminal, tab-separated lines in a pipe."""
    t = translator(load_settings().language)
    printed = asyncio.run(_print_requests(wanted, limit, person, t, json=json))
    if not printed:
        typer.echo(t(N_("No request matches.")), err=True)


async def _print_requests(wanted: FilterOptions, limit: int, person: str | None, t: Translator, *, json: bool) -> int:
    """Print page by page, so that no list is too long to be held; return how many it were.

    A table is as wide as its widest cell, and needs all of them.
    """
    async with open_as(person, reading=True) as office:
        office.require(Act.SEE_REQUESTS)
        desk, rights, selection = office.admin.desk, office.rights, wanted.filter(office.units)
        pages = _pages(partial(desk.page, rights, selection), limit)
        if json or terminal_width() is None:
            printed = 0
            async for page in pages:
                print_requests(page, t, json=json)
                printed += len(page)
            return printed
        found = [row async for page in pages for row in page]
        print_requests(found, t, json=json, total=await desk.count(rights, selection))
        return len(found)


async def _pages(
    read: Callable[[int, int | None], Awaitable[Sequence[RequestRow]]], limit: int
) -> AsyncIterator[Sequence[RequestRow]]:
    """Read at most so many requests, a page at a time, the newest first."""
    left, before = limit, None
    while left and (page := await read(min(_PAGE, left), before)):
        yield page
        left, before = left - len(page), page[-1].number


@app.command(help=N_("Show one request with its history."))
def show(code: RequestCode, json: Json = False, person: As = None) -> None:
    """Print one request with its history; exit status 1 if there is none within the caller's rights."""
    filed = asyncio.run(_read_request(code, person))
    typer.echo(json_text(as_data(filed)) if json else format_request(filed, load_settings().language))


async def _read_request(code: str, person: str | None) -> RequestRow:
    async with open_as(person, reading=True) as office:
        office.require(Act.SEE_REQUESTS)
        codes = parse_codes(code, to_vietnam_day(office.now)) or (_normalize_code(code),)
        found = [filed for one in codes if (filed := await office.admin.desk.get(office.rights, one))]
        if not found:
            raise NotFound(N_("There is no request {code} within reach."), code=code)
        if len(found) > 1:
            several = N_("Several requests end in {code}: {codes}. Please give the whole code.")
            raise NotFound(several, code=code, codes=", ".join(filed.request.code for filed in found))
        return found[0]


@app.command("set", help=N_("Move requests to another state; their officers are told."))
@with_option_groups
def set_state(
    codes: Codes = None,
    *,
    state: Annotated[str, typer.Option("--state", help=N_("The state to move them to."))],
    note: Annotated[str, typer.Option("--note", help=N_("The reason, told to the officer."))] = "",
    all_matching: Annotated[
        bool, typer.Option("--all-matching", help=N_("Use every request that matches the filters instead of codes."))
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help=N_("Really change all that match."))] = False,
    expect: Annotated[
        int | None, typer.Option("--expect", min=0, help=N_("With --yes: only where exactly so many match."))
    ] = None,
    wanted: WantedInState,
    person: As = None,
) -> None:
    """Move requests to another state; exit status 1 if any of them stayed as it was."""
    t, to = translator(load_settings().language), parse_state("--state", state)
    if bool(codes) is all_matching or (codes and not wanted.is_empty()):
        raise typer.BadParameter(t(N_("give either codes, or --all-matching with filters")))
    if codes:
        _move_each(codes, to, note, person)
    elif yes:
        _move_all(wanted, to, note, person, expect)
    else:
        number, total = asyncio.run(_count_movable(wanted, to, person))
        would = N_(
            "{number} of {total} requests would be moved to: {state}."
            " Add --yes to do it, and --expect {number} to do it only while it is so many."
        )
        typer.echo(t(would, number=number, total=total, state=t(STATE_LABELS[to])))


def _move_each(codes: list[str], to: RequestState, note: str, person: str | None) -> None:
    t = translator(load_settings().language)
    outcomes = asyncio.run(_move_requests(codes, to, note, person))
    for code, done in outcomes.items():
        typer.echo(f"{code}: {format_move_result(done, t)}")
    if any(done.outcome is not MoveOutcome.MOVED for done in outcomes.values()):
        raise typer.Exit(1)


async def _move_requests(codes: list[str], to: RequestState, note: str, person: str | None) -> dict[str, MoveResult]:
    async with open_as(person) as office:
        office.require(Act.CHANGE_REQUESTS)
        outcomes = {
            code: await _move_one(office, code, to, note) for code in dict.fromkeys(map(_normalize_code, codes))
        }
        await office.commit()
        return outcomes


async def _move_one(office: CommandSession, code: str, to: RequestState, note: str) -> MoveResult:
    seen = await office.admin.desk.get(office.rights, code)
    if seen is None:
        return MoveResult(MoveOutcome.UNKNOWN)
    return await office.admin.desk.move(office.rights, code, to, seen.revision, note)


def _move_all(wanted: FilterOptions, to: RequestState, note: str, person: str | None, expect: int | None) -> None:
    done = asyncio.run(_confirm_and_move(wanted, to, note, person, expect))
    typer.echo(format_bulk_result(done, translator(load_settings().language), expect))
    if done.outcome is not MoveOutcome.MOVED or done.left:
        raise typer.Exit(1)


async def _confirm_and_move(
    wanted: FilterOptions, to: RequestState, note: str, person: str | None, expect: int | None
) -> BulkMoveResult:
    """Print what matches, then change exactly these requests and no others."""
    async with open_as(person) as office:
        office.require(Act.CHANGE_REQUESTS)
        fitting = to_movable_filter(wanted.filter(office.units), to)
        if fitting is None:
            return BulkMoveResult((), outcome=MoveOutcome.NOT_ALLOWED)
        found = await office.admin.desk.preview_move_all(office.rights, fitting)
        t = translator(load_settings().language)
        typer.echo(t(N_("To be moved to “{state}”: {number}"), state=t(STATE_LABELS[to]), number=found.number))
        if expect is not None and expect != found.number:
            return BulkMoveResult((), outcome=MoveOutcome.OVERTAKEN, meant=found.number)
        done = await office.admin.desk.move_all(office.rights, fitting, to, note, seen=found.mark)
        await office.commit()
        return done


async def _count_movable(wanted: FilterOptions, to: RequestState, person: str | None) -> tuple[int, int]:
    async with open_as(person, reading=True) as office:
        office.require(Act.CHANGE_REQUESTS)
        selection = wanted.filter(office.units)
        return await _count_requests(office, to_movable_filter(selection, to)), await _count_requests(office, selection)


async def _count_requests(office: CommandSession, wanted: Filter | None) -> int:
    return await office.admin.desk.count(office.rights, wanted, Act.CHANGE_REQUESTS) if wanted else 0


def _normalize_code(typed: str) -> str:
    return typed.strip().upper()
