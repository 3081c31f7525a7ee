"""The conversation: ``respond(session, event, services)`` returns the new session and the replies.

The services are reached only through their ports; the same session, event and services give the same turn.
"""

from dataclasses import replace

from markupsafe import Markup

from handlers import understanding
from handlers.access import format_roles
from handlers.admin.imports import handle_sheet as list_arrived
from handlers.admin.statistics import handle_chart
from handlers.broadcasts.reminders import answer_tapped_reminder, answer_typed_reminder
from handlers.broadcasts.rendering import ADMIN_ACTIONS, BroadcastCallback
from handlers.broadcasts.screens.confirm import handle_admin_button
from handlers.broadcasts.screens.detail import handle_report
from handlers.commands import find_command, parse_command
from handlers.core import (
    BACK,
    AnswerPrinted,
    ButtonTapped,
    CertificatesListed,
    ChartDrawn,
    Command,
    Context,
    DossierMade,
    DrawChart,
    Event,
    FileRead,
    FileSent,
    FormsMade,
    HandlerResult,
    ListMade,
    MakeDossier,
    MakeForms,
    MakeList,
    MessageEdited,
    Order,
    Page,
    PrintAnswer,
    ReportMade,
    ScreenCallback,
    Services,
    Session,
    SheetRead,
    TextReceived,
    Throttled,
    UnreadableReceived,
    current_question,
    current_rights,
    find_impossible_day,
    parse_day,
    without_day,
)
from handlers.dossier.notices import handle_made_list
from handlers.dossier.opened import SCREEN_NAMES as DOSSIER_SCREENS
from handlers.dossier.screens import handle_made_dossier, take_dossier_file
from handlers.forms.filling import without_expired_identities
from handlers.forms.screens import handle_forms_made
from handlers.interview import save_interview_status, to_next_screen
from handlers.interview.screens import STILL_KEPT, count_miss, say_not_understood
from handlers.interview.screens.answer import handle_printed_answer
from handlers.interview.screens.condition import take_day_beside
from handlers.interview.screens.file import (
    SEND_AGAIN,
    WARNING,
    explain_export,
    keep_file_for_consent,
    take_file_read,
    to_unreadable_file,
)
from handlers.interview.screens.question import find_overheard_facts
from handlers.interview.screens.retraction import keep_safety_facts
from handlers.interview.secrets import has_secret
from handlers.model import SECRET_PROBLEMS, Act, FileProblemKind, Rights, has_card_number, holds_certificate
from handlers.registry import ADMIN_SCREENS, LASTING, SCREENS, WITHOUT_CONSENT
from handlers.sentences import REPLIES, answer_sentence, confirm_rest, contradicts, read_aside
from handlers.turn import (
    Turn,
    answer_typed_options,
    ask_for_unit_again,
    build_turn,
    delete_message,
    reject_number,
    reply_without_page,
    to_new_session,
    with_current_units,
)
from handlers.understanding import MAX_PARTS, NEITHER, Match, parse_numbers, read_sentence, split_parts
from handlers.understanding.doubts import is_doubt
from locales import N_
from rules.language import Reading as SentenceReading

