"""Screens as data: a page, its options, what a button carries, and the protocol that every screen follows."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Generic, Literal, Protocol, TypeVar

from markupsafe import Markup

from handlers.core.messages import Attachment, Choice, Event, Reply
from handlers.core.ports import Services
from handlers.core.session import Session
from handlers.core.text import MarkupTranslator
from handlers.model import Act as Right
from handlers.model import Rights, locate_certificate, locate_unit
from locales import N_, Translator
from rules.calendar import to_vietnam_day
from rules.offices import OfficeDirectory
from rules.pack import Pack

#: Total length of the paragraphs, in characters, above which ``Page.to_short`` drops them.
LONG_PAGE = 800


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer, shown as a button or as a line of a menu."""

    value: str
    label: str
    synonyms: tuple[str, ...] = ()
    ticked: bool = False
    ticks: bool = True  #: false for an option that ends ticking or leaves, if several may be chosen
    #: True if it leaves what is being written: its number is 0, so that no slip of a digit takes it.
    gives_up: bool = False
    #: True for an option that only shows more about what the page says: its button stays on the message and stays valid
    #: for as long as ``Page.subject`` is the same.
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a screen. If it is too long to repeat, ``title`` or ``brief`` stands for it."""

    title: Markup
    paragraphs: tuple[Markup, ...] = ()
    options: tuple[Option, ...] = ()
    many: bool = False  #: several options may be ticked before ``DONE``
    switches: bool = False  #: every option is switched on or off by itself
    attachments: tuple[Attachment, ...] = ()
    brief: Markup | None = None  #: the title to use if the page is in the chat already
    reminder: Markup | None = None  #: stands for the whole page, however short it is, under an answer to something else
    exact: bool = False  #: typed words must match exactly (for consent, names, deletion)
    #: The meaning of a typed number: "options": only the number of an option; "codes": also a code or a day, if no
    #: option has the number; "values": always a value for the screen.
    numbers: Literal["options", "codes", "values"] = "options"
    help: Markup | None = None  #: help for a person who does not know which text to type
    prose: bool = False  #: a typed text may tell what happened, such as a reason; it is no sentence to the assistant
    subject: str = ""  #: identifies what the page says, in every language, for its lasting options
    remember: str = (
        ""  #: a text that stands in the chat once the page was sent; the session keeps it in mind as ``shown``
    )

    def option(self, value: str) -> Option | None:
        """Return the option with this value, or ``None``."""
        return next((option for option in self.options if option.value == value), None)

    def with_notes(self, *notes: Markup) -> "Page":
        """Return the page with notes before it; a paragraph that repeats a note is dropped."""
        if not notes:
            return self
        paragraphs = (paragraph for paragraph in self.paragraphs if paragraph not in notes)
        return replace(self, title=notes[0], paragraphs=(*notes[1:], self.title, *paragraphs))

    def to_short(self) -> "Page":
        """Return the page with only its title if its paragraphs are longer than ``LONG_PAGE``, or its reminder."""
        if self.reminder is not None:
            return replace(self, title=self.reminder, paragraphs=())
        long = sum(map(len, self.paragraphs)) > LONG_PAGE
        return replace(self, title=self.brief or self.title, paragraphs=()) if long else self

    @property
    def numbered_options(self) -> tuple[Option, ...]:
        """Return the options that can be taken by the numbers from 1 on, in order."""
        return tuple(option for option in self.options if not option.gives_up and self.numbers != "values")

    def to_reply(self, session: Session) -> Reply:
        """Render the page as a message with buttons that are valid for this session."""
        return Reply(
            paragraphs=tuple(str(text) for text in (self.title, *self.paragraphs) if text),
            choices=tuple(self._choice(option, session) for option in self.options),
            attachments=self.attachments,
        )

    def lasting_choices(self, session: Session) -> tuple[Choice, ...]:
        """Return the buttons that stay on the message when the others go."""
        return tuple(self._choice(option, session) for option in self.options if option.lasting)

    def _choice(self, option: Option, session: Session) -> Choice:
        mark = "✓ " if option.ticked else ""
        tap = str(self._tap(option, session))
        numbered, zero = option in self.numbered_options, option.gives_up and self.numbers != "values"
        return Choice(label=f"{mark}{option.label}", tap=tap, numbered=numbered, zero=zero)

    def _tap(self, option: Option, session: Session) -> "ScreenCallback":
        if option.lasting:
            return ScreenCallback(session.screen, option.value, f"={hash_text(self.subject)}")
        if self.many and option.value == DONE:
            return ScreenCallback(session.screen, option.value, f".{_question_digest(session)}")
        if (self.many or self.switches) and option.ticks:
            return ScreenCallback(
                session.screen, option.value, f"{'-' if option.ticked else '+'}{_question_digest(session)}"
            )
        return ScreenCallback(session.screen, option.value, str(session.version))


#: Value of the button that ends ticking.
DONE = "done"

#: Values of the buttons that confirm and refuse.
YES, NO = "yes", "no"
#: Without "dung": without accents it is both "đúng" (right) and "đừng" (do not), and a yes here deletes data.
YES_SYNONYMS = ("co", "dong y", "ok", "yes", "xoa")
NO_SYNONYMS = ("khong", "thoi", "no", "giu lai")
#: Value of the button that leads to the screen before.
BACK = "back"


def back_option(t: Translator, label: str = N_("Back"), also: tuple[str, ...] = (), value: str = BACK) -> Option:
    """Return the button that leads back; ``also`` are words of this screen that mean it as well."""
    return Option(value, t(label), ("quay lai", "back", *also))


#: Matches the session version of a button, or the digest of what a tick, the end of ticking or a lasting one is about.
_TAP_VERSION = re.compile(r"[0-9]{1,18}|[-+.=][0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class ScreenCallback:
    """The data of a button, at most 64 ASCII bytes: ``screen|value|version``, for a tick ``screen|value|+question``.

    A button is valid for one version of the session. A tick, and the end of ticking (``.question``), are valid as long
    as the question is open: of two quick taps, the second was made on a page drawn before the first was handled. ``+``
    sets the tick and ``-`` removes it, so that tapping the same button twice has the same effect as once. A lasting
    button (``=subject``) changes nothing and is valid for as long as there is more to show about its subject.
    """

    screen: str
    value: str
    of: str

    @classmethod
    def parse(cls, data: str) -> "ScreenCallback | None":
        """Parse the data of a button; return ``None`` for anything that this program did not write."""
        screen, _, rest = data.partition("|")
        value, _, of = rest.rpartition("|")
        return cls(screen, value, of) if screen and value and _TAP_VERSION.fullmatch(of) and len(data) <= 64 else None

    @property
    def wanted_tick(self) -> bool | None:
        """Return the tick that the button asks for, or ``None`` if it is not the button of a tick."""
        return {"+": True, "-": False}.get(self.of[0])

    @property
    def lasting_subject(self) -> str | None:
        """Return the digest of the subject of a lasting button, or ``None`` for any other button."""
        return self.of[1:] if self.of.startswith("=") else None

    def belongs_to(self, session: Session) -> bool:
        """Return whether the button belongs to the open screen and step, not to an earlier one."""
        open_now = str(session.version) if self.of.isdecimal() else f"{self.of[0]}{_question_digest(session)}"
        return (self.screen, self.of) == (session.screen, open_now)

    def __str__(self) -> str:
        return f"{self.screen}|{self.value}|{self.of}"


def _question_digest(session: Session) -> str:
    """Hash what makes the open question unique (interview, answers, broadcast); ticks do not change it."""
    return hash_text(session.model_dump_json(include={"screen", "about", "interview", "answers", "broadcast"}))


def hash_text(text: str) -> str:
    """Return eight hexadecimal digits that tell texts apart."""
    return sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class HandlerResult:
    """The result of an input: the new session, notes to say first, and whether the open page follows them."""

    session: Session
    notes: tuple[Markup, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    choices: tuple[Choice, ...] = ()  #: buttons of the notes if the page is not shown
    again: tuple[Event, ...] = ()
    guesses: tuple[str, ...] = ()  #: options to ask about ("did you mean")
    show: bool = True
    whole: bool = False  #: show the open page whole under the notes, as to somebody who has not seen it
    brief: bool = False  #: show it in short though the session changed, for the notes say what matters
    missed: bool = False  #: the message was not understood
    forget: bool = False  #: do not store a session
    secret: bool = False  #: a secret was sent, and its message is to be deleted


@dataclass(frozen=True, slots=True)
class Context:
    """The session and the services of the present turn; passed to every screen and command."""

    session: Session
    world: Services

    @property
    def say(self) -> MarkupTranslator:
        """Return the translator for the language of the session."""
        return MarkupTranslator(self.session.language)

    @property
    def today(self) -> date:
        """Return today's date in Viet Nam."""
        return to_vietnam_day(self.world.now)

    @property
    def pack(self) -> Pack:
        """Return the rules for the body of the conversation: the locality's only where it may lie within its area."""
        session = self.session
        if self.world.units.get(session.unit):
            return self.pack_of(session.unit)
        return self.world.pack.covering(locate_certificate(session.certificate, session.named_unit))

    def pack_of(self, unit: str | None) -> Pack:
        """Return the rules for a unit of the tree."""
        return self.world.pack.covering(locate_unit(self.world.units, unit))

    @property
    def offices(self) -> OfficeDirectory:
        """Return the receiving offices for the body of the conversation."""
        return self.world.offices_of(self.pack)

    def with_session(self, session: Session) -> "Context":
        """Return the same turn with another session."""
        return replace(self, session=session)


