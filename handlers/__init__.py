"""What is said: the conversation as a function of its answers. Knows no channel, no SQL, no clock of its own."""

from handlers.conversation import respond, wants_file
from handlers.replying import Turn
from handlers.session import Session

__all__ = ["Session", "Turn", "respond", "wants_file"]
