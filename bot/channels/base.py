"""Define the port that delivery uses to reach a channel, and the outcomes of a delivery."""

# ruff: noqa: N818 - these are outcomes of a delivery, and read as such where they are caught
from dataclasses import dataclass
from typing import Protocol

from bot.errors import TrolyError
from bot.messages import OutboxRow


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The abilities and limits of a channel; the renderer adapts a reply to them."""

    text_limit: int  #: the most UTF-16 code units of a message
    caption_limit: int = 0  #: the most UTF-16 code units of the text with a file; 0 if a file carries no text
    buttons: bool = False
    editing: bool = False
    deleting: bool = False
    files_in: bool = False
    files_out: bool = False
    pictures_out: bool = False  #: a channel with ``files_out`` sends pictures anyway
    markup: bool = False  #: accepts the HTML subset of replies

    def accepts(self, media_type: str) -> bool:
        """Return whether the channel can send a file of this media type as a file."""
        return self.files_out or (self.pictures_out and media_type.startswith("image/"))


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

    async def send(self, row: OutboxRow) -> str | None:
        """Deliver one row, which ``split_reply`` has made fit, and return the platform's id of the message, if any.

        Raises:
            ChannelError: its kind decides the next state of the row.
        """

    async def fetch(self, reference: str, limit: int) -> bytes:
        """Return the bytes of a file that a person sent, at most ``limit`` of them.

        Raises:
            TooLarge: the file is larger.
            ChannelError: the file cannot be fetched.
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
        self.method = method  #: the name of the method; empty while it is not known


class Conflict(ChannelError):
    """Another receiver takes this assistant's messages."""


class Refused(ChannelError):
    """The platform does not accept the assistant's credentials."""

    exit_code = 2