class Screen(Protocol):
    """A screen shows a page and handles an option of it, or a typed text.

    A screen keeps no state of its own: everything is in ``here.session``. Its methods may call the ports in
    ``here.world``; they belong to the transaction of the turn.
    """

    async def page(self, here: Context) -> Page:
        """Return the page to show for the session.

        Args:
            here: The session with this screen open, and the services of the turn.

        Returns:
            The text and options; option values are unique and a few ASCII characters long, because buttons carry them.
        """

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Handle an option of the page.

        Args:
            here: The session and services of the turn.
            value: ``Option.value`` of the option taken. On a page with ``many`` a single tick comes as an option too;
                ``DONE`` ends ticking, with the ticked values in ``session.ticked``.

        Returns:
            The new session and what to say.
        """

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Handle a text that matches none of the options.

        Args:
            here: The session and services of the turn.
            text: The text as it was typed, at most as long as a channel lets through.

        Returns:
            The new session and what to say, or ``None`` if the screen takes no text; other meanings are tried then.
        """


class OptionsOnlyScreen:
    """A base for screens that take options but no text."""

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:  # noqa: ARG002 - the protocol's signature
        """Take no text."""
        return None


PREVIOUS, NEXT = "previous", "next"
#: Entries on one page of a list.
SHOWN = 8

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class PagedList(Generic[Entry]):
    """One page of a list that starts at the entry ``start``."""

    entries: Sequence[Entry]
    start: int

    @property
    def page_entries(self) -> Sequence[Entry]:
        """Return the entries of this page."""
        return self.entries[self.start : self.start + SHOWN]

    def turn_options(self, t: Translator) -> list[Option]:
        """Return the buttons to turn the page, each only if there is a page in its direction."""
        previous = Option(PREVIOUS, t(N_("Newer")), ("moi hon", "truoc", "newer"))
        following = Option(NEXT, t(N_("Older")), ("cu hon", "sau", "older"))
        return [
            *([previous] if self.start else []),
            *([following] if self.start + SHOWN < len(self.entries) else []),
        ]

    def turn(self, value: str) -> str:
        """Return the value to keep in the session for the page before (``PREVIOUS``) or after (``NEXT``) this one."""
        return str(max(0, self.start + (SHOWN if value == NEXT else -SHOWN)))


