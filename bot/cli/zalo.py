"""Connect the office's Zalo account, and see what of it is missing: ``troly zalo``."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import typer

from bot.channels import ChannelError, Refused
from bot.channels.zalo.oa import OpenAccount
from bot.channels.zalo.oa.api import GOVERNMENT, Profile
from bot.channels.zalo.oa.money import month_of
from bot.channels.zalo.oa.templates import ERROR, NO_PRICE, NOT_APPROVED, NOT_ASKED, OTHER_PARAMETERS
from bot.clock import Clock
from bot.errors import TrolyError
from bot.services.opening import open_store_from_settings
from bot.settings import Settings, load_settings
from bot.store import ZaloAccount
from handlers.model import PaidTemplate
from locales import N_, Translator, translator
from rules.calendar import to_vietnam_day, to_vietnam_time

app = typer.Typer(add_completion=False, no_args_is_help=True)

_CODE = N_("The address that the browser was sent to after the consent, or the code in it")
_ACCESS, _REFRESH = N_("Access token"), N_("Refresh token")
_CONNECTED = N_("Connected: {name}. Now see what is missing with: troly zalo check")
_NOT_TAKEN = N_(
    "Zalo does not take this. A code works once, within ten minutes: give the consent again in the console and copy the"
    " new address."
)
_ENDED = N_("Zalo does not take these tokens. Copy a new pair from the console; a refresh token works once.")
_UNREACHABLE = N_("Zalo could not be reached, or did not answer. Nothing was changed. Please try again.")
_ANSWERED = N_("Zalo answered with error {code}.")
_EMPTY = N_("Nothing was given, so nothing was changed.")
_WARNING = timedelta(days=30)


@asynccontextmanager
async def _open_account(settings: Settings) -> AsyncIterator[OpenAccount]:
    async with open_store_from_settings(settings) as opened:
        account = OpenAccount(settings, opened.store, Clock())
        try:
            yield account
        finally:
            await account.close()


@app.command(help=N_("Enter the consent of the account: the code of the callback, or a pair of tokens of the console."))
def connect(
    *,
    pair: Annotated[
        bool, typer.Option("--pair", help=N_("Enter a pair of tokens that the console shows, instead of a code."))
    ] = False,
    verifier: Annotated[
        str | None, typer.Option("--verifier", help=N_("The code verifier, where the console was given a challenge."))
    ] = None,
) -> None:
    """Ask for what the console shows; nothing of it is printed, or stays in the history of the shell."""
    settings = load_settings()
    t = translator(settings.language)
    given = [_ask(t(name)) for name in (_ACCESS, _REFRESH)] if pair else [_code_of(_ask(t(_CODE)))]
    if not all(one.strip() for one in given):
        raise TrolyError(_EMPTY)
    name = asyncio.run(_connect(settings, [one.strip() for one in given], verifier))
    typer.echo(t(_CONNECTED, name=name))


def _ask(question: str) -> str:
    """Ask without showing what is typed, or take a line of a pipe."""
    answer: str = typer.prompt(question, hide_input=sys.stdin.isatty(), default="", show_default=False)
    return answer


def _code_of(typed: str) -> str:
    """Return the code in an address, or what was typed."""
    try:
        found = parse_qs(urlsplit(typed.strip()).query).get("code", [])
    except ValueError:
        return typed
    return found[0] if found else typed


async def _connect(settings: Settings, given: list[str], verifier: str | None) -> str:
    async with _open_account(settings) as account:
        try:
            if len(given) == 1:
                await account.tokens.connect(given[0], verifier)
            else:
                await account.tokens.keep(given[0], given[1])
                await account.tokens.renew(given[0])  # shows whether the pair is good, and gives it a known age
            return (await account.watch.probe()).name
        except Refused:
            raise TrolyError(_NOT_TAKEN if len(given) == 1 else _ENDED) from None
        except ChannelError:
            raise TrolyError(_UNREACHABLE) from None


@app.command(help=N_("Try the account step by step, and say what is missing; nobody is written to."))
def check() -> None:
    """Print a line a step; the exit status is 1 where something is missing."""
    settings = load_settings()
    t = translator(settings.language)
    steps = asyncio.run(_check(settings, t))
    for good, said in steps:
        typer.echo(f"{'✓' if good else '✗'} {said}")
    if not all(good for good, _ in steps):
        raise typer.Exit(1)


Steps = list[tuple[bool, str]]


async def _check(settings: Settings, t: Translator) -> Steps:
    async with _open_account(settings) as account:
        steps = list(_webhook_steps(settings, t))
        try:
            await account.tokens.account()
            profile = await account.watch.probe()
        except Refused:
            steps.append((False, t(_why_refused(account))))
            return steps
        except ChannelError as error:
            code = getattr(error, "code", None)
            steps.append((False, t(_UNREACHABLE) if code is None else t(_ANSWERED, code=code)))
            return steps
        known = await account.store.zalo.account(account.app)
        now = account.clock.now()
        steps += [*_profile_steps(profile, now, t), *(_known_steps(known, t) if known else ())]
        spent = await account.store.zalo.spent(account.app, month_of(now))
        steps += [_money_step(settings, spent, t), *_template_steps(await account.templates.refresh(), t)]
        return steps


def _why_refused(account: OpenAccount) -> str:
    if account.tokens.is_connected:
        return N_("Zalo lets the app do nothing for the account: see its permissions and its package in the console.")
    return N_("The account is not connected, or its consent has ended: troly zalo connect")


def _webhook_steps(settings: Settings, t: Translator) -> Iterator[tuple[bool, str]]:
    if settings.zalo_oa_webhook_url is None:
        yield False, t(N_("No webhook: set TROLY_ZALO_OA_WEBHOOK_URL, else nothing is received."))
        return
    said = N_("Webhook: {address}, heard at {listen}. In the console “Lọc cú pháp” must be off and “Webhook Retry” on.")
    yield True, t(said, address=settings.zalo_oa_webhook_url, listen=settings.zalo_oa_webhook_listen)


def _profile_steps(profile: Profile, now: datetime, t: Translator) -> Iterator[tuple[bool, str]]:
    authority = profile.kind == GOVERNMENT
    kind = N_("{name}: an account of an authority") if authority else N_("{name}: an account of a firm")
    yield True, t(kind, name=profile.name)
    yield profile.verified, t(N_("It is verified.") if profile.verified else N_("It is not verified: nothing is sent."))
    if profile.package_ends is None:
        yield bool(profile.package), t(N_("Package: {package}; its end is not known."), package=profile.package or "–")
        return
    day = f"{to_vietnam_day(profile.package_ends):%d/%m/%Y}"
    soon = profile.package_ends - now <= _WARNING
    yield not soon, t(N_("Package: {package}, until {day}."), package=profile.package or "–", day=day)


def _known_steps(known: ZaloAccount, t: Translator) -> Iterator[tuple[bool, str]]:
    ways = {
        True: N_("Messages leave by {endpoint}, with buttons."),
        False: N_("Messages leave by {endpoint}, with numbers."),
    }
    yield True, t(ways[known.buttons], endpoint=known.endpoint or "v3")
    heard = known.last_event_at.year > 1970
    at = f"{to_vietnam_time(known.last_event_at):%H:%M %d/%m/%Y}"
    yield heard, t(N_("The last event came at {at}."), at=at) if heard else t(N_("No event has come yet."))


def _money_step(settings: Settings, spent: int, t: Translator) -> tuple[bool, str]:
    budget = settings.zalo_oa_monthly_dong
    if not budget:
        return True, t(N_("Nothing is sent that costs money."))
    costs = N_("Messages after 48 hours may cost {budget} đ a month; this month they have cost {spent} đ.")
    return spent < budget, t(costs, budget=budget, spent=spent)


#: The sentence for each problem of an approved text; any other is an error of Zalo's.
_TEMPLATE_PROBLEMS = {
    NOT_ASKED: N_("Template {id}: Zalo could not be asked about it. Try again."),
    NOT_APPROVED: N_("Template {id}: Zalo has not approved it, or has switched it off. See it in the ZBS console."),
    OTHER_PARAMETERS: N_(
        "Template {id}: its parameters are not those in TROLY_ZALO_ZBS_TEMPLATES. Make them the same."
    ),
    NO_PRICE: N_("Template {id}: Zalo names no price by person for it, so it is not used."),
}
_TEMPLATE_ERROR = N_("Template {id}: Zalo answered with error {code}.")


def _template_steps(found: Sequence[PaidTemplate], t: Translator) -> Iterator[tuple[bool, str]]:
    if not found:
        yield True, t(N_("No approved templates: nobody is reminded after seven days without a message."))
    for one in found:
        if one.problem is None:
            priced = N_("Template {id}: approved, {price} đ by person, {phone} đ by telephone.")
            yield True, t(priced, id=one.id, price=one.price, phone="–" if one.phone_price is None else one.phone_price)
        else:
            yield (
                False,
                t(
                    _TEMPLATE_PROBLEMS.get(one.problem, _TEMPLATE_ERROR),
                    id=one.id,
                    code=one.problem.removeprefix(ERROR),
                ),
            )
