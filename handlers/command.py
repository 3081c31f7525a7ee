"""What a command is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from handlers.page import Answered
from handlers.screen import Here

Act = Callable[[Here, str], Awaitable[Answered]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command as the channel's menu announces it."""

    name: str
    description: str  #: message id
    act: Act
    aliases: tuple[str, ...] = ()
    before_consent: bool = False
