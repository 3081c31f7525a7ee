"""The conversation: ``respond(session, event, services)`` returns the new session and the replies.

The services are reached only through their ports; the same session, event and services give the same turn.
"""

from dataclasses import replace

from markupsafe import Markup

from handlers.access.current_rights import current_rights, format_roles
from handlers.admin.imports.screens import handle_sheet as list_arrived
from handlers.admin.statistics.screens import handle_chart
from handlers.broadcasts.reminders import answer_tapped_reminder, answer_typed_reminder
from handlers.broadcasts.rendering import ADMIN_ACTIONS, BroadcastCallback
from handlers.broadcasts.screens.confirm import handle_admin_button
from handlers.broadcasts.screens.results import handle_report
from handlers.commands import find_command, parse_command
from handlers.core import interview
from handlers.core.dates import parse_day
from handlers.core.events import (
    AnswerPrinted,
    ButtonTapped,
    ChartDrawn,
    DrawChart,
    Event,
    FileRead,
    FileSent,
    MakeReport,
    MessageEdited,
    PrintAnswer,
    ReportMade,
    SheetRead,
    TextReceived,
    Throttled,
    UnreadableReceived,
)
from handlers.core.ports import Services
from handlers.core.screen import Command, Context, HandlerResult, Page, ScreenCallback
from handlers.core.session import Session
from handlers.interview.flow import to_next_screen
from handlers.interview.screens.certificate import EXPORT
from handlers.interview.screens.condition import take_day_beside
from handlers.interview.screens.file import WARNING, handle_file_read
from handlers.interview.screens.printing import handle_printed_answer
from handlers.interview.screens.question import find_overheard_facts
from handlers.interview.secrets import has_secret
from handlers.interview.status import save_interview_status
from handlers.model.certificate import SECRET_PROBLEMS, FileProblem, FileProblemKind, Reading, holds_certificate
from handlers.model.rights import Rights
from handlers.replaced_units import ask_for_unit_again, with_current_units
from handlers.screens import ADMIN_SCREENS, LASTING, SCREENS, WITHOUT_CONSENT
from handlers.sentences import answer_sentence, confirm_rest, contradicts
from handlers.turn import Turn, build_turn, delete_message, reply_without_page, to_new_session
from handlers.typed_lines import answer_typed_options, reject_number
from handlers.understanding import matching
from handlers.understanding.doubts import is_doubt
from handlers.understanding.matching import MAX_PARTS, NEITHER, Match, split_parts
from handlers.understanding.sentences import read_sentence
from handlers.understanding.typed_numbers import parse_numbers
from locales import N_
from rules.language import Reading as SentenceReading

#: Files kept by reference until there is consent: as many as Telegram allows in one album.
MAX_WAITING_FILES = 10
ASK_ABOUT_IT = N_("If you are not sure, please ask whoever knows this and answer later.")
STILL_KEPT = N_("Your earlier answers are kept.")
SAY_LESS = N_("That is too much at once. Please say it in a few words, no more than {number} things.")
OTHER_SUBJECT = N_("That button belongs to an earlier answer. Requests keep theirs: /yeucau")
SEND_AGAIN = N_("I see a certificate but have not read it. Please send it again after you agree.")


async def respond(session: Session | None, event: Event, world: Services) -> Turn:
    """Handle one event. Never raises for anything that a person can send.

    Args:
        session: The stored session, or ``None`` for a chat without one.
        event: The event.
        world: The services of this turn.

    Returns:
        The new session (``None`` if nothing is to be stored), the replies, and events to handle after this turn.
    """
    here = _with_valid_screen(Context(session or to_new_session(world), world))
    if event.group:
        return _respond_in_group(session, here, event)
    here, gone = await _with_current_role(here)
    present, ended = with_current_units(here)
    taken = _with_current_pack(present, await _handle_event(present, event))
    answered = _with_removed_events_note(present, ask_for_unit_again(present, taken))
    if not answered.forget:
        await save_interview_status(here, answered.session)
    return await build_turn(present, event, replace(answered, notes=(*gone, *ended, *answered.notes)))


def _respond_in_group(session: Session | None, here: Context, event: Event) -> Turn:
    """Answer a message in a group without anything personal.

    A secret is deleted with a warning if the channel allows it.
    """
    if event.secret:
        return Turn(session, (*delete_message(event), reply_without_page(here.say(WARNING))))
    note = here.say(N_("I talk about certificates in private only: please write to me directly."))
    return Turn(session, (reply_without_page(note),))


