"""Builds the replies of a turn: notes, the open page, and the change of the tapped message."""

from dataclasses import dataclass, replace

from markupsafe import Markup

from handlers.core.events import ButtonTapped, Event
from handlers.core.ports import Services
from handlers.core.replies import Reply
from handlers.core.screen import DONE, Context, HandlerResult, Page, ScreenCallback
from handlers.core.session import Session
from handlers.core.text import join_lines
from handlers.screens import QUESTIONS, SCREENS
from handlers.understanding import matching

#: Characters of notes up to which a question can be shortened later; longer notes are worth keeping.
_MAX_NOTE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Turn:
    """The result of one event. ``session`` is ``None`` if nothing is to be stored."""

    session: Session | None
    replies: tuple[Reply, ...] = ()
    again: tuple[Event, ...] = ()


async def build_turn(here: Context, event: Event, answered: HandlerResult) -> Turn:
    """Build the replies; a changed session gets a new version, so that older buttons become outdated."""
    session = _with_new_version(here.session, answered)
    ticked = (
        isinstance(event, ButtonTapped)
        and event.message is not None
        and _has_only_ticks_changed(here.session, event, session)
    )
    noted = here.session.said_before if ticked else _notes_before_question(here.session, answered, session)
    session = session.with_changes(said_before=noted)
    kept = None if answered.forget or session == to_new_session(here.world) else session
    said = [
        *(delete_message(event) if answered.secret else ()),
        *await _build_replies(here, event, answered, session, ticked=ticked),
    ]
    return Turn(kept, tuple(said), answered.again)


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


def _notes_before_question(before: Session, answered: HandlerResult, after: Session) -> str | None:
    """Return the notes before the question in messages with the present buttons.

    ``None`` if these must not be edited.
    """
    repeated = after.version == before.version
    if not answered.show:
        return before.said_before if repeated else None
    notes = "\n\n".join(map(str, answered.notes))
    if after.screen not in QUESTIONS or answered.attachments or after.guesses or len(notes) > _MAX_NOTE_LENGTH:
        return None
    return notes if not repeated or before.said_before == notes else None


async def _build_replies(
    here: Context, event: Event, answered: HandlerResult, after: Session, *, ticked: bool
) -> list[Reply]:
    reply = (
        await _render_open_page(here.with_session(after), answered, repeated=after.version == here.session.version)
        if answered.show
        else None
    )
    if reply is None:
        beside = {"attachments": answered.attachments, "choices": answered.choices}
        reply = reply_without_page(*answered.notes).model_copy(update=beside)
    if ticked and not answered.notes:
        return [reply.model_copy(update={"action": "buttons", "target": event.message})]
    tapped = await _edit_tapped_message(here, event, after)
    told = bool(reply.paragraphs or reply.attachments or reply.choices)
    return [*([tapped] if tapped else []), *([reply] if told else [])]


def _has_only_ticks_changed(before: Session, event: ButtonTapped, after: Session) -> bool:
    """Return whether only ticks changed, or the tap repeats one; then the message's buttons are changed in place."""
    tap = ScreenCallback.parse(event.data)
    again = tap is not None and tap.wanted_tick is not None and tap.belongs_to(before)
    return (again or before.ticked != after.ticked) and _without_ticks(before) == _without_ticks(after)


def _without_ticks(session: Session) -> Session:
    return session.with_changes(ticked=(), guesses=(), version=0)


async def _render_open_page(here: Context, answered: HandlerResult, *, repeated: bool) -> Reply:
    """Render the open page after the notes; a long page that is in the chat already is shortened."""
    session = here.session
    page: Page = await SCREENS[session.screen].page(here)
    page = matching.to_guess_page(page, session.guesses, here.say) if session.guesses else page
    page = page.to_short() if repeated and answered.notes else page
    return replace(page, attachments=answered.attachments).with_notes(*answered.notes).to_reply(session)


async def _edit_tapped_message(here: Context, event: Event, after: Session) -> Reply | None:
    """Remove the buttons of the tapped message; a question is replaced by itself with the chosen answer.

    All other messages keep their text, because people show answers, codes, certificates and consents to others.
    """
    tap = ScreenCallback.parse(event.data) if isinstance(event, ButtonTapped) else None
    if (
        tap is None
        or event.message is None
        or not tap.belongs_to(here.session)
        or after.version == here.session.version
    ):
        return None
    if here.session.said_before is None:
        return Reply(paragraphs=(), action="buttons", target=event.message)
    page = await SCREENS[here.session.screen].page(here)
    said = join_lines(page.title, *(Markup("➤ {}").format(label) for label in _chosen_labels(page, tap.value)))
    before = (here.session.said_before,) if here.session.said_before else ()
    return Reply(paragraphs=(*before, str(said)), action="edit", target=event.message)


def _chosen_labels(page: Page, value: str) -> list[str]:
    """Return the label of the option; after ticking, the labels of all ticked ones."""
    ticked = [option.label for option in page.options if option.ticked] if page.many and value == DONE else []
    return ticked or [option.label for option in page.options if option.value == value]