#: Facts that the certificate in a file tells more surely than the words under it.
_FACTS_OF_A_FILE = frozenset({"not_after", "expired", "issuer"})
EDIT_READ = N_("I read the edited message as a new one.")
EDIT_ASIDE = N_("Here I take a value or a consent only from a new message: please write it once more.")
ASK_ABOUT_IT = N_("If you are not sure, please ask whoever knows this and answer later.")
CARD_TAKEN_OUT = N_(
    "Your message has a personal number (CCCD). I keep nothing of it, and delete the message where this channel lets"
    " me. I ask for that number only where a form has a line for it. Please send the rest again without it."
)
RULES_UPDATED = N_("The rules were updated since you answered; I go by the present ones.")
OTHER_PLACE = N_("Your body lies outside the area of the local rules here: I go by the national ones.")
_TABLES = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv")
_OF_A_TABLE = frozenset({FileProblemKind.OLD_OFFICE, FileProblemKind.NO_SIGNATURE, FileProblemKind.UNKNOWN_TYPE})
LIST_ELSEWHERE = N_(
    "There is no certificate in this file. If it is a list of your unit's certificates, open the dossier with /donvi"
    " and send it there as .xlsx or .csv."
)
LIST_LEFT = N_("That list is for a dossier: open it with /donvi, then send the list again.")
#: Typed words that lead back from a page of somebody with a role, without accents.
LEAVING = ("thoi", "thoi khoi", "huy", "huy bo", "thoat", "dung lai", "ra", "ve", "de sau", "cancel", "stop", "exit")
TAP_OR_DESK = N_("I cannot make that out yet. Tap a button or send its number; /banlamviec leads to your desk.")
SAY_LESS = N_("That is too much at once. Please say it in a few words, no more than {number} things.")
OTHER_SUBJECT = N_("That button belongs to an earlier answer. Requests keep theirs: /yeucau")


async def respond(session: Session | None, event: Event, world: Services) -> Turn:
    """Handle one event. Never raises for anything that a person can send.

    Args:
        session: The stored session, or ``None`` for a chat without one.
        event: The event.
        world: The services of this turn.

    Returns:
        The new session (``None`` if nothing is to be stored), the replies, and events to handle after this turn.
    """
    here = without_expired_identities(Context(session or to_new_session(world), world))
    here = _with_valid_screen(here)
    if event.group:
        return _respond_in_group(session, here, event)
    here, gone = await _with_current_role(here)
    present, ended = with_current_units(here)
    taken = keep_safety_facts(present, _with_current_pack(present, await _handle_event(present, event)))
    answered = _with_removed_events_note(present, ask_for_unit_again(present, taken))
    if not answered.forget:
        await save_interview_status(here, answered.session)
    answered = _with_misses(present, event, answered)
    turn = await build_turn(present, event, replace(answered, notes=(*gone, *ended, *answered.notes)))
    return _with_last_tap(present.session, event, turn)


def _with_misses(here: Context, event: Event, answered: HandlerResult) -> HandlerResult:
    """Count the messages in a row that were not understood; whatever else a person sends ends the row."""
    if not isinstance(event, TextReceived | MessageEdited | ButtonTapped | FileSent | FileRead):
        return answered
    misses = count_miss(here.session.misses) if answered.missed else 0
    return replace(answered, session=answered.session.with_changes(misses=misses))


def _with_last_tap(before: Session, event: Event, turn: Turn) -> Turn:
    """Remember the button whose tap changed the session, until anything else changes it."""
    tapped = ScreenCallback.parse(event.data) if isinstance(event, ButtonTapped) else None
    if turn.session is None or tapped is None or turn.session.version == before.version:
        return turn
    return replace(turn, session=turn.session.with_changes(last_tap=_mark_tap(turn.session, str(tapped))))


def _mark_tap(session: Session, data: str) -> str:
    return f"{session.version}:{data}"


def _respond_in_group(session: Session | None, here: Context, event: Event) -> Turn:
    """Answer a message in a group without anything personal.

    A secret is deleted with a warning if the channel allows it.
    """
    if event.secret:
        return Turn(session, (*delete_message(event), reply_without_page(here.say(WARNING))))
    if isinstance(event, TextReceived | MessageEdited) and has_card_number(event.text):
        return Turn(session, (*delete_message(event), reply_without_page(here.say(CARD_TAKEN_OUT))))
    note = here.say(N_("I talk about certificates in private only: please write to me directly."))
    return Turn(session, (reply_without_page(note),))


def wants_file(session: Session | None) -> bool:
    """Return whether a file may be read, which needs consent."""
    return session is not None and session.consented_at is not None


async def _handle_event(here: Context, event: Event) -> HandlerResult:
    """Handle the event; if it contained a secret, warn of it in any case."""
    answered = await _with_caption(here, event, await _dispatch_event(here, event))
    if not event.secret or answered.secret:
        return answered
    warned = answered.session.with_changes(warned=True)
    return replace(answered, session=warned, notes=(here.say(WARNING), *answered.notes), secret=True)


