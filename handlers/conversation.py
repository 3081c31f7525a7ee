"""The conversation: ``(session, event, world) -> (session', replies)``.

The world is read and written only through its ports; the same session, event and world give the same turn.
"""

from dataclasses import replace

from markupsafe import Markup

from handlers import interview, understanding
from handlers.broadcasts.answering import answered_in_words, answered_reminder
from handlers.broadcasts.taps import OF_ADMINS, BroadcastTap
from handlers.certificate import SECRETS, Problem, Reading, Trouble
from handlers.command import Command
from handlers.commands import command_in, find
from handlers.doubts import is_doubt
from handlers.ended_unit import asked_again, brought_up_to_date
from handlers.events import (
    ChartDrawn,
    DrawChart,
    Edited,
    Event,
    FileRead,
    FileSent,
    MakeReport,
    ReportMade,
    Said,
    SheetRead,
    Tapped,
    TooMuch,
    Unreadable,
)
from handlers.matching import MOST_PARTS, Match, parts_of
from handlers.office.broadcast_taps import admin_tapped
from handlers.office.holding import rights_of, roles_told
from handlers.office.rights import Rights
from handlers.office.screens import ADMIN_SCREENS
from handlers.office.screens.broadcast_file import report_arrived
from handlers.office.screens.chart import chart_arrived
from handlers.office.screens.imported import arrived as list_arrived
from handlers.office.standing import keep_standing
from handlers.page import Answered, Page, Tap
from handlers.pasted import holds_certificate
from handlers.ports import World
from handlers.replying import Turn, aside, first_met, swept, turn_of
from handlers.screen import Here
from handlers.screens import SCREENS, WITHOUT_CONSENT
from handlers.screens.expiry import EXPORT
from handlers.screens.file import WARNING, arrived
from handlers.screens.flow import proceed
from handlers.screens.question import overhear
from handlers.secrets import holds_secret
from handlers.session import Session
from handlers.typed_lines import answered_by_words, wrong_number
from handlers.typed_numbers import typed_numbers
from handlers.understanding import NEITHER
from locales import N_

#: Files kept by reference until there is consent: as many as Telegram lets through in one album.
MOST_WAITING = 10
ASK_ABOUT_IT = N_("If you are not sure, please ask whoever knows this and answer later.")
STILL_KEPT = N_("Your earlier answers are kept.")
SAY_LESS = N_("That is too much at once. Please say it in a few words, no more than {number} things.")
SEND_AGAIN = N_("I see a certificate but have not read it. Please send it again after you agree.")


async def respond(session: Session | None, event: Event, world: World) -> Turn:
    """One turn. Never raises for anything a person can send."""
    here = _steady(Here(session or first_met(world), world))
    if event.group:
        return _in_a_group(session, here, event)
    here, gone = await _without_lost_role(here)
    present, ended = brought_up_to_date(here)
    taken = _up_to_date(present, await _take(present, event))
    answered = _said_what_went(present, asked_again(present, taken))
    if not answered.forget:
        await keep_standing(here, answered.session)
    return await turn_of(present, event, replace(answered, notes=(*gone, *ended, *answered.notes)))


def _in_a_group(session: Session | None, here: Here, event: Event) -> Turn:
    """Nothing personal is answered there; a secret is warned of, and taken away where that is allowed."""
    if event.secret:
        return Turn(session, (*swept(event), aside(here.say(WARNING))))
    note = here.say(N_("I talk about certificates in private only: please write to me directly."))
    return Turn(session, (aside(note),))


def wants_file(session: Session | None) -> bool:
    """Whether a file may be read: only after consent."""
    return session is not None and session.consented_at is not None


async def _take(here: Here, event: Event) -> Answered:
    """What the event does; a secret that came with it is warned of whatever else it was."""
    answered = await _taken(here, event)
    if not event.secret or answered.secret:
        return answered
    warned = answered.session.with_changes(warned=True)
    return replace(answered, session=warned, notes=(here.say(WARNING), *answered.notes), secret=True)


async def _taken(here: Here, event: Event) -> Answered:
    match event:
        case TooMuch():
            note = here.say(
                N_("That is a little fast for me. Please wait a moment, then send your last message again.")
            )
            return Answered(here.session, notes=(note,), show=False)
        case Unreadable() | Edited():
            return _unreadable(here, event) if isinstance(event, Unreadable) else _edited(here, event)
        case FileSent() | FileRead() | SheetRead():
            return await _file(here, event)
        case DrawChart() | ChartDrawn() | MakeReport() | ReportMade():
            return await _made(here, event)
        case Tapped():
            return await _tapped(here, event.data)
        case Said():
            return await _said(here, event.text)


async def _file(here: Here, event: FileSent | FileRead | SheetRead) -> Answered:
    if isinstance(event, FileSent):
        return _file_waits(here, event)
    if isinstance(event, FileRead):
        return _file_read(here, event)
    return await list_arrived(here, event.sheet) or _file_read(here, _no_certificate(event))