def wants_file(session: Session | None) -> bool:
    """Return whether a file may be read, which needs consent."""
    return session is not None and session.consented_at is not None


async def _handle_event(here: Context, event: Event) -> HandlerResult:
    """Handle the event; if it contained a secret, warn of it in any case."""
    answered = await _dispatch_event(here, event)
    if not event.secret or answered.secret:
        return answered
    warned = answered.session.with_changes(warned=True)
    return replace(answered, session=warned, notes=(here.say(WARNING), *answered.notes), secret=True)


async def _dispatch_event(here: Context, event: Event) -> HandlerResult:
    match event:
        case Throttled():
            note = here.say(
                N_("That is a little fast for me. Please wait a moment, then send your last message again.")
            )
            return HandlerResult(here.session, notes=(note,), show=False)
        case UnreadableReceived() | MessageEdited():
            return (
                _handle_unreadable(here, event) if isinstance(event, UnreadableReceived) else _handle_edit(here, event)
            )
        case FileSent() | FileRead() | SheetRead():
            return await _handle_file(here, event)
        case DrawChart() | ChartDrawn() | MakeReport() | ReportMade() | PrintAnswer() | AnswerPrinted():
            return await _handle_background_result(here, event)
        case ButtonTapped():
            return await _handle_tap(here, event.data)
        case TextReceived():
            return await _handle_text(here, event.text)


async def _handle_file(here: Context, event: FileSent | FileRead | SheetRead) -> HandlerResult:
    if isinstance(event, FileSent):
        return _keep_file_for_consent(here, event)
    if isinstance(event, FileRead):
        return _handle_file_read(here, event)
    return await list_arrived(here, event.sheet) or _handle_file_read(here, _to_unreadable_file(event))


async def _handle_background_result(
    here: Context, event: DrawChart | ChartDrawn | MakeReport | ReportMade | PrintAnswer | AnswerPrinted
) -> HandlerResult:
    if isinstance(event, PrintAnswer | AnswerPrinted):
        return handle_printed_answer(here, event)
    if isinstance(event, DrawChart | ChartDrawn):
        return handle_chart(here, event)
    return await handle_report(here, event)


def _with_valid_screen(here: Context) -> Context:
    """Move a session away from an unknown screen; without consent, also from screens that ask for data."""
    session = here.session
    if session.consented_at is None and session.screen not in WITHOUT_CONSENT:
        return here.with_session(session.with_screen("welcome"))
    known = session.screen in SCREENS and (session.offered or session.screen != "certificate")
    returns = session.came_from is None or session.came_from.screen in SCREENS
    return here if known and returns else here.with_session(to_next_screen(here))


async def _with_current_role(here: Context) -> tuple[Context, tuple[Markup, ...]]:
    """Take a person without a role off the admin screens before the event is handled.

    Their buttons then count as outdated.
    """
    if here.session.screen not in ADMIN_SCREENS or (await current_rights(here)).grants:
        return here, ()
    return here.with_session(to_next_screen(here)), (here.say(N_("You no longer have a role here.")),)


def _with_current_pack(here: Context, answered: HandlerResult) -> HandlerResult:
    """Continue with the present rule pack if the answers were given under an earlier one, and say so."""
    before, session, label = here.session, answered.session, here.world.pack.label
    if not (before.answers and session.answers) or before.pack == label:
        return answered
    note = here.say(N_("The rules were updated since you answered; I go by the present ones."))
    return replace(answered, session=session.with_changes(pack=label), notes=(note, *answered.notes))


def _with_removed_events_note(here: Context, answered: HandlerResult) -> HandlerResult:
    """Tell that derived events were removed because their source no longer holds."""
    before, session = here.session, answered.session
    if before.derived is None or not session.answers or "events" in session.answers:
        return answered
    note = here.say(N_("I took back what I had filled in about what happened, and ask you instead."))
    return replace(answered, notes=(*answered.notes, note))


def _keep_file_for_consent(here: Context, event: FileSent) -> HandlerResult:
    """Keep a file sent before consent by reference and without its name.

    Refuse one whose name says that it holds a key.
    """
    if event.name.lower().endswith((".pfx", ".p12", ".key")):
        return HandlerResult(here.session.with_changes(warned=True), notes=(here.say(WARNING),), secret=True)
    if len(here.session.waiting_files) >= MAX_WAITING_FILES:
        full = N_("No more than {number} files can wait until you agree. Please send the others after that.")
        return HandlerResult(here.session, notes=(here.say(full, number=MAX_WAITING_FILES),))
    waiting = event.model_copy(update={"name": "", "secret": False})
    note = here.say(N_("I will read the file as soon as you agree."))
    return HandlerResult(here.session.with_changes(waiting_files=(*here.session.waiting_files, waiting)), notes=(note,))


