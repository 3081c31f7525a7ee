"""Requests from before they could be found: indexed in small batches when a store is opened."""

from functools import partial

from bot.store import places
from bot.store.contents import content_of
from bot.store.drivers import Call, Driver, Rows
from bot.store.reading import readable
from bot.store.request_words import open_columns, words_renewed
from bot.store.sealing import Keyring
from handlers.requests.model import Content

#: Requests a transaction: others may write in between.
BATCH = 500


async def index_requests(driver: Driver, keyring: Keyring) -> int:
    """Index what is not yet; how many that were. What cannot be unsealed stays as it is, with a line in the log."""
    indexed, after = 0, 0
    while True:
        async with driver.transaction() as transaction:
            (rows,) = await transaction.run(Call("requests_to_index", {"after": after, "limit": BATCH}))
            if not rows:
                return indexed
            known = _readable(keyring, rows)
            await transaction.run(*(call for one in known for call in _indexed(keyring, *one)), commit=True)
        indexed, after = indexed + len(known), rows[-1][1]


def _readable(keyring: Keyring, rows: Rows) -> list[tuple[str, int, Content]]:
    found = []
    for code, number, sealed in rows:
        content = readable(keyring, places.content(code), partial(content_of, keyring, code, sealed))
        if content is not None:
            found.append((code, number, content))
    return found


def _indexed(keyring: Keyring, code: str, number: int, content: Content) -> tuple[Call, ...]:
    columns = Call("index_request", {**open_columns(content), "number": number})
    return columns, *words_renewed(keyring, code, number, content)
