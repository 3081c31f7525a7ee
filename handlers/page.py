"""A screen as data: what it says and what can be answered."""

from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True)
class Page:
    """The open screen. ``title`` stays when the message is edited after an answer."""

    title: Markup
    paragraphs: tuple[Markup, ...] = ()
    options: tuple[Option, ...] = ()
    many: bool = False  #: several options may be ticked before ``DONE``
    attachments: tuple[Attachment, ...] = ()
    brief: Markup | None = None  #: the title where the page stands in the chat already
    exact: bool = False  #: typed words count only where they are an option's own: consent, names, deletion

    def option(self, value: str) -> Option | None:
        """The option of that value."""
        return next((option for option in self.options if option.value == value), None)

    def after(self, *notes: Markup) -> "Page":
        """The same page, with notes said before it."""
        return replace(self, title=notes[0], paragraphs=(*notes[1:], self.title, *self.paragraphs)) if notes else self

    def in_short(self) -> "Page":
        """The same page without a long text."""
        long = sum(map(len, self.paragraphs)) > LONG
        return replace(self, title=self.brief or self.title, paragraphs=()) if long else self

    def reply(self, screen: str, version: int) -> Reply:
        """The page as a message with its buttons."""
        return Reply(
            paragraphs=tuple(str(text) for text in (self.title, *self.paragraphs) if text),
            choices=tuple(_choice(option, screen, version) for option in self.options),
            attachments=self.attachments,
        )


#: Value of the button that ends ticking.
DONE = "done"


@dataclass(frozen=True, slots=True)
class Tap:
    """What a button carries, in at most 64 ASCII bytes: ``screen|value|version``."""

    screen: str
    value: str
    version: int

    @classmethod
    def parse(cls, data: str) -> "Tap | None":
        """``None`` for anything this program did not write."""
        screen, _, rest = data.partition("|")
        value, _, version = rest.rpartition("|")
        if not (screen and value and version.isascii() and version.isdigit() and len(data) <= 64):
            return None
        return cls(screen, value, int(version))

    def __str__(self) -> str:
        return f"{self.screen}|{self.value}|{self.version}"


def _choice(option: Option, screen: str, version: int) -> Choice:
    mark = "✓ " if option.ticked else ""
    return Choice(label=f"{mark}{option.label}", tap=str(Tap(screen, option.value, version)))


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
