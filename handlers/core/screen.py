"""A screen as data: what it says and what can be answered."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Generic, Literal, Protocol, TypeVar

from markupsafe import Markup

from handlers.core.events import Event
from handlers.core.ports import Services
from handlers.core.replies import Attachment, Choice, Reply
from handlers.core.session import Session
from handlers.core.text import MarkupTranslator
from handlers.model.rights import Act as Right
from locales import N_, Translator
from rules.calendar import to_vietnam_day

#: Characters from which a page is long.
LONG_PAGE = 800


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer."""

    value: str
    label: str
    synonyms: tuple[str, ...] = ()
    ticked: bool = False
    ticks: bool = True  #: where several may be chosen: a tick, not the end of ticking
    #: A number takes it. Not what gives up something where a text is typed: a slip there must not throw it away.
    numbered: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """The open screen. ``title`` stays when the message is edited after an answer."""

    title: Markup
    paragraphs: tuple[Markup, ...] = ()
    options: tuple[Option, ...] = ()
    many: bool = False  #: several options may be ticked before ``DONE``
    switches: bool = False  #: options are ticked one by one, each turned by itself
    attachments: tuple[Attachment, ...] = ()
    brief: Markup | None = None  #: the title where the page stands in the chat already
    exact: bool = False  #: typed words count only where they are an option's own: consent, names, deletion
    #: What a typed number is besides an option's: nothing; a code or a day where no option has it; always a value.
    numbers: Literal["options", "codes", "values"] = "options"
    help: Markup | None = None  #: where a text is typed: what is said to somebody who does not know what to type

    def option(self, value: str) -> Option | None:
        """The option of that value."""
        return next((option for option in self.options if option.value == value), None)

    def with_notes(self, *notes: Markup) -> "Page":
        """The same page, with notes said before it; what a note says already is not said again."""
        if not notes:
            return self
        paragraphs = (paragraph for paragraph in self.paragraphs if paragraph not in notes)
        return replace(self, title=notes[0], paragraphs=(*notes[1:], self.title, *paragraphs))

    def to_short(self) -> "Page":
        """The same page without a long text."""
        long = sum(map(len, self.paragraphs)) > LONG_PAGE
        return replace(self, title=self.brief or self.title, paragraphs=()) if long else self

    @property
    def numbered_options(self) -> tuple[Option, ...]:
        """The options that a number takes, in their order."""
        return tuple(option for option in self.options if option.numbered and self.numbers != "values")

    def to_reply(self, session: Session) -> Reply:
        """The page as a message with its buttons."""
        return Reply(
            paragraphs=tuple(str(text) for text in (self.title, *self.paragraphs) if text),
            choices=tuple(self._choice(option, session) for option in self.options),
            attachments=self.attachments,
        )

    def _choice(self, option: Option, session: Session) -> Choice:
        mark = "✓ " if option.ticked else ""
        tap = str(self._tap(option, session))
        return Choice(label=f"{mark}{option.label}", tap=tap, numbered=option in self.numbered_options)

    def _tap(self, option: Option, session: Session) -> "ScreenCallback":
        if self.many and option.value == DONE:
            return ScreenCallback(session.screen, option.value, f".{_question_digest(session)}")
        if (self.many or self.switches) and option.ticks:
            return ScreenCallback(
                session.screen, option.value, f"{'-' if option.ticked else '+'}{_question_digest(session)}"
            )
        return ScreenCallback(session.screen, option.value, str(session.version))


#: Value of the button that ends ticking.
DONE = "done"

#: Value of the button that leads to the screen before.
BACK = "back"


def back_option(t: Translator, label: str = N_("Back"), also: tuple[str, ...] = (), value: str = BACK) -> Option:
    """Return the button that leads back; ``also`` are words of this screen that mean it as well."""
    return Option(value, t(label), ("quay lai", "back", *also))