async def _made(here: Here, event: DrawChart | ChartDrawn | MakeReport | ReportMade) -> Answered:
    if isinstance(event, DrawChart | ChartDrawn):
        return chart_arrived(here, event)
    return await report_arrived(here, event)


def _steady(here: Here) -> Here:
    """The session on a screen that there is, and without consent on none that asks for anything."""
    session = here.session
    if session.consented_at is None and session.screen not in WITHOUT_CONSENT:
        return here.with_session(session.with_screen("welcome"))
    known = session.screen in SCREENS and (session.offered or session.screen != "certificate")
    returns = session.came_from is None or session.came_from.screen in SCREENS
    return here if known and returns else here.with_session(proceed(here))


async def _without_lost_role(here: Here) -> tuple[Here, tuple[Markup, ...]]:
    """Whoever has no role any more is off its screens before the event is looked at: its buttons are old ones then."""
    if here.session.screen not in ADMIN_SCREENS or (await rights_of(here)).grants:
        return here, ()
    return here.with_session(proceed(here)), (here.say(N_("You no longer have a role here.")),)


def _up_to_date(here: Here, answered: Answered) -> Answered:
    """Answers given under an earlier rule pack go on under the present one, and that is said."""
    before, session, label = here.session, answered.session, here.world.pack.label
    if not (before.answers and session.answers) or before.pack == label:
        return answered
    note = here.say(N_("The rules were updated since you answered; I go by the present ones."))
    return replace(answered, session=session.with_changes(pack=label), notes=(note, *answered.notes))


def _said_what_went(here: Here, answered: Answered) -> Answered:
    """What had been filled in and was taken back, because it was derived from what is no longer so, is said."""
    before, session = here.session, answered.session
    if before.derived is None or not session.answers or "events" in session.answers:
        return answered
    note = here.say(N_("I took back what I had filled in about what happened, and ask you instead."))
    return replace(answered, notes=(*answered.notes, note))


def _file_waits(here: Here, event: FileSent) -> Answered:
    """Sent before consent: kept by reference and without its name, unless its name says that it holds a key."""
    if event.name.lower().endswith((".pfx", ".p12", ".key")):
        return Answered(here.session.with_changes(warned=True), notes=(here.say(WARNING),), secret=True)
    if len(here.session.waiting_files) >= MOST_WAITING:
        full = N_("No more than {number} files can wait until you agree. Please send the others after that.")
        return Answered(here.session, notes=(here.say(full, number=MOST_WAITING),))
    waiting = event.model_copy(update={"name": "", "secret": False})
    note = here.say(N_("I will read the file as soon as you agree."))
    return Answered(here.session.with_changes(waiting_files=(*here.session.waiting_files, waiting)), notes=(note,))


def _file_read(here: Here, event: FileRead) -> Answered:
    """What a file said is taken in after consent only; a secret is warned of in any case."""
    secret = SECRETS & {problem.trouble for problem in event.reading.problems}
    if here.session.consented_at is None and not secret:
        return Answered(here.session, notes=(here.say(SEND_AGAIN),))
    return arrived(here, event.reading, _called(here, event))


def _called(here: Here, event: FileRead) -> str:
    """The name of a file that is one of several; a file alone needs none."""
    several = event.album or (here.session.screen == "certificate" and here.session.offered)
    return event.name if several else ""


def _no_certificate(event: SheetRead) -> FileRead:
    """A list from somebody who cannot do anything with one."""
    nothing = Reading(problems=(Problem(trouble=Trouble.NO_CERTIFICATE),))
    return FileRead(reading=nothing, message=event.message, group=event.group)


def _unreadable(here: Here, event: Unreadable) -> Answered:
    if event.what == "text":
        return Answered(here.session, notes=(here.say(N_("That text is too long for me. A few words are enough.")),))
    what = N_("I can read text, buttons and files, not this. If it shows your certificate, please send the file.")
    return Answered(here.session, notes=(here.say(what), here.say(EXPORT)))


def _edited(here: Here, event: Edited) -> Answered:
    """A change is never taken for a second answer; whoever corrects themselves learns how to."""
    note = N_(
        "I do not read what is changed in a message later. To correct an answer, please write it as a new message."
    )
    return Answered(here.session, notes=() if event.secret else (here.say(note),), show=False)


async def _tapped(here: Here, data: str) -> Answered:
    """A button; one of an older screen is told so, and the open question comes again."""
    if reminder := BroadcastTap.parse(data):
        return await (admin_tapped if reminder.action in OF_ADMINS else answered_reminder)(here, reminder)
    tap, session = Tap.parse(data), here.session
    if tap is None or not tap.belongs_to(session):
        return Answered(session, notes=(here.say(N_("That button belongs to an earlier step. The present question:")),))
    page = await SCREENS[session.screen].page(here)
    option = page.option(tap.value)
    ticked_already = option is not None and option.ticked == tap.wanted_tick
    return Answered(session) if option is None or ticked_already else await _chosen(here, tap.value)