async def _with_caption(here: Context, event: Event, answered: HandlerResult) -> HandlerResult:
    """Read the words under a file or photo too; they answer the open page only if its person had it before their eyes.

    A page that the file itself opened was not seen by the person who wrote them.
    """
    words = event.caption if isinstance(event, FileSent | FileRead | SheetRead | UnreadableReceived) else ""
    if not words.strip() or event.secret or answered.secret:
        return answered
    after = here.with_session(answered.session)
    unchanged = answered.session == here.session and here.session.screen != "certificate"
    seen = isinstance(event, FileSent) or unchanged
    if seen or has_secret(words) or has_card_number(words):
        heard = await _handle_text(after, words)
    else:
        heard = read_aside(after, words, without=_FACTS_OF_A_FILE)
    return replace(heard, notes=(*answered.notes, *heard.notes), again=(*answered.again, *heard.again))


async def _dispatch_event(here: Context, event: Event) -> HandlerResult:
    if isinstance(event, Order | ChartDrawn | ReportMade | AnswerPrinted | FormsMade | DossierMade | ListMade):
        return await _handle_background_result(here, event)
    match event:
        case Throttled():
            note = here.say(
                N_("That is a little fast for me. Please wait a moment, then send your last message again.")
            )
            return HandlerResult(here.session, notes=(note,), show=False)
        case UnreadableReceived():
            return await _handle_unreadable(here, event)
        case FileSent() | FileRead() | SheetRead() | CertificatesListed():
            return await _handle_file(here, event)
        case ButtonTapped():
            return await _handle_tap(here, event.data)
        case TextReceived() | MessageEdited():
            return await _handle_words(here, event)


async def _handle_words(here: Context, event: TextReceived | MessageEdited) -> HandlerResult:
    return await (_handle_edit(here, event) if isinstance(event, MessageEdited) else _handle_text(here, event.text))


def wants_certificate_list(session: Session | None) -> bool:
    """Return whether a spreadsheet is read as a list of certificates: while a dossier is open."""
    return session is not None and session.screen in DOSSIER_SCREENS


async def _handle_file(here: Context, event: FileSent | FileRead | SheetRead | CertificatesListed) -> HandlerResult:
    if isinstance(event, FileSent):
        return keep_file_for_consent(here, event)
    if isinstance(event, FileRead | CertificatesListed) and (taken := await _take_for_dossier(here, event)):
        return taken
    if isinstance(event, CertificatesListed):  # the dossier was left meanwhile
        return HandlerResult(here.session, notes=(here.say(LIST_LEFT),))
    if isinstance(event, FileRead):
        return await _send_list_on(here, event) or take_file_read(here, event)
    return await list_arrived(here, event.sheet) or take_file_read(here, to_unreadable_file(event))


async def _handle_background_result(
    here: Context, event: Order | ChartDrawn | ReportMade | AnswerPrinted | FormsMade | DossierMade | ListMade
) -> HandlerResult:
    if isinstance(event, MakeForms | FormsMade):
        return handle_forms_made(here, event)
    if isinstance(event, MakeDossier | DossierMade):
        return await handle_made_dossier(here, event)
    if isinstance(event, MakeList | ListMade):
        return handle_made_list(here, event)
    if isinstance(event, PrintAnswer | AnswerPrinted):
        return handle_printed_answer(here, event)
    if isinstance(event, DrawChart | ChartDrawn):
        return handle_chart(here, event)
    return await handle_report(here, event)


async def _take_for_dossier(here: Context, event: FileRead | CertificatesListed) -> HandlerResult | None:
    """Add what was read to the open dossier; a secret is warned of as ever."""
    held = {problem.trouble for problem in event.reading.problems} if isinstance(event, FileRead) else set()
    if here.session.screen not in DOSSIER_SCREENS or held & SECRET_PROBLEMS:
        return None
    return await take_dossier_file(here, event)