#: A version of the session; or, of a tick and of the end of ticking, which question it is of.
_TAP_VERSION = re.compile(r"[0-9]{1,18}|[-+.][0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class ScreenCallback:
    """What a button carries, in at most 64 ASCII bytes: ``screen|value|version``; of a tick ``screen|value|+question``.

    A button belongs to one version of the session. A tick, and the end of ticking (``.question``), belong to the
    question: of two quick ones the second was drawn before the first was taken in. ``+`` puts the tick, ``-`` takes it
    away, so that the same button twice is the same as once.
    """

    screen: str
    value: str
    of: str

    @classmethod
    def parse(cls, data: str) -> "ScreenCallback | None":
        """``None`` for anything this program did not write."""
        screen, _, rest = data.partition("|")
        value, _, of = rest.rpartition("|")
        return cls(screen, value, of) if screen and value and _TAP_VERSION.fullmatch(of) and len(data) <= 64 else None

    @property
    def wanted_tick(self) -> bool | None:
        """The tick as it shall be; ``None``: it is no tick."""
        return {"+": True, "-": False}.get(self.of[0])

    def belongs_to(self, session: Session) -> bool:
        """Whether it is of what is open, not of an earlier step."""
        open_now = str(session.version) if self.of.isdecimal() else f"{self.of[0]}{_question_digest(session)}"
        return (self.screen, self.of) == (session.screen, open_now)

    def __str__(self) -> str:
        return f"{self.screen}|{self.value}|{self.of}"


def _question_digest(session: Session) -> str:
    """Tells the open question from the same one in another interview, or after other answers; ticks do not matter."""
    told = session.model_dump_json(include={"screen", "about", "interview", "answers", "broadcast"})
    return sha256(told.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class HandlerResult:
    """What an input did: the session it left, notes to say first, and whether the open screen is shown after them."""

    session: Session
    notes: tuple[Markup, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    choices: tuple[Choice, ...] = ()  #: buttons of the notes, where the page is not shown
    again: tuple[Event, ...] = ()
    guesses: tuple[str, ...] = ()  #: options to ask about: "did you mean"
    show: bool = True
    forget: bool = False  #: leave no session behind
    secret: bool = False  #: a secret was sent: its message is taken out of the chat


@dataclass(frozen=True, slots=True)
class Context:
    """Where the conversation stands in this turn."""

    session: Session
    world: Services

    @property
    def say(self) -> MarkupTranslator:
        """The session's language."""
        return MarkupTranslator(self.session.language)

    @property
    def today(self) -> date:
        """Today, in Viet Nam."""
        return to_vietnam_day(self.world.now)

    def with_session(self, session: Session) -> "Context":
        """The same turn, with the session it has reached."""
        return replace(self, session=session)


class Screen(Protocol):
    """A screen shows a page and takes one of its options, or a typed text."""

    async def page(self, here: Context) -> Page:
        """What is said, and what can be answered."""

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """An option of the page was taken (``many``: "done" with ``session.ticked``)."""

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """A text that is none of the options; ``None`` where the screen takes no text."""


class OptionsOnlyScreen:
    """For screens that take options only."""

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:  # noqa: ARG002 - the protocol's signature
        """No text is taken."""
        return None


PREVIOUS, NEXT = "previous", "next"
#: Entries on one page.
SHOWN = 8

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class PagedList(Generic[Entry]):
    """One page of a list."""

    entries: Sequence[Entry]
    start: int

    @property
    def page_entries(self) -> Sequence[Entry]:
        """The entries of this page."""
        return self.entries[self.start : self.start + SHOWN]

    def turn_options(self, t: Translator) -> list[Option]:
        """The buttons that turn the page, where there is another one."""
        previous = Option(PREVIOUS, t(N_("Newer")), ("moi hon", "truoc", "newer"))
        following = Option(NEXT, t(N_("Older")), ("cu hon", "sau", "older"))
        return [
            *([previous] if self.start else []),
            *([following] if self.start + SHOWN < len(self.entries) else []),
        ]

    def turn(self, value: str) -> str:
        """What the session keeps of the page that ``PREVIOUS`` or ``NEXT`` opens."""
        return str(max(0, self.start + (SHOWN if value == NEXT else -SHOWN)))


def open_page(kept: str | None, entries: Sequence[Entry]) -> PagedList[Entry]:
    """The page that the session has open; the last one where the list has become shorter."""
    start = int(kept) if kept and kept.isdecimal() else 0
    last = max(0, (len(entries) - 1) // SHOWN * SHOWN)
    return PagedList(entries, min(start, last))


CommandHandler = Callable[[Context, str], Awaitable[HandlerResult]]


@dataclass(frozen=True, slots=True)
class Command:
    """What it is called, what it says of itself, and what it does to the conversation."""

    name: str
    description: str  #: message id
    act: CommandHandler
    aliases: tuple[str, ...] = ()
    before_consent: bool = False
    needs: Right | None = None  #: only for those with a role that may do this; to all others there is no such command
