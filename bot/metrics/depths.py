"""How much waits, as the store has it at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Depths:
    """Rows that wait."""

    inbox: int  #: updates to be handled
    outbox: Mapping[int, int]  #: messages to be sent, by priority (REPLY, NOTICE, BROADCAST)
    tasks: int  #: queued or running
