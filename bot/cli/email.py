"""Try the mail server, and import addresses of staff: ``troly email``."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot.channels import ChannelError, Refused
from bot.channels.email import imap_settings, smtp_settings
from bot.channels.email.returned import MailboxReader
from bot.channels.email.smtp import SmtpPool
from bot.cli.output import print_rows
from bot.clock import Clock
from bot.errors import InputError, read_input
from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import Settings, load_settings
from bot.tables import decode, detect_format, refuse_format
from bot.tables.workbook import read_pages
from handlers.model import MACHINE, AuditAction, Rights, TableFormat, is_official, parse_email
from locales import N_, Translator, translator

app = typer.Typer(add_completion=False, no_args_is_help=True)

#: The largest list that is read, in bytes.
_MOST_BYTES = 4 * 1024 * 1024
_REFUSED_NAME = N_("The mail server does not take the name and password, or not this sender.")
_UNREACHABLE = N_("The mail server cannot be reached, or its certificate is not its own.")
_REFUSED_MAILBOX = N_("The mailbox does not take the name and password, or has no such folder.")
_NO_MAILBOX = N_("No mailbox is read: bounces and answers are not noticed (TROLY_EMAIL_IMAP_HOST).")
_NO_UNIT = N_("There is no unit with this code: {code}")
_WRONG = N_("Line {line} holds no official address ({domains}), so nothing was imported.")
_NOBODY = N_("{file} holds no address.")
_DONE = N_("Imported: {count} addresses for {unit}.")

Steps = list[tuple[bool, str]]


@app.command(help=N_("Try the mail server and the mailbox step by step; nobody is written to."))
def check() -> None:
    """Print a line a step; the exit status is 1 where something is missing."""
    settings = load_settings()
    steps = asyncio.run(_check(settings, translator(settings.language)))
    for good, said in steps:
        typer.echo(f"{'✓' if good else '✗'} {said}")
    if not all(good for good, _ in steps):
        raise typer.Exit(1)


async def _check(settings: Settings, t: Translator) -> Steps:
    pool = SmtpPool(smtp_settings(settings), Clock(), 1)
    steps = [await _try_server(settings, pool, t), await _try_mailbox(settings, t)]
    public = settings.web_url is not None
    one_click = N_("Letters can be stopped with one click: {address}")
    local = N_("Links in letters lead to {address}, which only this machine reaches: set TROLY_WEB_URL.")
    steps.append((public, t(one_click if public else local, address=settings.web_address or "–")))
    steps.append((True, t(N_("Official addresses: {domains}"), domains=", ".join(settings.email_domains))))
    return steps


async def _try_server(settings: Settings, pool: SmtpPool, t: Translator) -> tuple[bool, str]:
    try:
        await pool.check()
    except Refused:
        return False, t(_REFUSED_NAME)
    except ChannelError:
        return False, t(_UNREACHABLE)
    finally:
        await pool.close()
    at = f"{settings.email_host}:{settings.email_port}"
    return True, t(N_("Mail server {at} takes letters from {sender}."), at=at, sender=settings.email_from)


async def _try_mailbox(settings: Settings, t: Translator) -> tuple[bool, str]:
    known = imap_settings(settings)
    if known is None:
        return True, t(_NO_MAILBOX)

    async def nothing(_: bytes) -> str:
        return ""

    try:
        await asyncio.to_thread(MailboxReader(known, nothing, Clock()).check)
    except Refused:
        return False, t(_REFUSED_MAILBOX)
    except ChannelError:
        return False, t(N_("The mailbox cannot be reached."))
    return True, t(N_("Mailbox {user} is read: bounces and answers are noticed."), user=known.user)


@app.command(
    "import",
    help=N_("Import addresses of the staff of a unit: an Excel workbook, a CSV, or a text with one address a line."),
)
def import_staff(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=N_("The file; what is no address in a line is left out."))
    ],
    unit: Annotated[str, typer.Option(help=N_("Code of the unit that the staff belongs to."))],
) -> None:
    """Import all or nothing; an address that is known already changes nothing."""
    settings = load_settings()
    t = translator(settings.language)
    addresses = list(dict.fromkeys(_read_addresses(file, settings.email_domains)))
    if not addresses:
        raise InputError(_NOBODY, file=file)
    asyncio.run(_import(settings, addresses, unit))
    typer.echo(t(_DONE, count=len(addresses), unit=unit))


def _read_addresses(file: Path, domains: tuple[str, ...]) -> Iterator[str]:
    for number, cells in _read_rows(read_input(file, _MOST_BYTES)):
        if not any("@" in cell for cell in cells):
            continue
        found = [address for cell in cells if (address := parse_email(cell.strip(' "')))]
        if len(found) != 1 or not is_official(found[0], domains):
            raise InputError(_WRONG, line=number, domains=", ".join(domains))
        yield found[0]


def _read_rows(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the number and the cells of each line of a text, or of each row of the sheets of a workbook that are shown.

    Raises:
        TableError: the file is neither; the sentence says how to save it.
    """
    kind = detect_format(data)
    refuse_format(kind)
    if kind is not TableFormat.XLSX:
        for number, line in enumerate(decode(data).text.splitlines(), 1):
            yield number, line.replace(";", ",").replace("\t", ",").split(",")
        return
    for page in read_pages(data):
        for number, row in zip(page.lines, () if page.hidden else page.rows, strict=False):
            yield number, [cell.text for cell in row]


async def _import(settings: Settings, addresses: Sequence[str], unit: str) -> None:
    async with open_store_from_settings(settings) as opened:
        rights = Rights.operator(await opened.store.units.read())
        if rights.units.get(unit) is None:
            raise InputError(_NO_UNIT, code=unit)
        async with open_admin_transaction(opened.store, Clock().now(), channel=MACHINE) as at:
            for address in addresses:
                await at.import_email(address, unit)
            await at.admin.journal.record(rights, AuditAction.EMAIL_IMPORT, unit, unit=unit, count=len(addresses))
            await at.commit()


@app.command("list", help=N_("List the imported addresses, and which of them take no messages."))
def list_staff() -> None:
    """Print a row an address."""
    settings = load_settings()
    t = translator(settings.language)

    async def read() -> list[tuple[str, str, str]]:
        async with open_store_from_settings(settings) as opened:
            staff = await opened.store.email.staff()
        states = {(True, False): t(N_("stopped")), (True, True): t(N_("stopped")), (False, True): t(N_("blocked"))}
        return [(one.address, one.unit or "", states.get((one.stopped, one.blocked), "")) for one in staff]

    rows = asyncio.run(read())
    if not rows:
        typer.echo(t(N_("No address was imported yet.")), err=True)
    print_rows(rows, (t(N_("Address")), t(N_("Unit")), t(N_("State"))))
