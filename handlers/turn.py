"""Builds the replies of a turn: notes, the open page, and the change of the tapped message."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from markupsafe import Markup

from handlers.core.events import ButtonTapped, Event
from handlers.core.ports import Services
from handlers.core.replies import Reply
from handlers.core.screen import DONE, Context, HandlerResult, Page, ScreenCallback, hash_text
from handlers.core.session import Session
from handlers.core.text import join_lines
from handlers.screens import QUESTIONS, SCREENS
from handlers.understanding import matching

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

    One more file that waits for consent does not count as a change, so that the buttons of the welcome stay valid.
    """
    after = answered.session
    shown = after.with_changes(waiting_files=before.waiting_files) if before.waiting_files else after
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
    page = matching.to_guess_page(page, session.guesses, here.say) if session.guesses else page
    page = page.to_short() if repeated and answered.notes else page
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
