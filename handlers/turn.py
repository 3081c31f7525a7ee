"""Builds the replies of a turn: typed options, ended units, notes, the open page, the change of a message."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from markupsafe import Markup

from handlers import understanding
from handlers.core import (
    DONE,
    ButtonTapped,
    Context,
    DerivedEvents,
    Event,
    HandlerResult,
    Page,
    Reply,
    ScreenCallback,
    Services,
    Session,
    hash_text,
    join_lines,
)
from handlers.interview.screens.fate import format_succession
from handlers.interview.screens.unit import handle_unit_code
from handlers.model import Succession
from handlers.registry import ADMIN_SCREENS, QUESTIONS, SCREENS
from handlers.requests.form import with_managing_body
from handlers.understanding import Match, to_guess_page
from locales import N_

#: Characters of notes that are kept in the session, so that the question below them can be written again.
_MAX_NOTE_LENGTH = 300
#: Characters of a question that is written again with what was chosen: it must fit into one message of every channel.
_MAX_QUESTION_LENGTH = 3000


@dataclass(frozen=True, slots=True)
class Turn:
    """The result of one event. ``session`` is ``None`` if nothing is to be stored."""

    session: Session | None
    replies: tuple[Reply, ...] = ()
    again: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class _ShownPage:
    """The open page as it is sent in this turn."""

    reply: Reply
    remembered: str | None  #: ``Session.shown`` after it


async def build_turn(here: Context, event: Event, answered: HandlerResult) -> Turn:
    """Build the replies; a changed session gets a new version, so that older buttons become outdated."""
    session = _with_new_version(here.session, answered)
    repeated = session.version == here.session.version
    ticked = (
        isinstance(event, ButtonTapped)
        and event.message is not None
        and _has_only_ticks_changed(here.session, event, session)
    )
    shown = await _render_open_page(here.with_session(session), answered, repeated=repeated) if answered.show else None
    after = _with_said_text(here.session, answered, session, shown, ticked=ticked)
    kept = None if answered.forget or after == to_new_session(here.world) else after
    reply = shown.reply if shown else _reply_with_notes(answered)
    if ticked and not answered.notes:
        said = [reply.model_copy(update={"action": "buttons", "target": event.message})]
    else:
        tapped = await _edit_tapped_message(here, event, after)
        told = bool(reply.paragraphs or reply.attachments or reply.choices)
        said = [*([tapped] if tapped else []), *([reply] if told else [])]
    return Turn(kept, (*(delete_message(event) if answered.secret else ()), *said), answered.again)


def to_new_session(world: Services) -> Session:
    """Return a session with no data yet. It is never stored, so that merely looking in leaves no trace."""
    return Session.model_validate({"language": world.language})


def delete_message(event: Event) -> tuple[Reply, ...]:
    """Return the reply that deletes the message of an event, if its id is known."""
    return (Reply(paragraphs=(), action="delete", target=event.message),) if event.message else ()


def reply_without_page(*paragraphs: Markup) -> Reply:
    """Return a message without the open page."""
    return Reply(paragraphs=tuple(map(str, paragraphs)))


def _with_new_version(before: Session, answered: HandlerResult) -> Session:
    """Return the session with a new version if it changed; guesses stay until a page is shown again.

    One more file that waits for consent, or one more message that was not understood, does not count as a change, so
    that the buttons stay valid.
    """
    after = answered.session
    shown = after.with_changes(misses=before.misses)
    shown = shown.with_changes(waiting_files=before.waiting_files) if before.waiting_files else shown
    version = before.version + (shown != before)
    guesses = answered.guesses if answered.show else before.guesses
    return after.with_changes(version=version, guesses=guesses)


def _with_said_text(
    before: Session, answered: HandlerResult, after: Session, shown: _ShownPage | None, *, ticked: bool
) -> Session:
    """Remember what the messages with the present buttons say, and whether the answer stands in the chat in full."""
    if shown is None:
        same = after.version == before.version
        return after if same else after.with_changes(said_before=None, said_digest=None)
    noted = before.said_before if ticked else _notes_before_question(before, answered, after)
    digest = before.said_digest if ticked else hash_text(_join_paragraphs(shown.reply.paragraphs))
    digest = None if noted is None else digest
    return after.with_changes(said_before=noted, said_digest=digest, shown=shown.remembered)


def _notes_before_question(before: Session, answered: HandlerResult, after: Session) -> str | None:
    """Return the notes before the question in messages with the present buttons.

    ``None`` if these must not be written again.
    """
    repeated = after.version == before.version
    notes = _join_paragraphs(map(str, answered.notes))
    if after.screen not in QUESTIONS or answered.attachments or after.guesses or len(notes) > _MAX_NOTE_LENGTH:
        return None
    return notes if not repeated or before.said_before == notes else None


def _reply_with_notes(answered: HandlerResult) -> Reply:
    beside = {"attachments": answered.attachments, "choices": answered.choices}
    return reply_without_page(*answered.notes).model_copy(update=beside)


def _has_only_ticks_changed(before: Session, event: ButtonTapped, after: Session) -> bool:
    """Return whether only ticks changed, or the tap repeats one; then the message's buttons are changed in place."""
    tap = ScreenCallback.parse(event.data)
    again = tap is not None and tap.wanted_tick is not None and tap.belongs_to(before)
    return (again or before.ticked != after.ticked) and _without_ticks(before) == _without_ticks(after)


