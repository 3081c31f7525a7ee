"""What delivery asks of a channel."""

# ruff: noqa: N818 - these are outcomes of a delivery, and read as such where they are caught
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.errors import TrolyError
from bot.store.api import Incoming, OutboxRow
from handlers.model.channels import MessageLimits


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do; the renderer adapts a reply to it."""

    text_limit: int  #: longest message, in UTF-16 code units
    caption_limit: int = 0  #: longest text beside a file; 0: a file carries no text
    buttons: bool = False
    editing: bool = False
    deleting: bool = False
    files_in: bool = False
    files_out: bool = False
    pictures_out: bool = False  #: a channel that takes ``files_out`` takes pictures anyway
    markup: bool = False  #: takes the HTML subset of replies

    @classmethod
    def within(cls, limits: MessageLimits, **abilities: bool) -> "Capabilities":
        """Return these abilities, with the limits that broadcasts to the channel are checked against as well."""
        return cls(limits.text, limits.caption, **abilities)

    def accepts(self, media_type: str) -> bool:
        """Whether a file of this kind can be sent whole."""
        return self.files_out or (self.pictures_out and media_type.startswith("image/"))


#: Takes what was received; returns once all of it is stored, so that it may be acknowledged to the platform.
AcceptUpdates = Callable[[Sequence[Incoming]], Awaitable[None]]


class RecordBlockChange(Protocol):
    """Takes what a platform tells about being blocked."""

    async def __call__(self, channel: str, address: str, *, blocked: bool) -> None:
        """Store that a person blocks the assistant, or lets it write again; it is stored when this returns."""


class Channel(Protocol):
    """A way to a person. ``name`` is the ``channel`` of its chats."""

    @property
    def name(self) -> str:
        """Such as ``telegram``."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    @property
    def start_link(self) -> str | None:
        """An address that opens this chat; what is written behind it arrives as ``/start``. ``None``: there is none."""

    async def send(self, row: OutboxRow) -> str | None:
        """Deliver one row, which ``split`` has made fit; the platform's id of the message, where it has one.

        Raises:
            ChannelError: in one of its kinds, which decides what becomes of the row.
        """

    async def fetch(self, reference: str, limit: int) -> bytes:
        """The bytes of a file that was sent, at most ``limit`` of them.

        Raises:
            TooLarge: it has more.
            ChannelError: it could not be had.
        """


class ChannelError(TrolyError):
    """The platform did not do what was asked."""


class RetryLater(ChannelError):
    """The platform asks for patience."""

    def __init__(self, after: float) -> None:
        super().__init__()
        self.after = after  #: seconds


class Unreachable(ChannelError):
    """The platform cannot be reached."""


class MaybeSent(ChannelError):
    """The platform did not answer in time."""


class Blocked(ChannelError):
    """This chat takes no messages."""


class Invalid(ChannelError):
    """The platform cannot take this message."""


class Gone(ChannelError):
    """The platform no longer has this file."""


class TooLarge(ChannelError):
    """This file is larger than the limit."""


class Unsupported(ChannelError):
    """The platform offers no such method."""

    def __init__(self, method: str = "") -> None:
        super().__init__()
        self.method = method  #: its name; empty where that is not known yet


class Conflict(ChannelError):
    """Another receiver takes this assistant's messages."""


class Refused(ChannelError):
    """The platform does not accept the assistant's credentials."""

    exit_code = 2
