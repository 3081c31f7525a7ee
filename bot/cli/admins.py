"""Give, list and end roles, and print sign-in links: ``troly admins``."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from bot.channels import ChannelError, parse_address
from bot.cli.options import As, chat_id, open_as, parse_unit, parse_word
from bot.cli.output import Language, print_rows, translator_for
from bot.clock import Clock
from bot.errors import Forbidden, PersonUnknown, TrolyError
from bot.services.opening import open_store_from_settings
from bot.services.sign_in import SignIn
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import Settings, load_settings
from handlers.access import ROLE_REFUSALS, clean_label, format_actor, format_role
from handlers.core import format_moment
from handlers.model import (
    ACT_TO_GIVE,
    CHANNEL_LABELS,
    EMAIL,
    MACHINE,
    ROLES,
    TELEGRAM,
    TERMINAL,
    WEB,
    ZALO,
    ZALO_BOT,
    Act,
    Grant,
    NewInvitation,
    Refusal,
    Rights,
    Role,
    RoleHolder,
    UnitDirectory,
    channel_kind,
    render_rights_table,
)
from locales import N_, Translator, translator

#: Seconds to wait for Telegram to name the bot.
_TELEGRAM_TIMEOUT = 5.0

_INVITATION_LINK = N_("Invitation {id}, once, until {until}: {link}{code}")
_INVITATION_CODE = N_("Invitation {id}, once, until {until}. Whoever is invited writes to the assistant: /start {code}")


def format_invitation(t: Translator, made: NewInvitation, link: str | None) -> str:
    """Format the invitation as a link, or as a code and what to do with it."""
    return t(
        _INVITATION_LINK if link else _INVITATION_CODE,
        id=made.id,
        until=format_moment(made.expires_at),
        link=link,
        code=made.code,
    )


async def fetch_start_link(settings: Settings) -> str | None:
    """Return Telegram's link for a code, to be written behind it; ``None`` without Telegram, or where it is silent."""
    if settings.telegram_token is None:
        return None
    from bot.channels.telegram.api import TelegramApi  # noqa: PLC0415 - loaded where it is used
    from bot.channels.telegram.channel import TelegramChannel  # noqa: PLC0415 - loaded where it is used

    api = TelegramApi(settings.telegram_token, settings.telegram_api_url, connections=1)
    try:
        async with asyncio.timeout(_TELEGRAM_TIMEOUT):
            api.username = str((await api.call("getMe", read_timeout=_TELEGRAM_TIMEOUT)).get("username", ""))
    except (ChannelError, TimeoutError, AttributeError):  # AttributeError: an answer that is no bot
        return None
    finally:
        await api.close()
    return TelegramChannel(api).start_link


app = typer.Typer(no_args_is_help=True)

_SIGN_IN_LINK = N_("Works once, within 30 minutes, and acts in the name of that person: {address}")
_NO_PAGES = N_("No browser reaches this assistant: TROLY_WEB_LISTEN is empty.")
_NO_ROLE = N_("{person} has no role here.")
_NOBODY = N_("{person} is no chat: write telegram:ID or terminal:NAME")
_NOT_SET_UP = N_("{channel} is not set up here yet: the role counts once it is, and this person writes there.")
_NEVER_WROTE = N_(
    "Nobody has written from there yet: whoever does is the owner. Please compare the number; if it is wrong: troly"
    " admins end {id}"
)
#: Hours that an invitation may be open.
_HOURS, _MOST_HOURS = 72, 24 * 30

Label = Annotated[str, typer.Option(help=N_("How the person is called in lists."))]
Hours = Annotated[int, typer.Option(min=1, max=_MOST_HOURS, help=N_("Hours until the invitation expires."))]
Json = Annotated[bool, typer.Option("--json", help=N_("Print JSON Lines; machine names, times in UTC."))]


