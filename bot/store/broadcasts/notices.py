"""What the author of a broadcast is told while it goes on: one message that moves, and others, each once."""

from dataclasses import replace

from bot.store.api import NOTICE
from bot.store.drivers import Call
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.office.holding import grants_of
from bot.store.office.telling import changed
from bot.store.office.units import read_units
from bot.store.outbox import Message, Recipient, sending
from handlers.office.rights import Act, Rights
from handlers.office.units import NO_UNITS
from handlers.replies import Reply

#: The marks of the message that moves, and of its last state.
SHOWN, LAST = "shown", "last"


def origin_of(broadcast: str, mark: str) -> str:
    """What asks for a message about a broadcast; those of its recipients are called otherwise."""
    return f"herald:{broadcast}:{mark}"


async def tell(acting: Acting, broadcast: str, said: Reply, mark: str) -> bool:
    """Tell whoever wrote it, where there is a chat and a role that still may see it.

    The moving message waits, False, until the chat has nothing else to be told; its last state does not.
    """
    (rows,) = await acting.ask(Call("author_of", {"id": broadcast}))
    if not rows:
        return True
    chat, channel, unit = rows[0]
    theirs = replace(acting, chat=chat, channel=channel)
    if not await _may_see(theirs, unit):
        return True
    moves = mark in {SHOWN, LAST}
    told = await _moved(theirs, broadcast, said, waits=mark == SHOWN) if moves else (mark, said)
    if told is not None:
        message = Message(Recipient(chat, channel), origin_of(broadcast, told[0]), told[1], NOTICE)
        await acting.ask(sending(acting.keyring, message, acting.now))
    return told is not None


async def _moved(theirs: Acting, broadcast: str, said: Reply, *, waits: bool) -> tuple[str, Reply] | None:
    """The message that moves, under the mark it goes by now; ``None`` while another one is on its way."""
    shown = await changed(theirs, origin_of(broadcast, SHOWN), said)
    if shown is None:
        return SHOWN, said  # where it waits already, the same mark changes nothing
    (untold,) = await theirs.ask(Call("untold", {"chat": theirs.chat}))
    return None if untold and waits else (str(stored(theirs.now)), shown)


async def _may_see(theirs: Acting, unit: str | None) -> bool:
    (rows,) = await theirs.ask(Call("my_grants", {"chat": theirs.chat}))
    held = grants_of(theirs.keyring, rows)
    if Rights.of(held, NO_UNITS).may(Act.SEE_BROADCASTS, unit):
        return True
    return bool(held) and Rights.of(held, await read_units(theirs.ask)).may(Act.SEE_BROADCASTS, unit)