async def _send_list_on(here: Context, event: FileRead) -> HandlerResult | None:
    """Tell somebody who makes dossiers where a table without a certificate belongs."""
    troubles = {problem.trouble for problem in event.reading.problems}
    table = event.name.lower().endswith(_TABLES) and troubles <= _OF_A_TABLE and not event.reading.certificates
    if not table or not (await current_rights(here)).reach(Act.MAKE_DOSSIERS):
        return None
    return HandlerResult(here.session, notes=(here.say(LIST_ELSEWHERE),))


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
    before, session, pack = here.session, answered.session, here.with_session(answered.session).pack
    if not (before.answers and session.answers) or before.pack == (label := pack.label):
        return answered
    elsewhere = before.pack == here.world.pack.label and pack is not here.world.pack
    note = here.say(OTHER_PLACE if elsewhere else RULES_UPDATED)
    return replace(answered, session=session.with_changes(pack=label), notes=(note, *answered.notes))


def _with_removed_events_note(here: Context, answered: HandlerResult) -> HandlerResult:
    """Tell that derived events were removed because their source no longer holds."""
    before, session = here.session, answered.session
    if before.derived is None or not session.answers or "events" in session.answers:
        return answered
    note = here.say(N_("I took back what I had filled in about what happened, and ask you instead."))
    return replace(answered, notes=(*answered.notes, note))


async def _handle_unreadable(here: Context, event: UnreadableReceived) -> HandlerResult:
    if event.what == "text":
        return HandlerResult(
            here.session, notes=(here.say(N_("That text is too long for me. A few words are enough.")),)
        )
    what = N_("I can read text, buttons and files, not this. If it shows your certificate, please send the file.")
    return HandlerResult(here.session, notes=(here.say(what), *await explain_export(here)))


async def _handle_edit(here: Context, event: MessageEdited) -> HandlerResult:
    """Read an edited message as a new one that says so; it may have been written for an earlier question.

    So it never answers the open one by itself: what it names there is asked about.
    """
    if event.secret or not event.text.strip():
        return HandlerResult(here.session, show=False)
    if has_secret(event.text):
        return await _handle_text(here, event.text)
    if has_card_number(event.text):
        return _take_card_out(here)
    heard = await _read_edited_text(here, event.text)
    return replace(heard, notes=(here.say(EDIT_READ), *heard.notes))


async def _read_edited_text(here: Context, text: str) -> HandlerResult:
    if (named := parse_command(text)) is not None:
        return await _run_command(here, *named)
    page = await SCREENS[here.session.screen].page(here)
    reading, heard = read_sentence(here, text), understanding.match_line(text, page, ())
    named_options = (*heard.sure, *heard.maybe)
    if named_options and not page.exact and not reading.facts:
        return await _ask_what_is_meant(here, page, text, named_options)
    if here.session.consented_at is None:
        return read_aside(here, text)
    if page.exact:
        return await _read_edited_value(here, text)
    told = await answer_sentence(here, text, reading, _run_command)
    return told or await _ask_what_is_meant(here, page, text, ())


async def _read_edited_value(here: Context, text: str) -> HandlerResult:
    """Take only the name of a unit, which says what it is about; any other value could be of an earlier field."""
    named = await SCREENS["unit"].handle_text(here, text) if here.session.screen == "unit" else None
    return named or HandlerResult(here.session, notes=(here.say(EDIT_ASIDE),))


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
        if session.last_tap == _mark_tap(session, data):  # a double tap: the first one did what it asks for
            return HandlerResult(session, show=False)
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


def _take_card_out(here: Context) -> HandlerResult:
    """Delete a personal number that nobody asked for; nothing of the message is kept."""
    return HandlerResult(here.session, notes=(here.say(CARD_TAKEN_OUT),), secret=True)


