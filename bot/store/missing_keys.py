"""Keys that sealed values of the database and that the key file lacks.

Nothing is started without them; what they sealed waits until the key file is whole again.
"""

from collections.abc import Mapping

from bot.store.drivers import Driver, Query
from bot.store.errors import KeysMissing, SealError, UnknownKey
from bot.store.key_rotation import KeyRotation
from bot.store.sealing import KEY_ID_BYTES, Keyring
from locales import N_

#: So few values of one key beside those of another are damaged ones.
_DAMAGED_AT_MOST = 2
_MISSING = N_(
    "The key file {path} lacks keys that values of this database were sealed with: {missing}. Without them nothing is"
    " started, for nobody whose data they seal would be answered. Put back the newest copy of the key file. Only where"
    " a key is lost for ever: troly keys lost KEY"
)


async def check_all_keys(driver: Driver, keyring: Keyring) -> None:
    """Compare the keys that sealed values here with the key file's; values are counted only where one is missing.

    Raises:
        KeysMissing: tables and counts are in the message.
    """
    (rows,) = await driver.run(Query("sealing_keys"))
    known = {key for key, retired in rows if retired is None}
    if not rows:  # a database from before keys were written down, or a new one
        known = _credible_keys(await KeyRotation(driver, keyring).key_usage())
        await _record_keys(driver, known)
    if not known <= set(keyring.keys.keys):
        keyring.reload()
    if not known <= set(keyring.keys.keys):
        await _refuse_missing_keys(driver, keyring, known)
    if keyring.keys.current not in known:
        await _record_keys(driver, {keyring.keys.current})


def _credible_keys(usage: Mapping[str, int]) -> set[str]:
    """Leave out key ids that only a damaged value or two begin with."""
    most = max(usage.values(), default=0)
    return {
        key
        for key, count in usage.items()
        if len(key) == 2 * KEY_ID_BYTES and (count > _DAMAGED_AT_MOST or count == most)
    }


async def _record_keys(driver: Driver, keys: set[str]) -> None:
    await driver.run(*(Query("key_in_use", {"id": key}) for key in sorted(keys)))


async def _refuse_missing_keys(driver: Driver, keyring: Keyring, known: set[str]) -> None:
    """Raise KeysMissing where missing keys really seal values; a key that seals nothing is not missed."""
    check = await KeyRotation(driver, keyring).verify()
    missing = [one for one in check.missing if one.key in known]
    if missing:
        words = "; ".join(f"{one.key}: {one.table} ({one.count})" for one in missing)
        raise KeysMissing(_MISSING, path=keyring.path, missing=words)


async def is_key_awaited(driver: Driver, error: SealError) -> bool:
    """Tell whether the error is about a key that is missing and may come: its values are whole and wait for it."""
    if not isinstance(error, UnknownKey):
        return False
    (rows,) = await driver.run(Query("sealing_keys"))
    return (error.values.get("key"), None) in rows
