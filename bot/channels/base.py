"""Why a channel could not do what was asked of it.

::

    ChannelError          the platform refused for a reason not listed below; worth another try
    ├── RetryLater        too many messages: wait ``after`` seconds
    ├── Unreachable       the request never left: always safe to repeat
    ├── MaybeSent         the request left, its fate is not known: repeating it may send twice
    ├── Blocked           the person, or the chat, takes no messages from the assistant
    ├── Invalid           this very message will never be taken
    ├── Gone              the file asked for can no longer be had
    ├── TooLarge          the file asked for is over the limit
    ├── Unsupported       the platform, or the server in front of it, lacks the method that this takes
    ├── Conflict          somebody else receives this assistant's messages
    └── Refused           the platform does not accept the assistant's credentials

None of them carries a text, a name, an address or a token.
"""

# ruff: noqa: N818 - these are outcomes of a delivery, and read as such where they are caught

from bot.errors import TrolyError


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
