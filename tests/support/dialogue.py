"""Talks to the conversation as a test reads: ``await talk.says("/start")``, ``await talk.taps("Xong")``."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from handlers.conversation import respond
from handlers.core.events import ButtonTapped, Event, FileRead, TextReceived
from handlers.core.ports import Services
from handlers.core.replies import Choice, Reply
from handlers.core.session import Session
from handlers.model.certificate import Certificate, FileProblem, FileProblemKind, Reading
from handlers.testing import build_memory_services
from locales import translator
from rules.loading import load_pack
from rules.pack import Pack

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
#: What a person says until the first question stands there.
BEGIN = ("/start", "đồng ý")


@cache
def pack() -> Pack:
    return load_pack()


@dataclass(kw_only=True)
class Talker(ABC):
    """A person who types lines and taps buttons by their labels; ``heard`` is the output of the last turn."""

    heard: tuple[Reply, ...] = ()
    choices: tuple[Choice, ...] = ()

    @abstractmethod
    async def does(self, event: Event) -> str:
        """Let an event happen; return everything said as one text."""

    async def says(self, *lines: str) -> str:
        for line in lines:
            await self.does(TextReceived(text=line, message="7"))
        return self.text

    async def taps(self, *labels: str) -> str:
        for label in labels:
            choice = next(c for c in self.choices if label.casefold() in c.label.casefold())
            await self.does(ButtonTapped(data=choice.tap, message="8"))
        return self.text

    @property
    def text(self) -> str:
        return "\n\n".join("\n\n".join(reply.paragraphs) for reply in self.heard)

    @property
    def labels(self) -> list[str]:
        return [choice.label for choice in self.choices]


@dataclass
class Dialogue(Talker):
    """One person's conversation over the in-memory ports."""

    world: Services = field(default_factory=lambda: build_memory_services(pack(), NOW))
    session: Session | None = None

    async def does(self, event: Event) -> str:
        """Handle an event and those that follow from it; return everything said as one text."""
        turn = await respond(self.session, event, self.world)
        self.session, self.heard = turn.session, turn.replies
        self.choices = next((r.choices for r in reversed(turn.replies) if r.choices), self.choices)
        for again in turn.again:
            await self.does(again)
        return self.text

    async def sends(self, *certificates: Certificate, problems: Sequence[FileProblemKind] = ()) -> str:
        found = tuple(FileProblem(trouble=trouble) for trouble in problems)
        return await self.does(
            FileRead(name="x.cer", reading=Reading(certificates=certificates, problems=found), message="9")
        )

    @property
    def answers(self) -> dict[str, object]:
        return dict(self.session.answers) if self.session else {}


def expects(text: str, *messages: str) -> None:
    """Check that a text holds these messages in Vietnamese."""
    for message in messages:
        assert translator("vi")(message) in text, message
