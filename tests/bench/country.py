"""A country of any size: one made-up province block by block again and again, written by the databases themselves.

A block of a thousand officers is made by conversations and sealed; the others are its rows under other ids, whose
sealed values nobody can open. The first block has the newest requests, so that a list shows requests that can be read.
Thirty blocks make a region, at the top of the tree: a commune stays as large as it was, however many there are.
"""

import asyncio
import atexit
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from bot.demo import DemoSizes, DemoTotals, fill_database
from bot.demo.data_writer import open_demo_data
from bot.settings import Settings
from rules.loading import load_pack
from tests.bench.province import NOW, Province, empty_postgres

#: Officers and units of a block; blocks of a region.
BLOCK, UNITS, REGION = 1_000, 40, 30
COMMUNE, REGION_UNIT = "MAU.X0002", "R0"
_CLONES = (
    """INSERT INTO chats (id, channel, address, session, language, consented, first_contact_at, last_contact_at, unit,
        to_do, unfinished, idle, asked, first_end, last_end, ends)
    SELECT id || '.' || n, channel, address, {head}(session, 1, 600), language, consented, first_contact_at,
        last_contact_at, unit || '.' || n, to_do, unfinished, idle, asked, first_end, last_end, ends
    FROM chats, block""",
    """INSERT INTO standings (id, chat, unit, certificate_key, not_after, owed, subscriber, known_at, changed_at,
        requested_at)
    SELECT id || '.' || n, chat || '.' || n, unit || '.' || n, certificate_key || '.' || n, not_after, owed, subscriber,
        known_at, changed_at, requested_at FROM standings, block""",
    """INSERT INTO requests (code, number, chat, state, procedure, certificate_key, content, ended_at, unit,
        registered_at, changed_at, not_after, revision, indexed)
    SELECT code || '.' || n, number - 1000000 * n, chat || '.' || n, state, procedure, certificate_key || '.' || n,
        {head}(content, 1, 600), ended_at, unit || '.' || n, registered_at, changed_at, not_after, revision, 1
    FROM requests, block""",
)
#: Blocks by two: the chats of a person have the same beginning. The first block's have no number behind it.
_PERSON = """SELECT id, CASE WHEN id LIKE '%.%' THEN 0 ELSE 1 END AS first,
    CASE WHEN id LIKE '%.__' THEN 3 WHEN id LIKE '%._' THEN 2 ELSE 0 END AS tail FROM chats WHERE session IS NOT NULL"""
_BLOCK = "CASE WHEN first = 1 THEN 0 ELSE CAST(SUBSTR(id, LENGTH(id) - tail + 2) AS BIGINT) END"
_LINK = f"""INSERT INTO person_channels (chat, person, place, linked_at)
    SELECT id, SUBSTR(id, 1, LENGTH(id) - tail) || ':' || (n / 2), n % 2, 0
    FROM (SELECT id, tail, {_BLOCK} AS n FROM ({_PERSON}) tails) numbered"""
#: Each person had one reminder within a week, wrote once, and what they wrote was handled.
_DELIVERED = (
    """INSERT INTO broadcasts (id, state, author, content, recipients, created_at, changed_at, finished_at)
    VALUES ('TB-000001', 'finished', 'machine', {bytes}, 1, {at}, {at}, {at})""",
    """INSERT INTO outbox (origin, chat, channel, priority, state, queued_at, due_at, settled_at, broadcast)
    SELECT 'broadcast:TB-000001:' || id, id, channel, 2, 'sent', {at}, 0, {at}, 'TB-000001' FROM chats""",
    """INSERT INTO inbox (channel, update_id, chat, state, received_at, handled_at)
    SELECT channel, id, id, 'done', {at}, {at} FROM chats""",
)


def country_on_sqlite(people: int) -> Province:
    """So many people in a file of their own."""
    return _made(None, people)