async def _said(here: Here, text: str) -> Answered:
    if holds_secret(text):
        return Answered(here.session.with_changes(warned=True), notes=(here.say(WARNING),), secret=True)
    if (named := command_in(text)) is not None:
        return await _commanded(here, *named)
    if here.session.consented_at is None and holds_certificate(text):
        return Answered(here.session, notes=(here.say(SEND_AGAIN),))
    return await _meant(here, text)


async def _meant(here: Here, text: str) -> Answered:
    """What the text means on the open page: its options, what the screen takes, or something to ask about."""
    page = await SCREENS[here.session.screen].page(here)
    if len(parts_of(text)) > MOST_PARTS and not page.exact:
        return Answered(here.session, notes=(here.say(SAY_LESS, number=MOST_PARTS),))
    heard = understanding.understand(text, page, here.session.guesses)
    if NEITHER in heard.sure:
        return Answered(here.session)
    if heard.sure:
        return await _with_the_rest(here, page, heard, text)
    if heard.numbers and page.numbers == "options":
        return wrong_number(here, page, heard.numbers)
    return await answered_in_words(here, text) or await _typed(here, page, heard, text)


async def _typed(here: Here, page: Page, heard: Match, text: str) -> Answered:
    """What no option is meant by: a value for the screen, a doubt to help with, a number of nothing, or unclear."""
    if page.exact and heard.maybe:  # names of several options: nothing that the screen would take as a text
        return _unsure(here, page, text, heard.maybe)
    if page.help and is_doubt(text):
        return Answered(here.session, notes=(page.help,))
    if typed := await SCREENS[here.session.screen].handle_text(here, text):
        return typed
    numbers = heard.numbers or (typed_numbers(text) if page.numbers == "values" else ())
    return wrong_number(here, page, numbers) if numbers else _unsure(here, page, text, heard.maybe)


async def _with_the_rest(here: Here, page: Page, heard: Match, text: str) -> Answered:
    """The answer, and what else the same line tells of questions that come later."""
    parts = parts_of(text) if here.session.screen == "question" else []
    asked = interview.question(here.session, here.world.pack, here.today)
    told = overhear(here, asked, parts if len(parts) > 1 else [])
    answered = await answered_by_words(here.with_session(told.session), page, heard)
    return replace(answered, notes=(*told.notes, *answered.notes))


async def _commanded(here: Here, name: str, argument: str) -> Answered:
    command = find(name)
    if ended := await _role_ended(here, command):
        return ended
    if (withheld := await _withheld(here, name, command)) or not command:
        return Answered(here.session, notes=(withheld,) if withheld else ())
    if here.session.consented_at is None and not command.before_consent:
        return Answered(here.session.with_screen("welcome"), notes=(here.say(N_("Before that, one question:")),))
    return await command.act(here, argument)


async def _role_ended(here: Here, command: Command | None) -> Answered | None:
    """Whoever worked through the list is told once that the role has ended; how they left the list is forgotten."""
    worked = command is not None and command.needs is not None and here.session.desk is not None
    if not worked or (await rights_of(here)).grants:
        return None
    return Answered(here.session.with_changes(desk=None), notes=(here.say(N_("You no longer have a role here.")),))


async def _withheld(here: Here, name: str, command: Command | None) -> Markup | None:
    """Why a command is not carried out. Whoever has no role does not learn that there are commands for those who do."""
    rights = await rights_of(here) if command and command.needs else Rights()
    if command is None or (command.needs and not rights.grants):
        return here.say(N_("I do not know the command /{name}. /trogiup lists them."), name=name[:32])
    if command.needs and not rights.reach(command.needs):
        return here.say(N_("Your role ({roles}) does not allow this."), roles=roles_told(here, rights))
    return None


async def _chosen(here: Here, value: str) -> Answered:
    return await SCREENS[here.session.screen].handle_option(here, value)


def _unsure(here: Here, page: Page, text: str, maybe: tuple[str, ...]) -> Answered:
    """Ask rather than guess; whoever does not know is told what to do, and what is to be typed is said."""
    if maybe:
        return Answered(here.session, notes=(here.say(N_("I am not sure. Do you mean:")),), guesses=maybe)
    if page.help and page.numbers == "values":
        return Answered(here.session, notes=(page.help,))
    if page.options and is_doubt(text.replace("?", "")):
        return Answered(here.session, notes=(here.say(ASK_ABOUT_IT), *_kept(here)))
    if page.options:
        return Answered(here.session, notes=(here.say(N_("I did not understand that. Please choose one of these:")),))
    return Answered(here.session)


def _kept(here: Here) -> tuple[Markup, ...]:
    return (here.say(STILL_KEPT),) if here.session.answers else ()
