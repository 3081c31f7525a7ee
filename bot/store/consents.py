"""Consents given under an earlier version: read from the sealed sessions, in batches, when a store is opened."""

import structlog

from bot.store import places
from bot.store.drivers import Call, Driver
from bot.store.errors import SealError
from bot.store.sealing import Keyring
from bot.store.spoken import agreed

#: Sessions a transaction: others may write in between.
BATCH = 500

_log = structlog.get_logger(__name__)


async def read_consents(driver: Driver, keyring: Keyring) -> int:
    """Note beside each session whether it holds a consent, and drop those without; how many were looked into.

    What cannot be unsealed counts as no consent and stays as it is, with a line in the log.
    """
    read, after = 0, ""
    while True:
        async with driver.transaction() as transaction:
            (rows,) = await transaction.run(Call("consents_unread", {"after": after, "limit": BATCH}))
            if not rows:
                return read
            calls = [call for chat, sealed in rows if (call := _noted(keyring, chat, sealed))]
            await transaction.run(*calls, commit=True)
        read, after = read + len(calls), rows[-1][0]


def _noted(keyring: Keyring, chat: str, sealed: bytes) -> Call | None:
    try:
        session = keyring.unseal(sealed, places.session(chat))
    except SealError as error:
        _log.error("consent_unreadable", chat_id=chat, kind=type(error).__name__)
        return None
    return Call("note_consent", {"chat": chat}) if agreed(session) else Call("note_no_consent", {"chat": chat})
