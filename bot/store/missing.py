"""A value whose key is not here: the key may come, or what stands in its place never was one."""

from bot.store.drivers import Call, Driver
from bot.store.errors import SealError, UnknownKey


async def is_awaited(driver: Driver, error: SealError) -> bool:
    """Whether a key that sealed values of this database is missing: what it sealed is whole and waits for it."""
    if not isinstance(error, UnknownKey):
        return False
    (rows,) = await driver.run(Call("sealing_keys"))
    return (error.values.get("key"), None) in rows
