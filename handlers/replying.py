"""What a turn says: notes, the open page, and the tapped message put right."""

from dataclasses import dataclass, replace

from markupsafe import Markup

from handlers import understanding
from handlers.events import Event, Tapped
from handlers.page import Answered, Page, Tap
from handlers.replies import Reply
from handlers.screen import Here
from handlers.screens import SCREENS
from handlers.session import Session
from handlers.voice import lines


@dataclass(frozen=True, slots=True)
class Turn:
    """What one event led to. ``session`` is ``None`` where nothing is to be remembered."""

    session: Session | None
    replies: tuple[Reply, ...] = ()
    again: tuple[Event, ...] = ()


async def turn_of(here: Here, event: Event, answered: Answered) -> Turn:
    """The replies, and the session with a new version where it changed: older buttons then go stale."""
    session = _settled(here.session, answered)
    kept = None if answered.forget else session
    swept = Reply(paragraphs=(), action="delete", target=event.message) if answered.secret and event.message else None
    said = [*([swept] if swept else []), *await _said(here, event, answered, session)]
    return Turn(kept, tuple(said), answered.again)


def aside(*paragraphs: Markup) -> Reply:
    """A message without the open page."""
    return Reply(paragraphs=tuple(map(str, paragraphs)))


def _settled(before: Session, answered: Answered) -> Session:
    """Guesses stand until a page is shown again; a new version makes older buttons stale."""
    after = answered.session
    version = before.version + (after != before)
    guesses = answered.guesses if answered.show else before.guesses
    return after.having(version=version, guesses=guesses)


async def _said(here: Here, event: Event, answered: Answered, after: Session) -> list[Reply]:
    reply = (
        await _shown(here.then(after), answered, repeated=after.version == here.session.version)
        if answered.show
        else None
    )
    if reply is None:
        beside = {"attachments": answered.attachments, "choices": answered.choices}
        reply = aside(*answered.notes).model_copy(update=beside)
    if isinstance(event, Tapped) and event.message and _only_ticks_changed(here.session, event, after):
        return [reply.model_copy(update={"action": "edit", "target": event.message})]
    tapped = await _tapped(here, event, after)
    return [tapped, reply] if tapped else [reply]


def _only_ticks_changed(before: Session, event: Tapped, after: Session) -> bool:
    """The message with the buttons is then changed in place; a second tap for the same finds it as it shall be."""
    tap = Tap.parse(event.data)
    again = tap is not None and tap.wanted is not None and tap.belongs_to(before)
    return (again or before.ticked != after.ticked) and _without_ticks(before) == _without_ticks(after)


def _without_ticks(session: Session) -> Session:
    return session.having(ticked=(), guesses=(), version=0)


async def _shown(here: Here, answered: Answered, *, repeated: bool) -> Reply:
    """The open page after the notes; a long page that stands in the chat already is not said twice."""
    session = here.session
    page: Page = await SCREENS[session.screen].page(here)
    page = understanding.narrowed(page, session.guesses, here.say) if session.guesses else page
    page = page.in_short() if repeated and answered.notes else page
    return replace(page, attachments=answered.attachments).after(*answered.notes).reply(session)


async def _tapped(here: Here, event: Event, after: Session) -> Reply | None:
    """The tapped message keeps its question with the answer that was chosen, and loses its buttons."""
    tap = Tap.parse(event.data) if isinstance(event, Tapped) else None
    if (
        tap is None
        or event.message is None
        or not tap.belongs_to(here.session)
        or after.version == here.session.version
    ):
        return None
    page = await SCREENS[here.session.screen].page(here)
    option = page.option(tap.value)
    said = lines(page.title, Markup("➤ {}").format(option.label if option else ""))
    return Reply(paragraphs=(str(said),), action="edit", target=event.message)
