"""What every screen of the conversation can do."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from handlers.page import Answered, Page
from handlers.ports import World
from handlers.session import Session
from handlers.voice import Voice
from rules.calendar import vietnamese_day


@dataclass(frozen=True, slots=True)
class Here:
    """Where the conversation stands in this turn."""

    session: Session
    world: World

    @property
    def say(self) -> Voice:
        """The session's language."""
        return Voice(self.session.language)

    @property
    def today(self) -> date:
        """Today, in Viet Nam."""
        return vietnamese_day(self.world.now)

    def with_session(self, session: Session) -> "Here":
        """The same turn, with the session it has reached."""
        return replace(self, session=session)


class Screen(Protocol):
    """A screen shows a page and takes one of its options, or a typed text."""

    async def page(self, here: Here) -> Page:
        """What is said, and what can be answered."""

    async def handle_option(self, here: Here, value: str) -> Answered:
        """An option of the page was taken (``many``: "done" with ``session.ticked``)."""

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """A text that is none of the options; ``None`` where the screen takes no text."""


class NoText:
    """For screens that take options only."""

    async def handle_text(self, here: Here, text: str) -> Answered | None:  # noqa: ARG002 - the protocol's signature
        """No text is taken."""
        return None