def _without_ticks(session: Session) -> Session:
    return session.with_changes(ticked=(), guesses=(), version=0)


async def _render_open_page(here: Context, answered: HandlerResult, *, repeated: bool) -> _ShownPage:
    """Render the open page after the notes; a long page that is in the chat already is shortened."""
    session = here.session
    page: Page = await SCREENS[session.screen].page(here)
    remembered = hash_text(page.remember) if page.remember else session.shown
    page = understanding.to_guess_page(page, session.guesses, here.say) if session.guesses else page
    short = (repeated or answered.brief) and answered.notes and not answered.whole
    page = page.to_short() if short else page
    reply = replace(page, attachments=answered.attachments).with_notes(*answered.notes).to_reply(session)
    return _ShownPage(reply, remembered)


async def _edit_tapped_message(here: Context, event: Event, after: Session) -> Reply | None:
    """Take the buttons from the tapped message; under a question write what was chosen.

    No word that stands in a message is ever changed, because people show answers, codes, certificates and consents to
    others: a question is only written again if its text comes out the same, letter by letter.
    """
    tap = ScreenCallback.parse(event.data) if isinstance(event, ButtonTapped) else None
    if (
        tap is None
        or event.message is None
        or not tap.belongs_to(here.session)
        or after.version == here.session.version
    ):
        return None
    page = await SCREENS[here.session.screen].page(here)
    chosen, text = _chosen_labels(page, tap.value), _text_before(here.session, page)
    choices = page.lasting_choices(here.session)
    if text is None or not chosen:
        return Reply(paragraphs=(), choices=choices, action="buttons", target=event.message)
    under = join_lines(*(Markup("➤ {}").format(label) for label in chosen))
    return Reply(paragraphs=(*text, str(under)), choices=choices, action="edit", target=event.message)


def _text_before(session: Session, page: Page) -> tuple[str, ...] | None:
    """Return the paragraphs above the open page's buttons, or ``None`` if they cannot be written again as they were."""
    if session.said_before is None:
        return None
    before = (session.said_before,) if session.said_before else ()
    paragraphs = (*before, *page.to_reply(session).paragraphs)
    same = hash_text(_join_paragraphs(paragraphs)) == session.said_digest
    return paragraphs if same and sum(map(len, paragraphs)) <= _MAX_QUESTION_LENGTH else None


def _join_paragraphs(paragraphs: Iterable[str]) -> str:
    return "\n\n".join(paragraphs)


def _chosen_labels(page: Page, value: str) -> list[str]:
    """Return the label of the option; after ticking, the labels of all ticked ones."""
    if page.many and value == DONE:
        return [option.label for option in page.options if option.ticked]
    return [option.label for option in page.options if option.value == value]


UNDERSTOOD_AS = N_("I understood: <b>{answer}</b>. If that is wrong, send /quaylai.")
CONTRADICTION = N_("“{answer}” and something else cannot both be right. Which is it?")
OUT_OF_RANGE = N_("There is no {number} here: please choose a number from 1 to {last}.")
NOT_THE_ONE = N_("There is no {number} here: the only number to choose is 1.")
ONLY_ONE = N_("Only one answer is possible here. Which one: please choose a number from 1 to {last}.")
NO_NUMBER = N_("A text is to be typed here; a number by itself does nothing.")
MORE = N_("I noted: <b>{answer}</b>. As for the rest, do you mean:")


async def answer_typed_options(here: Context, page: Page, heard: Match) -> HandlerResult:
    """Take the options; if they were recognised by similarity only, say what was understood."""
    ticks = [value for value in heard.sure if _is_tick(page, value)]
    if page.many and ticks:
        return await _tick_typed_options(here, page, heard, ticks)
    answered = await SCREENS[here.session.screen].handle_option(here, heard.sure[0])
    return _with_understood_note(here, page, heard, answered) if heard.likely else answered


