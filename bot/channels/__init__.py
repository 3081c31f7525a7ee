"""Define the port that delivery uses to reach a channel, and list the channels, a line for each."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from bot.channels.pace import Pace
from bot.errors import TrolyError
from bot.messages import BlockChange, Chat, Incoming, OutboxRow, Receipt
from handlers.core import MarkupTranslator, Reply
from handlers.model import (
    CHANNEL_LABELS,
    CHANNEL_LIMITS,
    EMAIL,
    TELEGRAM,
    TERMINAL,
    WEB,
    ZALO,
    ZALO_BOT,
    ChannelAddress,
    DeliveryReason,
    MessageLimits,
    Role,
    SendingWindow,
)
from locales import N_

# ruff: noqa: N818 - these are outcomes of a delivery, and read as such where they are caught


if TYPE_CHECKING:
    from starlette.routing import Route


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The abilities and limits of a channel; the renderer adapts a reply to them."""

    text_limit: int  #: the most UTF-16 code units of a message
    caption_limit: int = 0  #: the most UTF-16 code units of the text with a file; 0 if a file carries no text
    buttons: bool = False
    editing: bool = False
    deleting: bool = False
    files_in: bool = False
    files_in_by_link: bool = False  #: its platform brings none: people send them by a page of ours
    files_out: bool = False
    pictures_out: bool = False  #: a channel with ``files_out`` sends pictures anyway
    file_types: frozenset[str] = frozenset()  #: media types that a channel without ``files_out`` sends anyway
    largest_file: int | None = None  #: bytes of a file that it sends
    files_linked: bool = False  #: what it does not send leaves as a link that fetches it once
    markup: bool = False  #: accepts the HTML subset of replies
    most_buttons: int | None = None  #: of a message; more of them become a numbered menu
    longest_label: int | None = None  #: characters on a button; a longer one makes it a numbered menu

    @classmethod
    def within(cls, limits: MessageLimits, **abilities: Any) -> "Capabilities":
        """Return these abilities, with the limits that broadcasts to the channel are checked against as well."""
        return cls(limits.text, limits.caption, **abilities)

    def accepts(self, media_type: str) -> bool:
        """Return whether a file of this media type reaches the person, as a file or behind a link."""
        return self.files_linked or self.sends(media_type)

    def sends(self, media_type: str) -> bool:
        """Return whether the channel can send a file of this media type as a file."""
        picture = self.pictures_out and media_type.startswith("image/")
        return self.files_out or picture or media_type in self.file_types

    def carries(self, media_type: str, size: int) -> bool:
        """Return whether the channel sends this very file, of so many bytes."""
        return self.sends(media_type) and (self.largest_file is None or size <= self.largest_file)

    def takes_buttons(self, labels: Sequence[str]) -> bool:
        """Return whether these labels can be buttons of one message."""
        few = self.most_buttons is None or len(labels) <= self.most_buttons
        return self.buttons and few and all(len(one) <= (self.longest_label or len(one)) for one in labels)


#: Takes what was received; returns once all of it is stored, so that it may be acknowledged to the platform.
AcceptUpdates = Callable[[Sequence[Incoming]], Awaitable[None]]


#: Stores that a person blocks the assistant or lets it write again; it is stored when this returns.
RecordBlockChange = Callable[[BlockChange], Awaitable[None]]


class Channel(Protocol):
    """A channel to people; ``name`` is the ``channel`` of its chats in the store."""

    @property
    def name(self) -> str:
        """Return the name, such as ``telegram``."""

    @property
    def capabilities(self) -> Capabilities:
        """Return the abilities and limits of the channel."""

    @property
    def start_link(self) -> str | None:
        """Return an address that opens the assistant's chat, or ``None``.

        Text appended to the address arrives in the chat behind ``/start``.
        """

    async def send(self, row: OutboxRow) -> Receipt | str | None:
        """Deliver one row, which ``split_reply`` has made fit, and return the platform's id of the message, if any.

        A ``Receipt`` says besides that it left in another way than usual.

        Raises:
            ChannelError: its kind decides the next state of the row.
        """

    async def fetch(self, reference: str, limit: int) -> bytes:
        """Return the bytes of a file that a person sent, at most ``limit`` of them.

        Raises:
            TooLarge: the file is larger.
            ChannelError: the file cannot be fetched.
        """


