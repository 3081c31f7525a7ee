"""The message that shows how far a task is: sent once, then changed in place."""

from bot.store import places
from bot.store.api import NOTICE
from bot.store.drivers import Call
from bot.store.office.acting import Acting
from bot.store.outbox import Message, Recipient, sending
from bot.store.reading import readable_text
from handlers.replies import Reply

#: The kind of task that writes requests into files.
EXPORT = "export"
#: What the marks of messages begin with that carry its files.
FILE = "file"


def origin_of(task: str, mark: str = "shown") -> str:
    """What asks for a message of a task; ``shown`` is the one that moves."""
    return f"{EXPORT}:{task}:{mark}"


def told(acting: Acting, task: str, mark: str, said: Reply) -> Call:
    """Queue a message of a task; the same mark again changes nothing."""
    return sending(acting.keyring, message_of(Recipient(acting.chat, acting.channel), task, mark, said), acting.now)


def message_of(to: Recipient, task: str, mark: str, said: Reply) -> Message:
    """A message of a task."""
    return Message(to, origin_of(task, mark), said, NOTICE)


async def in_place(acting: Acting, task: str, said: Reply) -> Reply | None:
    """``said`` as a change of the moving message; ``None`` where that was not sent, or the channel names no message."""
    return await changed(acting, origin_of(task), said)


async def changed(acting: Acting, origin: str, said: Reply) -> Reply | None:
    """``said`` in place of the message that was asked for under an origin; ``None`` where that cannot be."""
    (rows,) = await acting.ask(Call("shown_message", {"origin": origin}))
    if not rows:
        return None
    target = readable_text(acting.keyring, rows[0][0], places.message(acting.chat, origin))
    if target is None:
        return None
    return said.model_copy(update={"action": "edit", "target": target})
