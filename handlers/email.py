"""The person's official e-mail address: given, confirmed by a link in its first message, and what goes there."""

import re

from markupsafe import Markup

from handlers.core import BACK, Command, Context, HandlerResult, Option, Page, back_option, current_rights
from handlers.model import Act, AuditAction, EmailContact, EmailOffer, is_official, parse_email
from locales import N_

FIRST, FILES, AGAIN, REMOVE = "first", "files", "again", "remove"

_TITLE = N_("<b>Your official e-mail</b>")
_ASK = N_(
    "Reminders and notices can also reach you by e-mail: where this chat cannot be reached, or always. Please type your"
    " official address ({domains})."
)
_WAITING = N_(
    "A message is on its way to {address}. Please open the link in it within 24 hours; until then nothing else is sent"
    " there. For another address, type it."
)
_CONFIRMED = N_("{address} is confirmed.")
_WHEN_FIRST = N_("Reminders go there, not to this chat.")
_WHEN_SECOND = N_("Reminders and notices go there only where this chat cannot be reached.")
_WITH_FILES = N_("Papers that you have made here go there as well.")
_ENDED = N_("Nothing is sent there any more: it was stopped, or its mail server takes nothing.")
_NONE = N_("This assistant sends no e-mail.")
_NO_ADDRESS = N_("That is no e-mail address. It looks like this: ten@haiphong.gov.vn")
_REMOVED = N_("The address is no longer kept here.")
_OFFERS = {
    EmailOffer.ELSEWHERE: N_("I write to official addresses only ({domains})."),
    EmailOffer.TOO_OFTEN: N_("That was asked for several times today. Please try again tomorrow."),
    EmailOffer.STOPPED: N_("Whoever reads this mailbox has stopped messages from here. Please give another address."),
}


async def open_email(here: Context, typed: str) -> HandlerResult:
    """Open the page of the address; with an address, take it at once."""
    if here.world.email is None:
        return HandlerResult(here.session, notes=(here.say(_NONE),))
    opened = here.session.open_visit("email")
    return await _offer(here.with_session(opened), typed) if typed else HandlerResult(opened)


async def _offer(here: Context, typed: str) -> HandlerResult:
    email, address = here.world.email, parse_email(typed)
    if email is None or address is None:
        return HandlerResult(here.session, notes=(here.say(_NO_ADDRESS),))
    offered = await email.offer(address, here.session.language)
    if offered is EmailOffer.ASKED:
        return HandlerResult(here.session)
    return HandlerResult(here.session, notes=(here.say(_OFFERS[offered], domains=", ".join(email.domains)),))


class EmailScreen:
    """Shows the address, and takes another one."""

    async def page(self, here: Context) -> Page:
        """Ask for an address, say that it is to be confirmed, or offer what may go there."""
        email = here.world.email
        known = await email.mine() if email else None
        back = back_option(here.say.t)
        if email is None or known is None:
            domains = ", ".join(email.domains) if email else "–"
            return Page(here.say(_TITLE), (here.say(_ASK, domains=domains),), (back,), exact=True, numbers="values")
        remove = Option(REMOVE, here.say.t(N_("Forget the address")), ("xoa dia chi", "remove"), ticks=False)
        if not known.confirmed:
            again = Option(AGAIN, here.say.t(N_("Send the message again")), ("gui lai", "again"), ticks=False)
            return Page(here.say(_TITLE), (here.say(_WAITING, address=known.address),), (again, remove, back))
        return Page(here.say(_TITLE), _describe(here, known), (*_choices(here, known), remove, back))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Change what goes there."""
        email = here.world.email
        known = await email.mine() if email else None
        if value == BACK or email is None or known is None:
            return HandlerResult(here.session.to_previous_screen())
        if value == REMOVE:
            await email.remove()
            return HandlerResult(here.session.to_previous_screen(), notes=(here.say(_REMOVED),))
        if value == AGAIN:
            return await _offer(here, known.address)
        first = known.first != (value == FIRST)
        await email.choose(first=first, files=known.files != (value == FILES))
        return HandlerResult(here.session)

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take a typed address; anything else is about something else."""
        return await _offer(here, text) if "@" in text else None


def _describe(here: Context, known: EmailContact) -> tuple[Markup, ...]:
    if not known.working:
        return (here.say(_CONFIRMED, address=known.address), here.say(_ENDED))
    when = here.say(_WHEN_FIRST if known.first else _WHEN_SECOND)
    files = (here.say(_WITH_FILES),) if known.files else ()
    return (here.say(_CONFIRMED, address=known.address), when, *files)


def _choices(here: Context, known: EmailContact) -> tuple[Option, ...]:
    t = here.say.t
    if not known.working:
        return (Option(AGAIN, t(N_("Try it again")), ("thu lai", "again")),)
    chat, mail = N_("Reminders to this chat again"), N_("Reminders by e-mail, not here")
    with_files, without = N_("Papers by e-mail as well"), N_("Papers here only")
    return (
        Option(FIRST, t(chat if known.first else mail), ("nhac han",)),
        Option(FILES, t(without if known.files else with_files), ("giay to",)),
    )


#: Addresses of one message.
_MOST_STAFF = 100
_HOW_STAFF = N_(
    "Behind the command write the official addresses of staff who do not talk with me, such as: /themthu"
    " lan@haiphong.gov.vn minh@haiphong.gov.vn. Reminders to your unit then reach them too; each letter says how to"
    " stop them."
)
_WRONG_STAFF = N_("“{word}” is no official address ({domains}), so nothing was kept.")
_TOO_MANY_STAFF = N_("These are more than {most} addresses. Please send fewer at a time.")
_SEVERAL_UNITS = N_("You look after several units. The operator can import the list for each of them.")
_STAFF_KEPT = N_("Kept: {count} addresses. Reminders to your unit reach them from now on.")


async def import_staff(here: Context, typed: str) -> HandlerResult:
    """Take addresses of staff of the unit that an admin looks after, all of them or none."""
    rights, email = await current_rights(here), here.world.email
    words = [word for word in re.split(r"[\s,;]+", typed) if word]
    if email is None or not words or len(words) > _MOST_STAFF:
        why = (_TOO_MANY_STAFF if words else _HOW_STAFF) if email else _NONE
        return HandlerResult(here.session, notes=(here.say(why, most=_MOST_STAFF),))
    for word in words:
        address = parse_email(word)
        if address is None or not is_official(address, email.domains):
            said = here.say(_WRONG_STAFF, word=word[:80], domains=", ".join(email.domains))
            return HandlerResult(here.session, notes=(said,))
    reach = rights.reach(Act.WRITE_BROADCASTS)
    unit = None if reach.everything or len(reach.units) != 1 else reach.units[0]
    if unit is None and not reach.everything:
        return HandlerResult(here.session, notes=(here.say(_SEVERAL_UNITS),))
    addresses = tuple(dict.fromkeys(address for word in words if (address := parse_email(word))))
    await email.import_staff(rights, unit, addresses)
    await here.world.admin.journal.record(
        rights, AuditAction.EMAIL_IMPORT, unit or rights.actor, unit=unit, count=len(addresses)
    )
    return HandlerResult(here.session, notes=(here.say(_STAFF_KEPT, count=len(addresses)),))


STAFF_COMMAND = Command(
    "themthu", N_("official addresses of staff who get reminders by e-mail"), import_staff, needs=Act.WRITE_BROADCASTS
)
_WHAT_FOR = N_("my official e-mail, for reminders")
EMAIL_COMMAND = Command("email", _WHAT_FOR, open_email, ("thudientu", "mail"))
