"""A command, as the channel's menu and the help announce it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from handlers.office.rights import Act as Right
from handlers.page import Answered
from handlers.screen import Here

Act = Callable[[Here, str], Awaitable[Answered]]


@dataclass(frozen=True, slots=True)
class Command:
    """What it is called, what it says of itself, and what it does to the conversation."""

    name: str
    description: str  #: message id
    act: Act
    aliases: tuple[str, ...] = ()
    before_consent: bool = False
    needs: Right | None = None  #: only for those with a role that may do this; to all others there is no such command