async def _tick_typed_options(here: Context, page: Page, heard: Match, ticks: list[str]) -> HandlerResult:
    """Tick the options and end ticking, unless a guess was being settled or part of the line was not understood."""
    if len(ticks) < len(heard.sure) and DONE not in heard.sure:
        alone = [value for value in heard.sure if value not in ticks]
        return HandlerResult(here.session, notes=(here.say(CONTRADICTION, answer=_format_labels(page, alone)),))
    session = here.session.with_changes(ticked=tuple(dict.fromkeys((*here.session.ticked, *ticks))))
    if heard.maybe:
        note = here.say(MORE, answer=_format_labels(page, ticks))
        return HandlerResult(session, notes=(note,), guesses=heard.maybe)
    if here.session.guesses:
        return HandlerResult(session)
    answered = await SCREENS[session.screen].handle_option(here.with_session(session), DONE)
    return _with_understood_note(here, page, heard, answered) if heard.likely else answered


def reject_number(here: Context, page: Page, numbers: tuple[int, ...]) -> HandlerResult:
    """Refuse a number that the page does not have, or several where only one is allowed."""
    say, guesses = here.say, here.session.guesses
    shown = to_guess_page(page, guesses, say) if guesses else page
    last = len(shown.numbered_options)
    beyond = next((number for number in numbers if not 1 <= number <= last), None)
    if not last:
        wanted = shown.help if page.numbers == "values" and shown.help else say(NO_NUMBER)
        return HandlerResult(here.session, notes=(wanted,), guesses=guesses)
    if beyond is None:
        return HandlerResult(here.session, notes=(say(ONLY_ONE, last=last),), guesses=guesses)
    note = say(OUT_OF_RANGE, number=beyond, last=last) if last > 1 else say(NOT_THE_ONE, number=beyond)
    return HandlerResult(here.session, notes=(note,), guesses=guesses)


def _with_understood_note(here: Context, page: Page, heard: Match, answered: HandlerResult) -> HandlerResult:
    note = here.say(UNDERSTOOD_AS, answer=_format_labels(page, heard.sure))
    return replace(answered, notes=(note, *answered.notes))


def _format_labels(page: Page, values: list[str] | tuple[str, ...]) -> str:
    return ", ".join(option.label for value in values if (option := page.option(value)))


def _is_tick(page: Page, value: str) -> bool:
    option = page.option(value)
    return option is not None and option.ticks


#: Screens that the question must not interrupt: two ask it themselves, the others are for people with a role.
_UNINTERRUPTED_SCREENS = frozenset({"unit", "former_unit", "belonging", *ADMIN_SCREENS})
_UNIT_REPLACED = N_("{former} has ended; I go on with <b>{unit}</b>. If that is wrong, send /xemlai to change it.")


def with_current_units(here: Context) -> tuple[Context, tuple[Markup, ...]]:
    """Replace the officer's unit and the managing body by their only successors, with a note for each."""
    session, draft, units = here.session, here.session.draft, here.world.units
    named = dict.fromkeys(code for code in (session.unit, draft.unit_code if draft else None) if code)
    ways = {code: way for code in named if (way := _path_to_successor(here, code))}
    today = {code: units.get(way[-1].successor) for code, way in ways.items()}
    if own := today.get(session.unit or ""):
        session = session.with_changes(unit=own.code, derived=_derived_for_unit(session, own.code))
    if draft and (body := today.get(draft.unit_code or "")):
        session = session.with_changes(draft=with_managing_body(draft, body.name, body))
    return here.with_session(session), tuple(_format_unit_replaced(here, way) for way in ways.values())


def _derived_for_unit(session: Session, code: str) -> DerivedEvents | None:
    """Carry derived events over to the new unit, because the officer did not correct anything."""
    return session.derived.model_copy(update={"unit": code}) if session.derived else None


def ask_for_unit_again(here: Context, answered: HandlerResult) -> HandlerResult:
    """Ask for the unit again, after the event, if several units or no known one succeeded it.

    It is not asked before the event: a typed number refers to the page that the person saw.
    """
    session = answered.session
    unit = here.world.units.get(session.unit)
    if unit is None or unit.is_open(here.today) or not _can_ask(answered, session):
        return answered
    asked = handle_unit_code(here.with_session(session.with_changes(unit=None).open_visit("unit")), unit.code)
    return replace(answered, session=asked.session, notes=(*answered.notes, *asked.notes))


def _can_ask(answered: HandlerResult, session: Session) -> bool:
    """Return whether to ask now: not during a short visit, and not together with a "did you mean"."""
    at_home = session.came_from is None and session.screen not in _UNINTERRUPTED_SCREENS
    return at_home and answered.show and not answered.guesses


def _path_to_successor(here: Context, code: str) -> tuple[Succession, ...]:
    """Return the successions from an ended unit to its only successor; empty if it is open or has none."""
    units = here.world.units
    heir = units.sole_successor(code, here.today)
    return next((way for unit, way in units.current_units(code, here.today) if unit is heir), ()) if heir else ()


def _format_unit_replaced(here: Context, way: tuple[Succession, ...]) -> Markup:
    units = here.world.units
    names = {"former": units.name(way[0].former), "unit": units.path_name(way[-1].successor)}
    return join_lines(here.say(_UNIT_REPLACED, **names), format_succession(here, way))
