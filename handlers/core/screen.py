"""A screen as data: what it says and what can be answered."""

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal

from markupsafe import Markup

from handlers.events import Event
from handlers.replies import Attachment, Choice, Reply
from handlers.session import Session

#: Characters from which a page is long.
LONG = 800


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
        long = sum(map(len, self.paragraphs)) > LONG
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

    def _tap(self, option: Option, session: Session) -> "Tap":
        if self.many and option.value == DONE:
            return Tap(session.screen, option.value, f".{_question(session)}")
        if (self.many or self.switches) and option.ticks:
            return Tap(session.screen, option.value, f"{'-' if option.ticked else '+'}{_question(session)}")
        return Tap(session.screen, option.value, str(session.version))


#: Value of the button that ends ticking.
DONE = "done"


#: A version of the session; or, of a tick and of the end of ticking, which question it is of.
_OF = re.compile(r"[0-9]{1,18}|[-+.][0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Tap:
    """What a button carries, in at most 64 ASCII bytes: ``screen|value|version``; of a tick ``screen|value|+question``.

    A button belongs to one version of the session. A tick, and the end of ticking (``.question``), belong to the
    question: of two quick ones the second was drawn before the first was taken in. ``+`` puts the tick, ``-`` takes it
    away, so that the same button twice is the same as once.
    """

    screen: str
    value: str
    of: str

    @classmethod
    def parse(cls, data: str) -> "Tap | None":
        """``None`` for anything this program did not write."""
        screen, _, rest = data.partition("|")
        value, _, of = rest.rpartition("|")
        return cls(screen, value, of) if screen and value and _OF.fullmatch(of) and len(data) <= 64 else None

    @property
    def wanted_tick(self) -> bool | None:
        """The tick as it shall be; ``None``: it is no tick."""
        return {"+": True, "-": False}.get(self.of[0])

    def belongs_to(self, session: Session) -> bool:
        """Whether it is of what is open, not of an earlier step."""
        open_now = str(session.version) if self.of.isdecimal() else f"{self.of[0]}{_question(session)}"
        return (self.screen, self.of) == (session.screen, open_now)

    def __str__(self) -> str:
        return f"{self.screen}|{self.value}|{self.of}"


def _question(session: Session) -> str:
    """Tells the open question from the same one in another interview, or after other answers; ticks do not matter."""
    told = session.model_dump_json(include={"screen", "about", "interview", "answers", "broadcast"})
    return sha256(told.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Answered:
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
