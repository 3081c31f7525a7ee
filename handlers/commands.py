"""The commands: what each does to the conversation."""

from collections.abc import Iterable

from markupsafe import Markup

from handlers import interview
from handlers.broadcasts.commands import REMINDER_COMMANDS, receive_again, stop_reminders
from handlers.command import Command
from handlers.documents import cited, shelf
from handlers.folding import unaccented
from handlers.office.commands import ADMIN_COMMANDS
from handlers.office.holding import rights_of
from handlers.office.redeeming import redeemed
from handlers.own_data import begun, under_way
from handlers.page import Answered
from handlers.screen import Here
from handlers.screens.expiry import EXPORT
from handlers.screens.flow import another
from handlers.stepping_back import one_step_back
from handlers.voice import bold, lines
from handlers.wording import statement
from locales import LANGUAGES, N_


async def _start(here: Here, invitation: str) -> Answered:
    taken = (await redeemed(here, invitation),) if invitation else ()
    if here.session.consented_at is None:
        return Answered(here.session.with_screen("welcome"), notes=taken)
    note = here.say(N_("Hello again. We go on where we were; /lamlai begins anew."))
    session = here.session.to_previous_screen() if here.session.screen == "stopped" else here.session
    return Answered(session, notes=(*taken, note))


async def _restart(here: Here, _: str) -> Answered:
    return Answered(another(here), notes=(here.say(N_("We begin anew. Your registered requests are kept.")),))


async def _back(here: Here, _: str) -> Answered:
    earlier = one_step_back(here)
    first = () if earlier else (here.say(N_("This is the first question.")),)
    return Answered(earlier or here.session, notes=first)


async def _review(here: Here, _: str) -> Answered:
    return Answered(here.session.with_screen("review"))


async def _why(here: Here, _: str) -> Answered:
    """Why this question is asked, with what the reason rests on."""
    asked = interview.question(here.session, here.world.pack, here.today)
    if here.session.screen != "question" or asked is None:
        return Answered(here.session, notes=(here.say(N_("Each reason stands in the answer, with its document.")),))
    why = lines(bold(here.say(N_("Why I ask"))), statement(asked.why, here.say.t))
    return Answered(here.session, notes=(why,))


async def _help(here: Here, _: str) -> Answered:
    say = here.say
    typing = say(N_("Tap a button, or type its number or a few of its words, with or without accents."))
    notes = (bold(say(N_("What you can send me"))), typing, _menu(here, COMMANDS), say(EXPORT))
    return Answered(here.session, notes=(*notes, *await _help_of_my_roles(here)))


async def _help_of_my_roles(here: Here) -> tuple[Markup, ...]:
    rights = await rights_of(here)
    mine = [command for command in ADMIN_COMMANDS if command.needs and rights.reach(command.needs)]
    return (bold(here.say(N_("By your role you can also send me"))), _menu(here, mine)) if mine else ()


def _menu(here: Here, commands: Iterable[Command]) -> Markup:
    return lines(*(f"/{command.name} – {here.say(command.description)}" for command in commands))


async def _stop(here: Here, _: str) -> Answered:
    return Answered(here.session.open_visit("stopped"))


async def _language(here: Here, wanted: str) -> Answered:
    if wanted in LANGUAGES:
        session = here.session.with_changes(language=wanted)
        return Answered(
            session, notes=(here.with_session(session).say(N_("From now on I speak English. Your answers are kept.")),)
        )
    return Answered(here.session.open_visit("language"))


async def _documents(here: Here, _: str) -> Answered:
    return Answered(here.session, notes=tuple(shelf(here.say, cited(here))))


async def _requests(here: Here, code: str) -> Answered:
    return Answered(
        here.session.with_screen("request", about=code.upper()) if code else here.session.with_screen("requests")
    )


async def _my_data(here: Here, _: str) -> Answered:
    """All that is held about me, as files: they may take a while, so they are made beside the conversation."""
    ordered = await here.world.own_data.order(here.session.language)
    return Answered(here.session, notes=((begun if ordered else under_way)(here.say),))


async def _erase(here: Here, _: str) -> Answered:
    return Answered(here.session.open_visit("erase"))


COMMANDS = (
    Command("start", N_("greet and begin"), _start, ("batdau", "tieptuc"), before_consent=True),
    Command("lamlai", N_("begin anew"), _restart),
    Command("quaylai", N_("one step back"), _back),
    Command("xemlai", N_("review or change my answers"), _review),
    Command("visao", N_("why this question"), _why),
    Command("vanban", N_("the documents cited"), _documents, before_consent=True),
    Command("yeucau", N_("my requests"), _requests, before_consent=True),
    Command("trogiup", N_("help"), _help, ("help",), before_consent=True),
    Command("huy", N_("stop, and keep my answers"), _stop, ("stop", "cancel")),
    Command("ngonngu", N_("language: Tiếng Việt / English"), _language, ("language",), before_consent=True),
    Command("dungnhan", N_("no more reminders"), stop_reminders, ("dungnhac", "unsubscribe"), before_consent=True),
    Command("nhanlai", N_("reminders again"), receive_again, ("nhanlainhacnho", "subscribe"), before_consent=True),
    Command("dulieu", N_("what is held about me"), _my_data, before_consent=True),
    Command("xoadulieu", N_("delete what is held about me"), _erase, before_consent=True),
)
_ALL = (*COMMANDS, *REMINDER_COMMANDS, *ADMIN_COMMANDS)
_BY_NAME = {name: command for command in _ALL for name in (command.name, *command.aliases)}


def command_in(text: str) -> tuple[str, str] | None:
    """The name and the argument of a command line such as ``/ngonngu@troly_bot en``."""
    if not text.startswith("/"):
        return None
    head, _, argument = text[1:].partition(" ")
    return head.partition("@")[0].lower(), argument.strip()


def find(name: str) -> Command | None:
    """The command of that name or alias, with or without accents."""
    return _BY_NAME.get(unaccented(name))