async def _handle_text(here: Context, text: str) -> HandlerResult:
    if has_secret(text):
        return HandlerResult(here.session.with_changes(warned=True), notes=(here.say(WARNING),), secret=True)
    if has_card_number(text) and here.session.screen != "papers":  # which asks for it
        return _take_card_out(here)
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
    line = without_day(text) if here.session.screen == "condition" else text  # "31/12/2028, mọi thứ bình thường"
    heard = understanding.match_line(line, page, here.session.guesses)
    if NEITHER in heard.sure:
        return HandlerResult(here.session)
    reading = read_sentence(here, text, prose=page.prose)
    inexact = heard.likely or here.session.screen == "condition"
    meant = reading.intent not in REPLIES or not heard.likely  # "cảm ơn" is like "vẫn ổn", and says nothing of a token
    if heard.sure and meant and not (inexact and contradicts(here, heard.sure, reading)):
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
    asked = current_question(here.session, here.pack, here.today)
    awaited = here.session.screen == "question" and asked is not None and asked.fact == "certificate"
    return awaited and parse_day(text) is not None


async def _handle_typed_value(here: Context, page: Page, heard: Match, text: str) -> HandlerResult:
    """Handle a text that names no option: a value for the screen, a doubt, an unknown number, or an unclear text."""
    if page.exact and heard.maybe:  # names of several options: nothing that the screen would take as a text
        return await _ask_what_is_meant(here, page, text, heard.maybe)
    if page.help and is_doubt(text if page.exact else text.replace("?", "")):  # a question is no doubt of its own
        return HandlerResult(here.session, notes=(page.help,))
    if typed := await SCREENS[here.session.screen].handle_text(here, text):
        return typed
    numbers = heard.numbers or (parse_numbers(text) if page.numbers == "values" else ())
    return reject_number(here, page, numbers) if numbers else await _ask_what_is_meant(here, page, text, heard.maybe)


async def _answer_with_overheard(
    here: Context, page: Page, heard: Match, text: str, reading: SentenceReading
) -> HandlerResult:
    """Handle an answer, and facts about later questions in the same line."""
    parts = split_parts(text) if here.session.screen == "question" else []
    asked = current_question(here.session, here.pack, here.today)
    told = find_overheard_facts(here, asked, parts if len(parts) > 1 else [])
    day = take_day_beside(here, text) if here.session.screen == "condition" else HandlerResult(here.session)
    if day.notes and find_impossible_day(text):
        return day  # the whole answer is asked again, so that the day is not left behind
    answered = await answer_typed_options(here.with_session(day.session), page, heard)
    answered = replace(answered, notes=(*day.notes, *answered.notes))
    if understanding.match_names(text, page.options, exact=True).sure:
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


async def _ask_what_is_meant(here: Context, page: Page, text: str, maybe: tuple[str, ...]) -> HandlerResult:
    """Ask instead of guessing; help a person who is in doubt, and say what to type where a value is expected."""
    if maybe:
        return HandlerResult(here.session, notes=(here.say(N_("I am not sure. Do you mean:")),), guesses=maybe)
    if page.help and page.numbers == "values":
        return HandlerResult(here.session, notes=(page.help,))
    if page.options and is_doubt(text.replace("?", "")):
        return HandlerResult(here.session, notes=(here.say(ASK_ABOUT_IT), *_format_answers_kept(here)))
    if here.session.screen in ADMIN_SCREENS:
        return await _leave_or_miss(here, page, text)
    if page.options:
        return HandlerResult(here.session, notes=say_not_understood(here), missed=True)
    return HandlerResult(here.session, missed=True)


async def _leave_or_miss(here: Context, page: Page, text: str) -> HandlerResult:
    """Go back for a word that means it, on a page with a way back; else name the ways of somebody with a role."""
    back = page.option(BACK)
    if back and understanding.match_names(text, (replace(back, synonyms=LEAVING),), exact=True).sure:
        return await _choose_option(here, BACK)
    return HandlerResult(here.session, notes=say_not_understood(here, second=TAP_OR_DESK), missed=True)


def _format_answers_kept(here: Context) -> tuple[Markup, ...]:
    return (here.say(STILL_KEPT),) if here.session.answers else ()
