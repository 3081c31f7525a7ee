"""All that waits for a person, delivered."""

from datetime import timedelta

from bot.messages import DeliveryState
from bot.store.store import Store
from handlers.core.replies import Reply
from tests.support.storing import NOW, claim

#: Whatever was queued by a real clock is due.
LATER = NOW + timedelta(days=36500)


async def told(store: Store, message: str | None = "42") -> list[Reply]:
    """In order; ``message`` is what the platform calls each."""
    replies = []
    while rows := await claim(store, now=LATER):
        for row in rows:
            replies.append(row.reply)
            await store.outbox.settle(row, DeliveryState.SENT, NOW, message=message)
    return replies
