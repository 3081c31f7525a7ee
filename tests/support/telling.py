"""Delivers everything that waits for a person."""

from datetime import timedelta

from bot.messages import DeliveryState
from bot.store.store import Store
from handlers.core.replies import Reply
from tests.support.storing import NOW, claim

#: A moment at which everything is due, also messages queued by a real clock.
LATER = NOW + timedelta(days=36500)


async def told(store: Store, message: str | None = "42") -> list[Reply]:
    """Deliver the messages and return them in order; ``message`` is the platform's id of each."""
    replies = []
    while rows := await claim(store, now=LATER):
        for row in rows:
            replies.append(row.reply)
            await store.outbox.settle(row, DeliveryState.SENT, NOW, message=message)
    return replies
