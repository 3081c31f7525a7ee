"""``troly admins``."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from bot.channels.naming import named
from bot.cli.acting import As, acting
from bot.cli.columns import print_rows
from bot.cli.invitation import start_link, told
from bot.cli.meant import unit_of, word_of
from bot.errors import Forbidden, PersonUnknown, TrolyError
from bot.settings import load_settings
from bot.store import store_of
from handlers.dates import moment
from handlers.office.journal_words import doer
from handlers.office.model import Holder, Invitation, Refusal
from handlers.office.people_words import REFUSALS, clean_label, covered
from handlers.office.rights import GIVING, MACHINE, ROLES, Act, Grant, Rights, Role
from handlers.office.units import UnitDirectory
from locales import N_, Translator, translator

app = typer.Typer(no_args_is_help=True)

_NOBODY = N_("{person} is no chat: write telegram:ID or terminal:NAME")
#: Hours that an invitation may be open.
_HOURS, _MOST_HOURS = 72, 24 * 30

Label = Annotated[str, typer.Option(help=N_("How the person is called in lists."))]
Hours = Annotated[int, typer.Option(min=1, max=_MOST_HOURS, help=N_("Hours until the invitation expires."))]
Json = Annotated[bool, typer.Option("--json", help=N_("Print JSON Lines; machine names, times in UTC."))]


@app.command(help=N_("Make somebody an owner: the chat named, or whoever takes the invitation that is printed."))
def add(
    person: Annotated[str | None, typer.Argument(help=N_("telegram:ID or terminal:NAME"))] = None,
    label: Label = "",
    hours: Hours = _HOURS,
) -> None:
    """Only at the machine itself: this is how the first owner comes to be."""
    if person is None:
        invite(role=Role.OWNER.value, label=label, hours=hours)
        return
    t = translator(load_settings().language)
    grant = asyncio.run(_added(person, _label(label)))
    typer.echo(t(N_("{person} is an owner now: {id}"), person=person, id=grant.id))


async def _added(person: str, label: str) -> Grant:
    """Invited and taken at once, so that there is one way to a role."""
    where = named(person)
    if where is None:
        raise PersonUnknown(_NOBODY, person=person)
    async with store_of(load_settings()) as opened:
        chat, now = opened.store.chat(*where), datetime.now(UTC)
        rights = Rights.operator(await opened.store.units())
        async with opened.store.admin_transaction(now, chat=chat.id, channel=MACHINE) as at:
            await at.expect(chat)
            people = at.admin.people
            made = _made(await people.invite(rights, Role.OWNER, None, label, now + timedelta(hours=1)))
            grant = await people.redeem(made.code)
            if isinstance(grant, Refusal):
                raise refused(grant)
            await at.commit()
            return grant


@app.command(help=N_("Print a one-time invitation to a role."))
def invite(
    role: Annotated[str, typer.Option(help=N_("owner, admin or focal, or the role in words."))],
    unit: Annotated[
        str | None, typer.Option(help=N_("Unit that the role covers, with all below it: its code or its name."))
    ] = None,
    label: Label = "",
    hours: Hours = _HOURS,
    person: As = None,
) -> None:
    """The code is shown now and kept nowhere."""
    settings = load_settings()
    given = _role(role)
    made, link = asyncio.run(_invited(person, given, unit, _label(label), hours))
    typer.echo(told(translator(settings.language), made, link))


async def _invited(
    person: str | None, role: Role, unit: str | None, label: str, hours: int
) -> tuple[Invitation, str | None]:
    link = await start_link(load_settings())
    async with acting(person) as at:
        expires = at.now + timedelta(hours=hours)
        at.require(GIVING[role])
        covers = unit_of(unit, at.units) if unit else None
        made = _made(await at.admin.people.invite(at.rights, role, covers, label, expires))
        await at.commit()
        return made, link


@app.command("list", help=N_("Show who has which role."))
def list_holders(*, as_json: Json = False, person: As = None) -> None:
    """The newest first."""
    _show(*asyncio.run(_holders(person)), as_json=as_json)


async def _holders(person: str | None) -> tuple[tuple[Holder, ...], UnitDirectory]:
    async with acting(person, reading=True) as at:
        at.require(Act.SEE_HOLDERS)
        return await at.admin.people.holders(at.rights), at.units


@app.command(help=N_("Show the invitations that can still be taken."))
def invitations(*, as_json: Json = False, person: As = None) -> None:
    """The newest first."""
    found, units = asyncio.run(_invitations(person))
    if found or as_json:
        _show(found, units, as_json=as_json)
    else:
        typer.echo(translator(load_settings().language)(N_("No invitation is open.")), err=True)


async def _invitations(person: str | None) -> tuple[tuple[Holder, ...], UnitDirectory]:
    async with acting(person, reading=True) as at:
        at.require(Act.SEE_HOLDERS)
        return await at.admin.people.invitations(at.rights), at.units


@app.command(help=N_("End a role, or take an invitation back, by its code; it holds from the next message on."))
def end(
    holder: Annotated[str, typer.Argument(metavar="ID", help=N_("QT-000012 of a role, LM-000012 of an invitation"))],
    person: As = None,
) -> None:
    """The last owner stays."""
    code = holder.strip().upper()
    asyncio.run(_ended(code, person))
    typer.echo(translator(load_settings().language)(N_("{id} has ended."), id=code))


async def _ended(holder: str, person: str | None) -> None:
    async with acting(person) as at:
        at.require(Act.END_ROLES)
        refusal = await at.admin.people.end(at.rights, holder)
        if refusal:
            raise refused(refusal)
        await at.commit()


def refused(refusal: Refusal) -> TrolyError:
    """A refusal as an error of the command line."""
    kind = Forbidden if refusal is Refusal.NOT_YOURS else TrolyError
    return kind(REFUSALS[refusal])


def _made(outcome: Invitation | Refusal) -> Invitation:
    if isinstance(outcome, Refusal):
        raise refused(outcome)
    return outcome


def _role(name: str) -> Role:
    return word_of("--role", name, {role: ROLES[role] for role in GIVING})


def _label(text: str) -> str:
    label = clean_label(text) if text else ""
    if label is None:
        t = translator(load_settings().language)
        raise typer.BadParameter(t(N_("one line of at most 100 characters, with letters in it")), param_hint="--label")
    return label


def _show(holders: tuple[Holder, ...], units: UnitDirectory, *, as_json: bool) -> None:
    t = translator(load_settings().language)
    print_rows(
        (_row(holder, units, t) for holder in holders),
        [t(N_("Code")), t(N_("Role")), t(N_("Name")), t(N_("Since")), t(N_("Until")), t(N_("By"))],
        json=(holder.model_dump(mode="json") for holder in holders) if as_json else None,
        aligned=True,
    )


def _row(holder: Holder, units: UnitDirectory, t: Translator) -> list[str]:
    until = moment(holder.expires_at) if holder.expires_at else ""
    who = covered(t, units, holder.role, holder.unit)
    return [holder.id, who, holder.label, moment(holder.since), until, doer(t, holder.by)]
