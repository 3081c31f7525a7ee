"""Counts at which step of the interview people stop; each session is opened, looked at and forgotten at once."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.store.drivers import Query
from bot.store.encoding import to_micros
from bot.store.sealing import UNREADABLE_ERRORS, sealed_columns
from bot.store.store import Store
from handlers.core import Session
from handlers.interview.funnel import stopping_step
from rules.calendar import to_vietnam_day
from rules.pack import Pack

#: A conversation has stopped where nothing was written for so long.
SILENCE = timedelta(days=1)
_PAGE = 500


async def count_stops(store: Store, pack: Pack, now: datetime, silence: timedelta = SILENCE) -> Mapping[str, int]:
    """Count the conversations that have stopped, by their step; a session that cannot be read is left out.

    Raises:
        StoreError: the store cannot be used.
    """
    counts: Counter[str] = Counter()
    page = {"after": "", "before": to_micros(now - silence), "limit": _PAGE}
    while rows := (await store.driver.run(Query("sessions_page", page)))[0]:
        for chat, sealed in rows:
            try:
                session = Session.load(store.keyring.unseal(sealed, sealed_columns.session(chat)))
                counts[stopping_step(session, pack, to_vietnam_day(now))] += 1
            except (*UNREADABLE_ERRORS, ValueError):
                continue
        page["after"] = rows[-1][0]
    return counts