def _handle_file_read(here: Context, event: FileRead) -> HandlerResult:
    """Take in the result of a file only after consent; warn of a secret in any case."""
    secret = SECRET_PROBLEMS & {problem.trouble for problem in event.reading.problems}
    if here.session.consented_at is None and not secret:
        return HandlerResult(here.session, notes=(here.say(SEND_AGAIN),))
    return handle_file_read(here, event.reading, _file_label(here, event))


def _file_label(here: Context, event: FileRead) -> str:
    """Return the file's name if it is one of several, else an empty text."""
    several = event.album or (here.session.screen == "certificate" and here.session.offered)
    return event.name if several else ""


def _to_unreadable_file(event: SheetRead) -> FileRead:
    """Treat a list from a person who may not import as a file without a certificate."""
    nothing = Reading(problems=(FileProblem(trouble=FileProblemKind.NO_CERTIFICATE),))
    return FileRead(reading=nothing, message=event.message, group=event.group)


def _handle_unreadable(here: Context, event: UnreadableReceived) -> HandlerResult:
    if event.what == "text":
        return HandlerResult(
            here.session, notes=(here.say(N_("That text is too long for me. A few words are enough.")),)
        )
    what = N_("I can read text, buttons and files, not this. If it shows your certificate, please send the file.")
    return HandlerResult(here.session, notes=(here.say(what), here.say(EXPORT)))


def _handle_edit(here: Context, event: MessageEdited) -> HandlerResult:
    """Do not take an edited message as a second answer; tell the person how to correct one."""
    note = N_(
        "I do not read what is changed in a message later. To correct an answer, please write it as a new message."
    )
    return HandlerResult(here.session, notes=() if event.secret else (here.say(note),), show=False)


async def _handle_tap(here: Context, data: str) -> HandlerResult:
    """Handle a button; for one of an earlier step, say so and ask the open question again."""
    if reminder := BroadcastCallback.parse(data):
        return await (handle_admin_button if reminder.action in ADMIN_ACTIONS else answer_tapped_reminder)(
            here, reminder
        )
    tap, session = ScreenCallback.parse(data), here.session
    if tap and tap.lasting_subject is not None:
        return await _show_more(here, tap, tap.lasting_subject)
    if tap is None or not tap.belongs_to(session):
        return HandlerResult(
            session, notes=(here.say(N_("That button belongs to an earlier step. The present question:")),)
        )
    page = await SCREENS[session.screen].page(here)
    option = page.option(tap.value)
    ticked_already = option is not None and option.ticked == tap.wanted_tick
    return HandlerResult(session) if option is None or ticked_already else await _choose_option(here, tap.value)


async def _show_more(here: Context, tap: ScreenCallback, subject: str) -> HandlerResult:
    """Show more about a page that was sent earlier; the open page stays as it is."""
    show = LASTING.get(tap.screen)
    found = await show(here, tap.value, subject) if show else None
    return found or HandlerResult(here.session, notes=(here.say(OTHER_SUBJECT),), show=False)


async def _handle_text(here: Context, text: str) -> HandlerResult:
    if has_secret(text):
        return HandlerResult(here.session.with_changes(warned=True), notes=(here.say(WARNING),), secret=True)
    if (named := parse_command(text)) is not None:
        return await _run_command(here, *named)
    if here.session.consented_at is None and holds_certificate(text):
        return HandlerResult(here.session, notes=(here.say(SEND_AGAIN),))
    return await _handle_answer(here, text)


async def _handle_answer(here: Context, text: str) -> HandlerResult:
    """Interpret a text on the open page: as options, as a value for the screen, or as something to ask about."""
    page = await SCREENS[here.session.screen].page(here)
    if len(split_parts(text)) > MAX_PARTS and not page.exact:
        return HandlerResult(here.session, notes=(here.say(SAY_LESS, number=MAX_PARTS),))
    heard = matching.match_line(text, page, here.session.guesses)
    if NEITHER in heard.sure:
        return HandlerResult(here.session)
    reading = read_sentence(here, text)
    if heard.sure and not (heard.likely and contradicts(here, heard.sure, reading)):
        return await _answer_with_overheard(here, page, heard, text, reading)
    if heard.numbers and page.numbers == "options":
        return reject_number(here, page, heard.numbers)
    sentence = None if _is_open_value(here, text) else reading
    return (
        await answer_typed_reminder(here, text)
        or (sentence and await answer_sentence(here, text, sentence, _run_command))
        or await _handle_typed_value(here, page, heard, text)
    )


