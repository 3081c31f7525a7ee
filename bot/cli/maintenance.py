"""Maintain the database: ``troly retention``, ``migrate``, ``restored``, and ``keys`` that seal it."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.clock import Clock
from bot.delivery.worker_lease import open_heartbeat
from bot.services.opening import database_url, migrate_database, open_key_rotation, open_store_from_settings
from bot.settings import load_settings, make_data_dir
from bot.store import RETIREMENT_GRACE, KeyCheck, KeyFile, Retirement
from locales import N_, translator

#: The names of the counts that ``Store.retention`` returns.
_NAMES = {
    "requests": N_("requests"),
    "sessions": N_("conversations"),
    "standings": N_("known certificates"),
    "inbox": N_("handled messages"),
    "broadcasts": N_("ended broadcasts"),
    "outbox": N_("delivered messages"),
    "roles": N_("ended roles"),
    "invitations": N_("used or expired invitations"),
    "dossiers": N_("dossiers of units"),
    "chats": N_("chats"),
}

_MEANS = N_(
    "This says that the database was put back from a copy: all broadcasts are paused, messages of theirs that wait"
    " count as not known whether they arrived, and codes go on far beyond those in the copy. Go on?"
)
_DONE = N_("Done. The owners are told in their chats. Look at each broadcast, then let it go on or call it off.")
_NOTHING = N_("Nothing was changed. Add --yes where nobody can be asked.")


def retention(
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help=N_("Days to keep data; the setting's value where not given."))
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=N_("Only count what would be deleted."))] = False,
    clock_is_right: Annotated[
        bool,
        typer.Option(
            "--clock-is-right",
            help=N_("Go by the clock of this machine from now on, though it is far from what was seen last."),
        ),
    ] = False,
) -> None:
    """Delete data past its retention time; the assistant does the same every day."""
    settings = load_settings()
    t = translator(settings.language)
    counts = asyncio.run(_delete_expired(days or settings.retention_days, dry_run, clock_is_right))
    typer.echo(t(N_("Would be deleted:")) if dry_run else t(N_("Deleted:")))
    for name, count in counts.items():
        typer.echo(f"  {t(_NAMES[name])}: {count}")
    typer.echo(t(N_("The journal stays: it names no person.")))


async def _delete_expired(days: int, dry_run: bool, clock_is_right: bool) -> dict[str, int]:
    now = datetime.now(UTC)
    async with open_store_from_settings(load_settings()) as opened:
        store = opened.store
        if clock_is_right and not dry_run:
            await store.continuity.accept_clock(now)
        if not dry_run:
            await store.continuity.require_steady_clock(now)
        return await store.retention.delete_expired(now, days, dry_run=dry_run)


def migrate() -> None:
    """Apply the outstanding migrations; every start does the same."""
    settings = load_settings()
    t = translator(settings.language)
    make_data_dir(settings)
    applied = asyncio.run(migrate_database(database_url(settings), settings.data_dir))
    for name in applied:
        typer.echo(t(N_("Applied: {name}"), name=name))
    if not applied:
        typer.echo(t(N_("The database is up to date.")))


def restored(yes: Annotated[bool, typer.Option("--yes", help=N_("Do not ask."))] = False) -> None:
    """Declare that the database was restored from a copy; the program notices this itself only on the same machine."""
    t = translator(load_settings().language)
    if not yes and not (sys.stdin.isatty() and typer.confirm(t(_MEANS), err=True)):
        typer.echo(t(_NOTHING), err=True)
        raise typer.Exit(1)
    asyncio.run(_continue_from_copy())
    typer.echo(t(_DONE))


async def _continue_from_copy() -> None:
    settings = load_settings()
    async with open_store_from_settings(settings, taking_up=True) as opened:
        await open_heartbeat(settings, opened.store, Clock()).continue_from_copy(
            await opened.store.continuity.position()
        )


app = typer.Typer(add_completion=False, no_args_is_help=True)

_COPY = N_("Make a copy of the key file now: without it nothing that is stored can be read.")
_DROPPED = N_("Dropped key {key}, which nothing used any more.")
_STAYS = N_("Key {key} stays: {why}.")
_SPREAD = N_("Copy the key file to every machine that serves this database; then: troly keys use")

_Key = Annotated[str | None, typer.Argument(metavar="KEY", help=N_("The id of a key, as troly keys list shows it."))]


def _print_message(message: str, **values: object) -> None:
    typer.echo(translator(load_settings().language)(message, **values))


@app.command("list", help=N_("Show the id of every key, its day, and how many values it seals."))
def list_keys() -> None:
    """Print the id, day, state and use of every key, but never a key itself."""
    t = translator(load_settings().language)
    keys, usage = asyncio.run(_read_keys())
    for name, stored in sorted(keys.keys.items(), key=lambda item: item[1].created):
        waits = t(N_("waits to be used")) if name == keys.pending else t(N_("superseded"))
        current = t(N_("in use")) if name == keys.current else waits
        count = t(N_("values sealed: {count}"), count=usage.get(name, 0))
        typer.echo(f"{name}  {stored.created:%Y-%m-%d %H:%M} UTC  {current}  {count}")


async def _read_keys() -> tuple[KeyFile, dict[str, int]]:
    async with open_key_rotation(load_settings()) as sealer:
        return sealer.keyring.keys, await sealer.key_usage()


@app.command(
    help=N_("Say which keys are missing for how many values of which table, and which processes have which key.")
)
def verify(
    *,
    every: Annotated[
        bool, typer.Option("--every", help=N_("Open every value as well, and name those that do not open."))
    ] = False,
) -> None:
    """Verify the keys; exit status 1 if a value is unreadable or a process lacks the key in use."""
    check, keys = asyncio.run(_verify_keys(every=every))
    processes = tuple(dict.fromkeys(check.processes))  # one that serves several channels is named once
    lacking = [one for one in processes if not set(keys.keys) <= set(one.keys)]
    for missing in check.missing:
        _print_message(
            N_("Key {key} is missing: {count} values in {table}."),
            key=missing.key,
            count=missing.count,
            table=missing.table,
        )
    for place in check.damaged:
        _print_message(N_("Cannot be read: {place}"), place=place)
    for process in processes:
        _print_message(N_("{name} has the keys {keys}."), name=process.name, keys=", ".join(process.keys))
    for process in lacking:
        names = ", ".join(sorted(set(keys.keys) - set(process.keys)))
        said = N_("{name} lacks {keys}: copy the key file to its machine; start it again if it is a worker.")
        _print_message(said, name=process.name, keys=names)
    if check.missing or check.damaged or lacking:
        raise typer.Exit(1)
    _print_message(N_("No key is missing."))


async def _verify_keys(*, every: bool) -> tuple[KeyCheck, KeyFile]:
    async with open_key_rotation(load_settings()) as sealer:
        return await sealer.verify(every=every), sealer.keyring.keys


@app.command(help=N_("Add a key, seal everything with it and drop those before it: all steps, as far as they go."))
def rotate() -> None:
    """Rotate the keys; a repeated call continues where it stopped, or where a process still lacked the key."""
    key, resealed, done = asyncio.run(_rotate_keys())
    _print_message(N_("New key {key}; values sealed anew: {count}."), key=key, count=resealed)
    _print_message(_COPY)
    _print_retirement(done)


async def _rotate_keys() -> tuple[str, int, Retirement]:
    async with open_key_rotation(load_settings()) as sealer:
        key = await sealer.add(_now())
        await sealer.spread(key)
        await sealer.use(key, _now())
        resealed = await sealer.reseal()
        _print_message(
            N_("Waiting {seconds} seconds for what others have under way."),
            seconds=int(sealer.settling.total_seconds()),
        )
        await sealer.settle()
        await sealer.reseal()
        grace = RETIREMENT_GRACE if sealer.driver.shared else sealer.settling
        return key, resealed, await sealer.retire(_now(), grace)


@app.command(help=N_("Step 1: add a key, which is not used yet."))
def add() -> None:
    """Add a key, unless one already waits to be used."""
    key = asyncio.run(_add_key())
    _print_message(N_("Key {key} waits to be used."), key=key)
    _print_message(_SPREAD)


async def _add_key() -> str:
    async with open_key_rotation(load_settings()) as sealer:
        return await sealer.add(_now())


@app.command(help=N_("Step 2: seal with the added key from now on, once every process has it."))
def use(
    key: _Key = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help=N_("Also where a process lacks it; what it cannot read waits."))
    ] = False,
) -> None:
    """Use the added key; refused while a live process lacks it, unless forced."""
    _print_message(
        N_("Key {key} is in use. Seal the rest with it: troly keys reseal"), key=asyncio.run(_use_key(key, force=force))
    )
    _print_message(_COPY)


async def _use_key(key: str | None, *, force: bool) -> str:
    async with open_key_rotation(load_settings()) as sealer:
        return await sealer.use(key, _now(), force=force)


@app.command(help=N_("Step 3: seal with the key in use what older keys sealed, while the assistant runs."))
def reseal() -> None:
    """Reseal the values of older keys; a repeated call continues where it stopped."""
    _print_message(N_("Values sealed anew: {count}."), count=asyncio.run(_reseal_values()))


async def _reseal_values() -> int:
    async with open_key_rotation(load_settings()) as sealer:
        return await sealer.reseal()


@app.command(help=N_("Step 4: drop keys that seal nothing any more; a key that is named goes at once."))
def retire(key: _Key = None) -> None:
    """Drop unused keys; exit status 1 if a named key has to stay."""
    done = asyncio.run(_retire_key(key))
    _print_retirement(done)
    if not done.dropped and not done.kept:
        _print_message(N_("There is only the key in use: nothing to drop."))
    if key is not None and key in done.kept:
        raise typer.Exit(1)


async def _retire_key(key: str | None) -> Retirement:
    """Drop unused keys; without a name, a key stays for a day in case an unknown process still needs it."""
    async with open_key_rotation(load_settings()) as sealer:
        if key is None:
            return await sealer.retire(_now(), RETIREMENT_GRACE)
        return await sealer.retire(_now(), sealer.settling, (key,))


@app.command(
    help=N_("Give up a key that is lost for ever: what it sealed counts as unreadable, and nobody waits for it.")
)
def lost(
    key: Annotated[str, typer.Argument(metavar="KEY", help=N_("The id of the key, as troly keys verify names it."))],
    *,
    yes: Annotated[bool, typer.Option("--yes", help=N_("What it sealed can never be read again."))] = False,
) -> None:
    """Give up a lost key; ``--yes`` is required, because its values can never be read again."""
    if not yes:
        t = translator(load_settings().language)
        raise typer.BadParameter(t(N_("say --yes: what it sealed can never be read again")), param_hint="--yes")
    _print_message(N_("Values that count as unreadable from now on: {count}."), count=asyncio.run(_give_up_key(key)))


async def _give_up_key(key: str) -> int:
    async with open_key_rotation(load_settings()) as sealer:
        return await sealer.give_up(key, _now())


def _print_retirement(done: Retirement) -> None:
    t = translator(load_settings().language)
    for name in done.dropped:
        _print_message(_DROPPED, key=name)
    for name, why in done.kept.items():
        _print_message(_STAYS, key=name, why=t(why))


def _now() -> datetime:
    return datetime.now(UTC)