def country_on_postgres(people: int) -> Province:
    """So many people on a server of their own."""
    return _made(empty_postgres(), people)


def link_in_pairs(province: Province) -> None:
    """Make the people of each two blocks one, each by the chat that stands for the other's in the block beside."""
    with _opened(province.settings) as run:
        run(_LINK)


def _made(url: str | None, people: int) -> Province:
    folder = Path(tempfile.mkdtemp(prefix="troly-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = Settings.model_validate(
        {"data_dir": folder, "database_url": url, "language": "vi", "approval_above": 10**9}
    )
    sizes = DemoSizes(officers=min(BLOCK, people), units=UNITS, seed=4)
    province = Province(settings, asyncio.run(_block(settings, sizes)))
    _clone(settings, range(1, people // BLOCK))
    return province


async def _block(settings: Settings, sizes: DemoSizes) -> DemoTotals:
    async with open_demo_data(settings) as bulk:
        return await fill_database(bulk, load_pack(), sizes, NOW, lambda _: None)


@contextmanager
def _opened(settings: Settings) -> Iterator[Callable[[str], object]]:
    """Run statements behind the store's back."""
    if settings.database_url is None:
        with closing(sqlite3.connect(settings.data_dir / "troly.sqlite3", isolation_level=None)) as connection:
            yield connection.execute
        return
    with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
        yield lambda statement: connection.execute(statement.encode())
        connection.execute("VACUUM ANALYZE")


def _clone(settings: Settings, blocks: range) -> None:
    if settings.database_url is None:
        with closing(sqlite3.connect(settings.data_dir / "troly.sqlite3", isolation_level=None)) as connection:
            for pragma in ("synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("BEGIN")
            triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            kept = [f"DROP TRIGGER {name}" for name, _ in triggers], [sql for _, sql in triggers]  # copied as well
            for statement in (*kept[0], *_statements(blocks, "zeroblob(10)", "SUBSTR"), *kept[1]):
                connection.execute(statement)
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # what triggers keep is copied as well
        for statement in _statements(blocks, "'\\x00'::bytea", "SUBSTRING"):
            connection.execute(statement.encode())
        connection.execute("VACUUM ANALYZE")  # what a running server does by itself within a minute


def _statements(blocks: range, nothing: str, head: str) -> Iterator[str]:
    """Units in the order of the tree: regions, and their blocks below."""
    regions = range(blocks.stop // REGION + 1)
    yield "UPDATE units SET place = place + 1, last = last + 1"
    for region in regions:
        place = region * (REGION * UNITS + 1)
        yield (
            f"INSERT INTO units (code, parent, name, place, last)"
            f" VALUES ('R{region}', NULL, 'Vùng mẫu {region}', {place}, {place + REGION * UNITS})"
        )
    yield "UPDATE units SET parent = 'R0' WHERE parent IS NULL AND code NOT LIKE 'R%'"
    if blocks:
        numbers = f"SELECT {blocks.start} UNION ALL SELECT n + 1 FROM block WHERE n < {blocks.stop - 1}"
        block = f"WITH RECURSIVE block(n) AS ({numbers})"
        moved = f"+ n * {UNITS} + n / {REGION}"
        above = "CASE WHEN parent = 'R0' THEN 'R' || (n / 30) ELSE parent || '.' || n END"
        yield (
            f"INSERT INTO units (code, parent, name, closed_on, place, last) {block}"
            f" SELECT code || '.' || n, {above}, name || ' ' || n, closed_on, place {moved}, last {moved}"
            " FROM units, block WHERE code NOT LIKE 'R%' ORDER BY n, place"
        )
        for clone in _CLONES:
            into, select = clone.split("SELECT", 1)
            yield f"{into} {block} SELECT {select.format(head=head)}"
    at = int((NOW.timestamp() - 2 * 86_400) * 1_000_000)
    for statement in _DELIVERED:
        yield statement.format(bytes=nothing, at=at)