@app.command(help=N_("Make somebody an owner: the chat named, or whoever takes the invitation that is printed."))
def add(
    person: Annotated[str | None, typer.Argument(metavar="ID", help=N_("telegram:ID or terminal:NAME"))] = None,
    label: Label = "",
    hours: Hours = _HOURS,
) -> None:
    """Make an owner, only at the machine itself: this is how the first one comes to be."""
    if person is None:
        invite(role=Role.OWNER.value, label=label, hours=hours)
        return
    settings = load_settings()
    t = translator(settings.language)
    grant, channel, known = asyncio.run(_add_owner(person, _clean_label(label)))
    typer.echo(t(N_("{person} is an owner now: {id}"), person=person, id=grant.id))
    if not _is_set_up(settings, channel):
        typer.echo(t(_NOT_SET_UP, channel=t(CHANNEL_LABELS[channel_kind(channel)])), err=True)
    if not known:
        typer.echo(t(_NEVER_WROTE, id=grant.id), err=True)


def _is_set_up(settings: Settings, channel: str) -> bool:
    """Tell whether people can write to the assistant on a channel."""
    needs = {
        TELEGRAM: settings.telegram_token,
        ZALO: settings.zalo_oa_app_id,
        ZALO_BOT: settings.zalo_bot_token,
        WEB: settings.web_listen,
    }
    return bool(needs.get(channel_kind(channel), True))


async def _add_owner(person: str, label: str) -> tuple[Grant, str, bool]:
    """Return the role, the channel, and whether that chat was known. It is invited and takes it: one way to a role."""
    where = parse_address(person)
    if where is None or where.channel == EMAIL:  # nobody talks with the assistant by letters
        raise PersonUnknown(_NOBODY, person=person)
    async with open_store_from_settings(load_settings()) as opened:
        chat, now = opened.store.chats.at(*where), datetime.now(UTC)
        known = await opened.store.chats.find(chat.id) is not None
        rights = Rights.operator(await opened.store.units.read())
        async with open_admin_transaction(opened.store, now, chat=chat.id, channel=MACHINE) as at:
            await at.expect(chat)
            people = at.admin.people
            made = _invitation_or_raise(await people.invite(rights, Role.OWNER, None, label, now + timedelta(hours=1)))
            grant = await people.redeem(made.code)
            if isinstance(grant, Refusal):
                raise to_refusal_error(grant)
            await at.commit()
            return grant, where.channel, known or where.channel.startswith(TERMINAL)


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
    """Print an invitation; its code is shown now and kept nowhere."""
    settings = load_settings()
    given = _parse_role(role)
    made, link = asyncio.run(_create_invitation(person, given, unit, _clean_label(label), hours))
    typer.echo(format_invitation(translator(settings.language), made, link))


async def _create_invitation(
    person: str | None, role: Role, unit: str | None, label: str, hours: int
) -> tuple[NewInvitation, str | None]:
    link = await fetch_start_link(load_settings())
    async with open_as(person) as at:
        expires = at.now + timedelta(hours=hours)
        at.require(ACT_TO_GIVE[role])
        covers = parse_unit(unit, at.units) if unit else None
        made = _invitation_or_raise(await at.admin.people.invite(at.rights, role, covers, label, expires))
        await at.commit()
        return made, link


@app.command("list", help=N_("Show who has which role."))
def list_holders(*, as_json: Json = False, person: As = None) -> None:
    """List the roles, the newest first."""
    _print_holders(*asyncio.run(_read_holders(person)), as_json=as_json)


async def _read_holders(person: str | None) -> tuple[tuple[RoleHolder, ...], UnitDirectory]:
    async with open_as(person, reading=True) as at:
        at.require(Act.SEE_HOLDERS)
        return await at.admin.people.holders(at.rights), at.units


@app.command(help=N_("Show the invitations that can still be taken."))
def invitations(*, as_json: Json = False, person: As = None) -> None:
    """List the open invitations, the newest first."""
    found, units = asyncio.run(_read_invitations(person))
    if found or as_json:
        _print_holders(found, units, as_json=as_json)
    else:
        typer.echo(translator(load_settings().language)(N_("No invitation is open.")), err=True)


