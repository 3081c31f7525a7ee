"""Bring the tables to the program's version."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.store.drivers import Call, Driver
from bot.store.migrations import Migration, load_migrations, missing
from bot.store.moments import stored
from bot.store.queries import statements


async def migrate(driver: Driver, carried: Sequence[Migration] | None = None) -> list[str]:
    """Apply what is missing in one transaction, alone among all processes; the names of what was applied.

    Raises:
        SchemaError: the tables are newer than the program, or not its own.
    """
    steps = load_migrations() if carried is None else carried
    now = stored(datetime.now(UTC))
    async with driver.transaction() as transaction:
        *_, applied = await transaction.run(
            Call("lock_migrations"), Call("create_migrations"), Call("applied_migrations")
        )
        lacking = missing(steps, [(version, name, checksum) for version, name, checksum in applied])
        for step in lacking:
            await transaction.script(statements(step.text, driver.dialect))
            await transaction.run(Call("record_migration", _record(step, now)))
        await transaction.run(commit=True)
    return [step.name for step in lacking]


def _record(step: Migration, now: int) -> dict[str, object]:
    return {"version": step.version, "name": step.name, "checksum": step.checksum, "now": now}
