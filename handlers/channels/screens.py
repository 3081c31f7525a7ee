"""The person's channels: linking another one by a code, the order of reminders, parting one again."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from handlers.channels import format_channel
from handlers.core import (
    BACK,
    NO,
    NO_SYNONYMS,
    YES,
    Command,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    back_option,
    format_bullets,
    join_lines,
)
from handlers.model import (
    EMAIL,
    MOST_CHANNELS,
    ROLES,
    START_PREFIX,
    AgreeAnswer,
    ChannelOffer,
    CodeAnswer,
    OwnChannel,
    format_channel_code,
    format_person_code,
    parse_channel_code,
)
from locales import N_

LINK, MAIL, UP, PART = "link", "mail", "up", "part"

_TITLE = N_("<b>Your channels.</b> A reminder goes to the first of them that can be reached:")
_ALONE = N_(
    "<b>Your channels.</b> So far you talk with me on this one alone. You can link another: then your requests are seen"
    " from both, and a reminder that cannot reach you on one comes on the other."
)
_HOW = N_("Do you have a code of another channel? Then type it here.")
_HERE = N_("this channel")
_BLOCKED = N_("takes no messages now")
_STOPPED = N_("letters stopped")
_CODE = N_(
    "Your code: <b>{code}</b>. Within 10 minutes open me on your other channel and type: /kenh {code}. Then I ask you"
    " on both. Give the code to nobody: it is for you alone."
)
_OPEN = N_("Or open it there: {address}")
_ANSWERS = {
    CodeAnswer.OWN: N_(
        "That code is shown on a channel of yours already. Type it on the channel that you want to link."
    ),
    CodeAnswer.WRONG: N_(
        "That code leads nowhere: it is mistyped, older than 10 minutes, or was used. Get a new one with /kenh on the"
        " other channel."
    ),
    CodeAnswer.TOO_OFTEN: N_("Too many wrong codes were typed here. Please try again in an hour."),
}
_NO_CODE = N_("A code has 10 digits, such as 12345-67890. The other channel shows one with /kenh.")
_ASK_TAKER = N_("<b>Link this channel with {channel}?</b>")
_ASK_GIVER = N_("<b>Your code was typed in {channel}. Link both channels?</b>")
_JOINED = (
    N_("Your requests on either channel can be seen, changed and withdrawn from the other."),
    N_(
        "Reminders have one order of channels, and one limit a week for all. Whoever stops them on one channel stops"
        " them on all."
    ),
    N_("/dulieu and /xoadulieu are about all linked channels."),
    N_("A role does not go along: it works only on the channel that it was given on."),
    N_("What you are in the middle of stays where it is. /kenh parts the channels at any time."),
)
_ONLY_YOURS = N_("Agree only if both channels are yours. Whoever asks you to type a code for them is deceiving you.")
_HOLDS = N_("On {channel}: {held}")
_REQUESTS = N_("{count} requests")
_ROLES = N_("role: {roles}")
_REMINDERS_STOPPED = N_("reminders stopped, which then holds for both; /nhanlai takes it back")
_NOTHING_HELD = N_("nothing registered")
_WAIT_GIVER = N_("Your code was typed in {channel}. I wait until you agree there.")
_WAIT_TAKER = N_("You have agreed. Now open {channel} and answer there: /kenh. Until then nothing is linked.")
_DECLINED = N_("Nothing was linked. If it was not you who typed the code, you need do nothing more.")
_AGREED = {
    AgreeAnswer.LINKED: N_("The channels are linked."),
    AgreeAnswer.LATE: N_(
        "The time for that is over, or the other channel did not want it. Please begin anew with /kenh."
    ),
    AgreeAnswer.TOO_MANY: N_("Together these would be more than {most} channels. Please part one first."),
}
_MOVED = N_("The order is changed.")
_PART_TITLE = N_("<b>Take {channel} out of your channels?</b>")
_PART_WHAT = N_(
    "Requests, answers and roles stay with the channel that they were given on, and so does the e-mail address. Stopped"
    " reminders stay stopped on both, and what you answered to reminders holds on both."
)
_PART_MAIL = N_("The address is then no longer kept here.")
_PARTED = N_("{channel} is no longer one of your channels.")
_KEPT = N_("Nothing was changed.")


async def open_channels(here: Context, typed: str) -> HandlerResult:
    """Open the page of the channels; with a code, take it at once."""
    opened = here.session if here.session.screen == "channels" else here.session.open_visit("channels")
    return await _enter(here.with_session(opened), typed) if typed else HandlerResult(opened)


async def _enter(here: Context, typed: str) -> HandlerResult:
    code = parse_channel_code(typed)
    if code is None:
        return HandlerResult(here.session, notes=(here.say(_NO_CODE),))
    answer = await here.world.channels.enter(code)
    notes = () if answer is CodeAnswer.ASKED else (here.say(_ANSWERS[answer]),)
    return HandlerResult(here.session, notes=notes)


class ChannelsScreen:
    """Lists the channels in the order of reminders; an open question of a link comes before that."""

    async def page(self, here: Context) -> Page:
        """Ask about a link that waits, or list the channels with what can be done."""
        if offer := await here.world.channels.offer():
            return _offer_page(here, offer)
        mine = await here.world.channels.mine()
        if len(mine) == 1:
            return Page(here.say(_ALONE), (here.say(_HOW),), tuple(_options(here, mine)), numbers="codes")
        lines = tuple(_line(here, at, _name(here, one, mine), one) for at, one in enumerate(mine, 1))
        return Page(
            here.say(_TITLE), (join_lines(*lines), here.say(_HOW)), tuple(_options(here, mine)), numbers="codes"
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Answer a link that waits, show a code, or change the order."""
        session, (what, _, handle) = here.session, value.partition(":")
        opened = {
            BACK: session.to_previous_screen(),
            MAIL: session.with_screen("email"),
            PART: session.with_screen("channel_part", about=handle),
        }
        notes = () if what in opened else await _change(here, what, handle)
        return HandlerResult(opened.get(what, session), notes=notes, show=what != LINK)

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take a typed code; anything else is about something else."""
        return await _enter(here, text) if parse_channel_code(text) else None


async def _change(here: Context, what: str, handle: str) -> tuple[Markup, ...]:
    """Do what an option of the page says, and tell it."""
    channels = here.world.channels
    if what == LINK:
        return await _format_code(here)
    if what == YES:
        answer = await channels.agree(handle)
        return () if answer is AgreeAnswer.ASKED else (here.say(_AGREED[answer], most=MOST_CHANNELS),)
    if what == NO:
        await channels.decline()
        return (here.say(_DECLINED),)
    return (here.say(_MOVED),) if await channels.move_up(handle) else ()


async def _format_code(here: Context) -> tuple[Markup, ...]:
    code = await here.world.channels.show_code()
    kind = here.world.channel
    links = (f"{link}{START_PREFIX}{code}" for other, link in here.world.start_links.items() if other != kind)
    opened = tuple(here.say(_OPEN, address=link) for link in links)
    return (here.say(_CODE, code=format_channel_code(code)), *opened)


def _name(here: Context, one: OwnChannel, among: Sequence[OwnChannel] = ()) -> str:
    """Name a channel; of several of the same kind each with the code of its person."""
    alike = [other for other in among if other.kind == one.kind and not one.address]
    name = one.address or format_channel(here.say, one.kind)
    if len(alike) > 1:
        name = f"{name} {format_person_code(one.handle)}"
    return f"{name} ({here.say.t(_HERE)})" if one.here else name


def _title(name: str) -> str:
    return f"{name[:1].upper()}{name[1:]}"


def _line(here: Context, number: int, name: str, one: OwnChannel) -> Markup:
    t = here.say.t
    marks = [t(_BLOCKED)] if one.blocked else [t(_STOPPED)] if one.stopped and one.kind == EMAIL else []
    if one.roles:
        marks.append(_format_roles(here, one))
    tail = f" – {', '.join(marks)}" if marks else ""
    return Markup("{}. {}{}").format(number, _title(name), tail)


def _format_roles(here: Context, one: OwnChannel) -> str:
    t = here.say.t
    return t(_ROLES, roles=", ".join(t(ROLES[role]) for role in one.roles))


def _options(here: Context, mine: tuple[OwnChannel, ...]) -> Iterator[Option]:
    t = here.say.t
    yield Option(LINK, t(N_("Link another channel")), ("noi kenh", "noi them kenh", "link"))
    for one in mine[1:]:
        yield Option(f"{UP}:{one.handle}", t(N_("{channel}: one place up"), channel=_title(_name(here, one, mine))))
    if len(mine) > 1:
        for one in mine:
            yield Option(
                f"{PART}:{one.handle}", t(N_("{channel}: take it out"), channel=_title(_name(here, one, mine)))
            )
    if here.world.email is not None:
        yield Option(MAIL, t(N_("The official e-mail")), ("email", "thu dien tu"))
    yield back_option(t)


def _offer_page(here: Context, offer: ChannelOffer) -> Page:
    say, kind = here.say, format_channel(here.say, offer.other.kind)
    no = Option(NO, say.t(N_("Do not link")), NO_SYNONYMS)
    if not offer.waits_here:
        waiting = _WAIT_GIVER if offer.shown_here else _WAIT_TAKER
        return Page(say(waiting, channel=kind), options=(no, back_option(say.t)))
    yes = Option(
        f"{YES}:{offer.other.handle}", say.t(N_("Agree, both are mine")), ("dong y", "ca hai la cua toi", "agree")
    )
    title = say(_ASK_GIVER if offer.shown_here else _ASK_TAKER, channel=kind)
    shown = (offer.other, offer.here) if offer.shown_here else (offer.here,)
    held = tuple(_format_held(here, one, shown) for one in shown)
    paragraphs = (format_bullets(say(text) for text in _JOINED), join_lines(*held), say(_ONLY_YOURS))
    return Page(title, paragraphs, (yes, no), exact=True)


def _format_held(here: Context, one: OwnChannel, among: Sequence[OwnChannel]) -> Markup:
    t = here.say.t
    held = [
        *([t(_REQUESTS, count=one.requests)] if one.requests else []),
        *([_format_roles(here, one)] if one.roles else []),
        *([t(_REMINDERS_STOPPED)] if one.stopped else []),
    ]
    return here.say(_HOLDS, channel=_name(here, one, among), held="; ".join(held) or t(_NOTHING_HELD))


class PartChannelScreen(OptionsOnlyScreen):
    """Takes a channel out after saying what stays where."""

    async def page(self, here: Context) -> Page:
        """Say what each side keeps."""
        say, mine = here.say, await here.world.channels.mine()
        found = _find(here, mine)
        options = (
            Option(YES, say.t(N_("Take it out")), ("bo kenh", "bo noi", "dong y")),
            Option(NO, say.t(N_("Keep it so")), NO_SYNONYMS),
        )
        name = _name(here, found, mine) if found else "–"
        what = _PART_MAIL if found and found.kind == EMAIL else _PART_WHAT
        return Page(say(_PART_TITLE, channel=name), (say(what),), options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Take it out, or leave all as it is."""
        mine = await here.world.channels.mine()
        session, found = here.session.with_screen("channels"), _find(here, mine)
        if value == NO or found is None or not await here.world.channels.part(found.handle):
            return HandlerResult(session, notes=(here.say(_KEPT),))
        return HandlerResult(session, notes=(here.say(_PARTED, channel=_title(_name(here, found, mine))),))


def _find(here: Context, mine: Sequence[OwnChannel]) -> OwnChannel | None:
    return next((one for one in mine if one.handle == here.session.about), None)


async def start_with_code(here: Context, carried: str) -> HandlerResult | None:
    """Take the code that a start link carries; ``None`` where it carries none."""
    code = parse_channel_code(carried) if carried.lower().startswith(START_PREFIX) else None
    if code is None:
        return None
    if here.session.consented_at is None:
        later = here.say(_AFTER_CONSENT, code=format_channel_code(code))
        return HandlerResult(here.session.with_screen("welcome"), notes=(later,), whole=True)
    return await open_channels(here, code)


_AFTER_CONSENT = N_("To link your channels, please agree below first, then type: /kenh {code}")
CHANNELS_COMMAND = Command(
    "kenh", N_("my channels: link another one, the order of reminders"), open_channels, ("noikenh", "channels")
)