async def _read_invitations(person: str | None) -> tuple[tuple[RoleHolder, ...], UnitDirectory]:
    async with open_as(person, reading=True) as at:
        at.require(Act.SEE_HOLDERS)
        return await at.admin.people.invitations(at.rights), at.units


@app.command(help=N_("End a role, or take an invitation back, by its code; it holds from the next message on."))
def end(
    holder: Annotated[str, typer.Argument(metavar="ID", help=N_("QT-000012 of a role, LM-000012 of an invitation"))],
    person: As = None,
) -> None:
    """End a role or an invitation; the last owner stays."""
    code = holder.strip().upper()
    asyncio.run(_end_role(code, person))
    typer.echo(translator(load_settings().language)(N_("{id} has ended."), id=code))


async def _end_role(holder: str, person: str | None) -> None:
    async with open_as(person) as at:
        at.require(Act.END_ROLES)
        refusal = await at.admin.people.end(at.rights, holder)
        if refusal:
            raise to_refusal_error(refusal)
        await at.commit()


@app.command(help=N_("Print a one-time link that signs somebody with a role in to the admin pages."))
def link(
    person: Annotated[
        str, typer.Argument(metavar="ID", help=N_("telegram:ID, terminal:NAME or the code of a role (QT-000012)"))
    ],
) -> None:
    """Print a sign-in link, only at the machine itself; in the chat the person gets one with /web."""
    address = asyncio.run(_make_sign_in_link(person))
    typer.echo(translator(load_settings().language)(_SIGN_IN_LINK, address=address))


async def _make_sign_in_link(person: str) -> str:
    settings = load_settings()
    if settings.web_address is None:
        raise TrolyError(_NO_PAGES)
    async with open_store_from_settings(settings) as opened:
        chat, rights = await chat_id(opened.store, person), Rights.operator(await opened.store.units.read())
        made = await SignIn(opened.store, Clock()).make(chat, rights, settings.web_address)
    if made is None:
        raise PersonUnknown(_NO_ROLE, person=person)
    return made


def to_refusal_error(refusal: Refusal) -> TrolyError:
    """Return a refusal as an error of the command line."""
    kind = Forbidden if refusal is Refusal.NOT_YOURS else TrolyError
    return kind(ROLE_REFUSALS[refusal])


def _invitation_or_raise(outcome: NewInvitation | Refusal) -> NewInvitation:
    if isinstance(outcome, Refusal):
        raise to_refusal_error(outcome)
    return outcome


def _parse_role(name: str) -> Role:
    return parse_word("--role", name, {role: ROLES[role] for role in ACT_TO_GIVE})


def _clean_label(text: str) -> str:
    label = clean_label(text) if text else ""
    if label is None:
        t = translator(load_settings().language)
        raise typer.BadParameter(
            t(N_("one line of at most 100 characters, with two letters or more")), param_hint="--label"
        )
    return label


def _print_holders(holders: tuple[RoleHolder, ...], units: UnitDirectory, *, as_json: bool) -> None:
    t = translator(load_settings().language)
    print_rows(
        (_format_holder(holder, units, t) for holder in holders),
        [t(N_("Code")), t(N_("Role")), t(N_("Name")), t(N_("Since")), t(N_("Until")), t(N_("By"))],
        json=(holder.model_dump(mode="json") for holder in holders) if as_json else None,
        aligned=True,
    )


def _format_holder(holder: RoleHolder, units: UnitDirectory, t: Translator) -> list[str]:
    until = format_moment(holder.expires_at) if holder.expires_at else ""
    who = format_role(t, units, holder.role, holder.unit)
    return [holder.id, who, holder.label, format_moment(holder.since), until, format_actor(t, holder.by)]


def rights(language: Language = None) -> None:
    """Print which role may do what, and how far, as a Markdown table."""
    typer.echo(render_rights_table(translator_for(language)), nl=False)