def _is_open_value(here: Context, text: str) -> bool:
    """Return whether a line gives the day that the open question asks for, in words or not."""
    asked = interview.current_question(here.session, here.world.pack, here.today)
    awaited = here.session.screen == "question" and asked is not None and asked.fact == "certificate"
    return awaited and parse_day(text) is not None


async def _handle_typed_value(here: Context, page: Page, heard: Match, text: str) -> HandlerResult:
    """Handle a text that names no option: a value for the screen, a doubt, an unknown number, or an unclear text."""
    if page.exact and heard.maybe:  # names of several options: nothing that the screen would take as a text
        return _ask_what_is_meant(here, page, text, heard.maybe)
    if page.help and is_doubt(text):
        return HandlerResult(here.session, notes=(page.help,))
    if typed := await SCREENS[here.session.screen].handle_text(here, text):
        return typed
    numbers = heard.numbers or (parse_numbers(text) if page.numbers == "values" else ())
    return reject_number(here, page, numbers) if numbers else _ask_what_is_meant(here, page, text, heard.maybe)


async def _answer_with_overheard(
    here: Context, page: Page, heard: Match, text: str, reading: SentenceReading
) -> HandlerResult:
    """Handle an answer, and facts about later questions in the same line."""
    parts = split_parts(text) if here.session.screen == "question" else []
    asked = interview.current_question(here.session, here.world.pack, here.today)
    told = find_overheard_facts(here, asked, parts if len(parts) > 1 else [])
    if here.session.screen == "condition":
        beside = take_day_beside(here, text)
        answered = await answer_typed_options(here.with_session(beside.session), page, heard)
        return replace(answered, notes=(*beside.notes, *answered.notes))
    answered = await answer_typed_options(here, page, heard)
    if matching.match_names(text, page.options, exact=True).sure:
        return answered  # the very words of an option say nothing else
    return confirm_rest(here, asked, answered, {**told, **reading.facts})


async def _run_command(here: Context, name: str, argument: str) -> HandlerResult:
    command = find_command(name)
    if ended := await _tell_role_ended(here, command):
        return ended
    if (withheld := await _format_refusal(here, name, command)) or not command:
        return HandlerResult(here.session, notes=(withheld,) if withheld else ())
    if here.session.consented_at is None and not command.before_consent:
        return HandlerResult(here.session.with_screen("welcome"), notes=(here.say(N_("Before that, one question:")),))
    return await command.act(here, argument)


async def _tell_role_ended(here: Context, command: Command | None) -> HandlerResult | None:
    """Tell a person once that their role has ended, and drop the state of the request list."""
    worked = command is not None and command.needs is not None and here.session.desk is not None
    if not worked or (await current_rights(here)).grants:
        return None
    return HandlerResult(here.session.with_changes(desk=None), notes=(here.say(N_("You no longer have a role here.")),))


async def _format_refusal(here: Context, name: str, command: Command | None) -> Markup | None:
    """Return why a command is not carried out; a person without a role does not learn that admin commands exist."""
    rights = await current_rights(here) if command and command.needs else Rights()
    if command is None or (command.needs and not rights.grants):
        return here.say(N_("I do not know the command /{name}. /trogiup lists them."), name=name[:32])
    if command.needs and not rights.reach(command.needs):
        return here.say(N_("Your role ({roles}) does not allow this."), roles=format_roles(here, rights))
    return None


async def _choose_option(here: Context, value: str) -> HandlerResult:
    return await SCREENS[here.session.screen].handle_option(here, value)


def _ask_what_is_meant(here: Context, page: Page, text: str, maybe: tuple[str, ...]) -> HandlerResult:
    """Ask instead of guessing; help a person who is in doubt, and say what to type where a value is expected."""
    if maybe:
        return HandlerResult(here.session, notes=(here.say(N_("I am not sure. Do you mean:")),), guesses=maybe)
    if page.help and page.numbers == "values":
        return HandlerResult(here.session, notes=(page.help,))
    if page.options and is_doubt(text.replace("?", "")):
        return HandlerResult(here.session, notes=(here.say(ASK_ABOUT_IT), *_format_answers_kept(here)))
    if page.options:
        return HandlerResult(
            here.session, notes=(here.say(N_("I did not understand that. Please choose one of these:")),)
        )
    return HandlerResult(here.session)


def _format_answers_kept(here: Context) -> tuple[Markup, ...]:
    return (here.say(STILL_KEPT),) if here.session.answers else ()
