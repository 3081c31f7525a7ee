"""A second person, asked for an approval that its author cannot give alone."""

from collections.abc import Mapping
from datetime import datetime

from bot.store.broadcast_api import BroadcastBook
from handlers.broadcasts.model import Broadcast
from handlers.office.approval_words import asked
from handlers.replies import Reply
from handlers.voice import Voice


async def ask_second_person(book: BroadcastBook, broadcast: Broadcast, recipients: int, now: datetime) -> int:
    """Ask all who may approve it, once for a check; ``broadcast`` as it was when that was asked for. How many."""

    def asks(language: str, labels: Mapping[str, str]) -> Reply:
        return asked(Voice(language), broadcast, recipients, labels)

    return await book.request_approvals(broadcast.id, asks, f"approve:{broadcast.changed_at.isoformat()}", now)
