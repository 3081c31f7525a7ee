"""Verify, accept and list the journal: ``troly audit``."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.cli.options import As, open_as
from bot.cli.output import print_rows
from bot.clock import Clock
from bot.delivery.worker_lease import open_heartbeat
from bot.services.opening import open_store_from_settings
from bot.settings import load_settings
from bot.store import ChainFault, Proof, Verdict
from handlers.access import format_action, format_actor, format_subject
from handlers.core import format_moment
from handlers.model import Act, JournalEntry, UnitDirectory
from locales import N_, Translator, translator

_HEADINGS = (N_("No."), N_("When"), N_("Who"), N_("What"), N_("On what"), N_("Count"), N_("Unit"))

app = typer.Typer(no_args_is_help=True)

_FAULTS = {
    ChainFault.CHANGED: N_("Row {number} was changed after it was written."),
    ChainFault.MISSING: N_("Row {number} is missing: it, or with it all that came after, was removed."),
    ChainFault.MOVED: N_(
        "Row {number} does not follow the row before it: rows were put in another order or exchanged."
    ),
    ChainFault.ADDED: N_("Row {number} was added outside the chain."),
    ChainFault.REPLACED: N_("Row {number} is not the one that was noted: the chain was written anew."),
    ChainFault.NO_END: N_("The record of the chain's end was changed or removed; the last row found is {number}."),
}
_CHANGED_END = N_(
    "The end of the journal was changed without the keys, at row {number}: until that is looked into, no role gives"
    " anything. Compare with an end noted earlier, then: troly audit accept. After it, look through the roles:"
    " troly admins list"
)
_WORTHLESS = N_(
    "{code} was not written by the program as it stands, or had ended: it gives nothing. Whoever needs the role is"
    " invited anew."
)
_WHOLE = N_("The journal is whole: {rows} rows.")
_END = N_(
    "End of the chain: {end}. Keep this elsewhere; --noted compares with it whether rows were cut off at the end."
)


@app.command(help=N_("Prove that no row of the journal was changed, removed, added or put in another order."))
def verify(
    noted: Annotated[
        str | None, typer.Option("--noted", help=N_("The end of the chain as this command printed it earlier."))
    ] = None,
) -> None:
    """Verify the journal and the roles; exit status 1 if a row is faulty or a role does not count."""
    t = translator(load_settings().language)
    verdict, proof = asyncio.run(_verify_journal(_parse_chain_end(noted, t)))
    if verdict.fault is not None:
        typer.echo(t(_FAULTS[verdict.fault], number=verdict.number))
        typer.echo(t(N_("Rows before it that are in order: {rows}."), rows=verdict.rows))
    if proof.changed_end is not None:
        typer.echo(t(_CHANGED_END, number=proof.changed_end))
    for code in proof.worthless:
        typer.echo(t(_WORTHLESS, code=code))
    if verdict.fault is not None or not proof.whole:
        raise typer.Exit(1)
    typer.echo(t(_WHOLE, rows=verdict.rows))
    if verdict.rows:
        typer.echo(t(_END, end=f"{verdict.rows}:{verdict.end}"))


def _parse_chain_end(noted: str | None, t: Translator) -> tuple[int, str] | None:
    """Parse the end of a chain such as ``120:97eb...`` into its number and hash."""
    if noted is None:
        return None
    number, _, hashed = noted.partition(":")
    if not (number.isascii() and number.isdecimal() and hashed):
        raise typer.BadParameter(t(N_("write it as it was printed, such as 120:97eb...")), param_hint="--noted")
    return int(number), hashed


async def _verify_journal(noted: tuple[int, str] | None) -> tuple[Verdict, Proof]:
    settings = load_settings()
    async with open_store_from_settings(settings) as opened:
        await open_heartbeat(settings, opened.store, Clock()).look(takes_up=False)
        return await opened.store.audit.verify_journal(noted), await opened.store.audit.check_powers()


@app.command(help=N_("Answer for the journal as it stands, after its end was changed: sealed roles count again."))
def accept(
    *,
    yes: Annotated[bool, typer.Option("--yes", help=N_("The journal was compared with an end noted earlier."))] = False,
) -> None:
    """Accept the journal's last row as its end; only an operator at the machine can, and the journal records it."""
    t = translator(load_settings().language)
    if not yes:
        raise typer.BadParameter(t(N_("compare with an end noted earlier first, then say --yes")), param_hint="--yes")
    proof = asyncio.run(_accept_journal())
    typer.echo(t(N_("The last row of the journal is its end from now on.")))
    for code in proof.worthless:
        typer.echo(t(_WORTHLESS, code=code))


async def _accept_journal() -> Proof:
    async with open_store_from_settings(load_settings()) as opened:
        await opened.store.audit.accept_journal_end(datetime.now(UTC))
        return await opened.store.audit.check_powers()


@app.command("list", help=N_("Show the last rows of the journal."))
def list_rows(
    *,
    person: As = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help=N_("How many rows."))] = 50,
    as_json: Annotated[bool, typer.Option("--json", help=N_("Print JSON Lines; machine names, times in UTC."))] = False,
) -> None:
    """Print the last rows of the journal, the newest first."""
    asyncio.run(_print_latest(person, limit, as_json=as_json))


#: Rows read at a time.
_PAGE = 500


async def _print_latest(person: str | None, limit: int, *, as_json: bool) -> None:
    """Print page by page, so that no list is too long to be held; a table needs the cells of all its rows."""
    t, cells = translator(load_settings().language), list[list[str]]()
    headings = [t(heading) for heading in _HEADINGS]
    async with open_as(person, reading=True) as at:
        at.require(Act.SEE_JOURNAL)
        left, before = limit, None
        while left and (page := await at.admin.journal.latest(at.rights, min(_PAGE, left), before)):
            if as_json:
                print_rows((), headings, json=(entry.model_dump(mode="json") for entry in page))
            else:
                cells += (_row(entry, at.units, t) for entry in page)
            left, before = left - len(page), page[-1].number
    if not as_json:
        print_rows(cells, headings, aligned=True)


def _row(entry: JournalEntry, units: UnitDirectory, t: Translator) -> list[str]:
    return [
        str(entry.number),
        format_moment(entry.at),
        format_actor(t, entry.actor),
        format_action(t, entry),
        format_subject(t, entry),
        str(entry.count),
        units.name(entry.unit),
    ]