#: Works until the event is set, and returns soon after: brings the updates of a channel in, or does upkeep. It
#: raises ChannelError where it cannot work at all (its credentials are refused).
BackgroundService = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """An address of this machine where calls of a platform, or of somebody who watches, arrive."""

    variable: str  #: the setting that names it
    address: str  #: ``host:port``, as ``bot.settings`` has checked it
    required: bool = True  #: whether the process ends where nobody can listen there, or goes on without


@dataclass(frozen=True, slots=True)
class Receiver:
    """The part of a channel that brings its updates in."""

    service: BackgroundService
    routes: Sequence["Route"] = ()  #: what its platform calls
    listen: ListenAddress | None = None  #: where those calls arrive


#: Shows the menu of commands of these roles in the chat of an address; of no roles that of everybody. It raises
#: ChannelError.
ShowMenu = Callable[[str, frozenset[Role]], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class ServedChannel:
    """A channel that a process has opened, and what its loops need to know of it."""

    channel: Channel
    pace: Pace
    broadcasts_at_once: int  #: messages of broadcasts under way side by side
    prepare: Callable[[], Coroutine[Any, Any, None]]  #: done before anything is handled
    receive: Callable[[AcceptUpdates, RecordBlockChange], Receiver]
    stand_by: BackgroundService  #: in place of receiving, where other processes receive
    #: shows the menu of commands of a person with roles in their chat; ``None``: the platform has no menus
    show_menu: "ShowMenu | None" = field(default=None, kw_only=True)
    #: told among how many processes what the platform takes is shared; ``None``: the pace of messages is all there is
    share: Callable[[int], None] | None = field(default=None, kw_only=True)
    #: asks the platform for something harmless; raises ChannelError where it is not reached, or does not take us
    #: ``None``: there is no platform in between
    probe: Callable[[], Coroutine[Any, Any, object]] | None = field(default=None, kw_only=True)
    #: tells how a person can be written to now, with the money that there is, ``BLOCKED``: not at all; it raises
    #: StoreError. ``None``: the platform has no windows, and charges for nothing
    can_send: "Callable[[Chat], Awaitable[SendingWindow]] | None" = field(default=None, kw_only=True)
    is_accepted: Callable[[], bool]  #: whether the platform accepts the assistant's credentials, as far as is known
    #: returns the message id of what is wrong with the channel beside that, which mends itself; ``None`` is nothing
    trouble: Callable[[], str | None] = field(default=lambda: None, kw_only=True)


#: Opens a channel for as long as it is served.
OpenChannel = Callable[[], AbstractAsyncContextManager[ServedChannel]]


class ChannelError(TrolyError):
    """The platform did not do what was asked."""


class RetryLater(ChannelError):
    """The platform asks to wait and try again."""

    def __init__(self, after: float) -> None:
        super().__init__()
        self.after = after  #: seconds


class Deferred(RetryLater):
    """This message has to wait; nothing is wrong with its chat, or with the platform."""


class Unreachable(ChannelError):
    """The platform cannot be reached."""


class MaybeSent(ChannelError):
    """The platform did not answer in time."""


class Doubtful(MaybeSent):
    """The platform may have delivered this message, although it did not say so: a second try might double it."""


class Blocked(ChannelError):
    """This chat takes no messages."""


class BlockedHalfway(Doubtful):
    """Part of this message has left; then the chat took no more."""


@contextmanager
def unrepeated(row: OutboxRow, *, begun: bool) -> Iterator[None]:
    """Keep a broadcast whose first part has left (``begun``) from being sent again; an answer may come twice.

    Raises:
        Doubtful: part of a broadcast left, and this part did not; BlockedHalfway where the chat takes no more.
    """
    try:
        yield
    except ChannelError as error:
        if begun and row.broadcast:
            raise (BlockedHalfway if isinstance(error, Blocked) else Doubtful) from None
        raise


class Invalid(ChannelError):
    """The platform cannot take this message."""

    reason = DeliveryReason.REFUSED  #: in a word, for the report


class Gone(ChannelError):
    """The platform no longer has this file."""


class TooLarge(ChannelError):
    """This file is larger than the limit."""


class Unsupported(ChannelError):
    """The platform offers no such method."""

    def __init__(self, method: str = "") -> None:
        super().__init__()
        self.method = method  #: the name of the method; empty while it is not known


class Conflict(ChannelError):
    """Another receiver takes this assistant's messages."""


class Refused(ChannelError):
    """The platform does not accept the assistant's credentials."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class ChannelProfile:
    """A kind of channel."""

    name: str
    address: re.Pattern[str]  #: matches the address of a person, as it is typed behind ``NAME:``
    capabilities: Capabilities
    channel_of: Callable[[str], str]  #: the ``channel`` in the store of a person with this address

    @property
    def label(self) -> str:
        """Return the message id of what people call it."""
        return CHANNEL_LABELS[self.name]


def terminal_channel(name: str) -> str:
    """Return the channel of a terminal's conversation.

    It holds only a digest of the name, because the store keeps channels in the clear.
    """
    return f"{TERMINAL}:{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:16]}"


def _profile(
    name: str, address: str, channel_of: Callable[[str], str] | None = None, **abilities: Any
) -> ChannelProfile:
    capabilities = Capabilities.within(CHANNEL_LIMITS[name], **abilities)
    return ChannelProfile(name, re.compile(address, re.DOTALL), capabilities, channel_of or (lambda _address: name))


#: Zalo takes these files and no others.
ZALO_FILES = frozenset({
    "application/pdf",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
})  # fmt: skip
#: Telegram: private chats have the number of their person, https://core.telegram.org/bots/api#chat .
CHANNELS = {
    profile.name: profile
    for profile in (
        _profile(
            TELEGRAM, r"[1-9][0-9]{0,18}",
            buttons=True, editing=True, deleting=True, files_in=True, files_out=True, markup=True,
        ),
        _profile(
            ZALO, r"[1-9][0-9]{0,29}",
            buttons=True, files_in=True, file_types=ZALO_FILES, largest_file=5 * 1024 * 1024,
            most_buttons=5, longest_label=35,
        ),
        _profile(ZALO_BOT, r"[0-9A-Za-z_-]{1,64}", files_in=True, files_in_by_link=True),
        _profile(
            WEB, r"[A-Za-z0-9_-]{22}",
            buttons=True, editing=True, deleting=True, files_in=True, files_out=True, markup=True,
        ),
        _profile(
            EMAIL, r"(?!.{255})[a-z0-9._%+'-]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}",
            buttons=True, files_out=True, largest_file=10 * 1024 * 1024, markup=True,
        ),
        _profile(TERMINAL, r".+", terminal_channel, files_in=True, files_out=True, markup=True),
    )
}  # fmt: skip


def parse_address(text: str) -> ChannelAddress | None:
    """Return the channel and address of ``telegram:ID`` or ``terminal:NAME``; ``None`` if it is no valid address."""
    kind, _, address = text.partition(":")
    profile = CHANNELS.get(kind.lower())
    if profile is None or not profile.address.fullmatch(address):
        return None
    return ChannelAddress(profile.channel_of(address), address)


REHEARSAL_BANNER = N_("🧪 <b>REHEARSAL – made-up data. Nothing here counts.</b>")
#: UTF-16 code units that are kept free for the banner and the blank line behind it.
_BANNER_ROOM = 120


class RehearsalChannel:
    """Passes everything on to a channel, with the banner above each text."""

    def __init__(self, channel: Channel, language: str) -> None:
        """Keep the channel; ``language`` is that of the banner."""
        self._channel = channel
        self._banner = str(MarkupTranslator(language)(REHEARSAL_BANNER))

    @property
    def name(self) -> str:
        return self._channel.name

    @property
    def capabilities(self) -> Capabilities:
        """Return the abilities of the channel, less the room that the banner takes."""
        able = self._channel.capabilities
        return replace(
            able, text_limit=able.text_limit - _BANNER_ROOM, caption_limit=max(0, able.caption_limit - _BANNER_ROOM)
        )

    @property
    def start_link(self) -> str | None:
        return self._channel.start_link

    async def send(self, row: OutboxRow) -> Receipt | str | None:
        """Send the row under the banner; a change of buttons alone, and a deletion, say nothing.

        The facts for an approved text stay here: it has no room for a banner.
        """
        return await self._channel.send(replace(row, reply=self._with_banner(row.reply), facts=None))

    async def fetch(self, reference: str, limit: int) -> bytes:
        return await self._channel.fetch(reference, limit)

    def _with_banner(self, reply: Reply) -> Reply:
        silent = reply.action == "delete" or not (reply.paragraphs or reply.attachments or reply.choices)
        if silent or (reply.action == "buttons" and not reply.paragraphs):
            return reply
        return reply.model_copy(update={"paragraphs": (self._banner, *reply.paragraphs)})