def open_page(kept: str | None, entries: Sequence[Entry]) -> PagedList[Entry]:
    """Open the page that ``kept`` stands for, or the last one if the list has become shorter."""
    start = int(kept) if kept and kept.isdecimal() else 0
    last = max(0, (len(entries) - 1) // SHOWN * SHOWN)
    return PagedList(entries, min(start, last))


CommandHandler = Callable[[Context, str], Awaitable[HandlerResult]]
#: Shows more about the subject of a page, given the option and the digest of the subject; ``None`` if the subject is
#: another one by now.
ShowMore = Callable[[Context, str, str], Awaitable[HandlerResult | None]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its names, its description for the help text, and its handler."""

    name: str
    description: str  #: message id
    act: CommandHandler
    aliases: tuple[str, ...] = ()
    before_consent: bool = False
    needs: Right | None = None  #: the right that it needs; to people without it the command does not exist


async def current_rights(here: Context) -> Rights:
    """Return the person's rights at this moment; they are read in every turn, so that an ended role has no effect."""
    return Rights.of(await here.world.admin.people.mine(), here.world.units)


async def holder_labels(here: Context, rights: Rights) -> dict[str, str]:
    """Return the names of the people within reach by the id of their role, because people know names, not numbers."""
    return {holder.id: holder.label for holder in await here.world.admin.people.holders(rights)}
