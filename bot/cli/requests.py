"""``troly requests``: the request list on the command line."""

import asyncio
from typing import Annotated

import typer

from bot.cli.acting import Acting, As, acting
from bot.cli.filters import Wanted, WantedInState, state_of
from bot.cli.option_groups import with_option_groups
from bot.cli.output import json_text
from bot.cli.requests_import import import_requests
from bot.cli.requests_place import place
from bot.cli.requests_words import as_data, as_text, print_list, told, told_all
from bot.errors import NotFound
from bot.settings import load_settings
from handlers.office.codes import codes_meant
from handlers.office.model import Filed, Filter, Move, Moved, MovedAll
from handlers.office.moving import movable
from handlers.office.rights import Act
from handlers.requests.model import State
from handlers.requests.words import STATES
from locales import N_, translator
from rules.calendar import vietnamese_day

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.command("import", help=N_("Read an exported list back: what it would change, and with --apply the changes."))(
    import_requests
)
app.command("place", help=N_("Give requests to the unit they belong to."))(place)

#: Requests read at a time.
_PAGE = 200
#: ``troly requests list`` without ``--limit``.
_LIMIT = 50

Json = Annotated[bool, typer.Option("--json", help=N_("Print JSON Lines; machine names, times in UTC."))]
Codes = Annotated[list[str] | None, typer.Argument(metavar="[CODE]...", help=N_("Codes such as YC-2026-000123."))]
Limit = Annotated[int, typer.Option(min=1, max=1_000_000, help=N_("How many at most, the newest first."))]


@app.command("list", help=N_("List requests, the newest first."))
@with_option_groups
def list_requests(
    wanted: Wanted,
    *,
    limit: Limit = _LIMIT,
    json: Json = False,
    person: As = None,
) -> None:
    """A table for a person; tab-separated lines in a pipe."""
    found, total = asyncio.run(_listed(wanted, limit, person))
    t = translator(load_settings().language)
    print_list(found, total, t, json=json)
    if not found:
        typer.echo(t(N_("No request matches.")), err=True)


async def _listed(wanted: Wanted, limit: int, person: str | None) -> tuple[list[Filed], int]:
    async with acting(person, reading=True) as office:
        office.require(Act.SEE_REQUESTS)
        desk, rights, meant = office.admin.desk, office.rights, wanted.filter(office.units)
        found: list[Filed] = []
        while len(found) < limit:
            before = found[-1].number if found else None
            page = await desk.page(rights, meant, min(_PAGE, limit - len(found)), before)
            if not page:
                break
            found += page
        return found, await desk.count(rights, meant)


@app.command(help=N_("Show one request with its history."))
def show(code: str, json: Json = False, person: As = None) -> None:
    """Exit status 1 where there is none within reach."""
    filed = asyncio.run(_shown(code, person))
    typer.echo(json_text(as_data(filed)) if json else as_text(filed, load_settings().language))


async def _shown(code: str, person: str | None) -> Filed:
    async with acting(person, reading=True) as office:
        office.require(Act.SEE_REQUESTS)
        meant = codes_meant(code, vietnamese_day(office.now)) or (_code(code),)
        found = [filed for one in meant if (filed := await office.admin.desk.get(office.rights, one))]
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
        bool, typer.Option("--all-matching", help=N_("All that the filters mean instead of codes."))
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help=N_("Really change all that match."))] = False,
    expect: Annotated[
        int | None, typer.Option("--expect", min=0, help=N_("With --yes: only where exactly so many match."))
    ] = None,
    wanted: WantedInState,
    person: As = None,
) -> None:
    """Exit status 1 where anything was left as it was."""
    t, to = translator(load_settings().language), state_of("--state", state)
    if bool(codes) is all_matching or (codes and not wanted.is_empty()):
        raise typer.BadParameter(t(N_("give either codes, or --all-matching with filters")))
    if codes:
        _each(codes, to, note, person)
    elif yes:
        _all(wanted, to, note, person, expect)
    else:
        number, total = asyncio.run(_would(wanted, to, person))
        would = N_(
            "{number} of {total} requests would be moved to: {state}."
            " Add --yes to do it, and --expect {number} to do it only while it is so many."
        )
        typer.echo(t(would, number=number, total=total, state=t(STATES[to])))


def _each(codes: list[str], to: State, note: str, person: str | None) -> None:
    t = translator(load_settings().language)
    outcomes = asyncio.run(_moved(codes, to, note, person))
    for code, done in outcomes.items():
        typer.echo(f"{code}: {told(done, t)}")
    if any(done.outcome is not Move.MOVED for done in outcomes.values()):
        raise typer.Exit(1)


async def _moved(codes: list[str], to: State, note: str, person: str | None) -> dict[str, Moved]:
    async with acting(person) as office:
        office.require(Act.CHANGE_REQUESTS)
        outcomes = {code: await _one(office, code, to, note) for code in dict.fromkeys(map(_code, codes))}
        await office.commit()
        return outcomes


async def _one(office: Acting, code: str, to: State, note: str) -> Moved:
    seen = await office.admin.desk.get(office.rights, code)
    if seen is None:
        return Moved(Move.UNKNOWN)
    return await office.admin.desk.move(office.rights, code, to, seen.revision, note)


def _all(wanted: Wanted, to: State, note: str, person: str | None, expect: int | None) -> None:
    done = asyncio.run(_moved_all(wanted, to, note, person, expect))
    typer.echo(told_all(done, translator(load_settings().language), expect))
    if done.outcome is not Move.MOVED or done.left:
        raise typer.Exit(1)


async def _moved_all(wanted: Wanted, to: State, note: str, person: str | None, expect: int | None) -> MovedAll:
    """What is found is said first; that, and nothing else, is changed."""
    async with acting(person) as office:
        office.require(Act.CHANGE_REQUESTS)
        fitting = movable(wanted.filter(office.units), to)
        if fitting is None:
            return MovedAll((), outcome=Move.NOT_ALLOWED)
        found = await office.admin.desk.preview_move_all(office.rights, fitting)
        t = translator(load_settings().language)
        typer.echo(t(N_("To be moved to “{state}”: {number}"), state=t(STATES[to]), number=found.number))
        if expect is not None and expect != found.number:
            return MovedAll((), outcome=Move.OVERTAKEN, meant=found.number)
        done = await office.admin.desk.move_all(office.rights, fitting, to, note, seen=found.mark)
        await office.commit()
        return done


async def _would(wanted: Wanted, to: State, person: str | None) -> tuple[int, int]:
    async with acting(person, reading=True) as office:
        office.require(Act.CHANGE_REQUESTS)
        meant = wanted.filter(office.units)
        return await _count(office, movable(meant, to)), await _count(office, meant)


async def _count(office: Acting, wanted: Filter | None) -> int:
    return await office.admin.desk.count(office.rights, wanted, Act.CHANGE_REQUESTS) if wanted else 0


def _code(typed: str) -> str:
    return typed.strip().upper()
