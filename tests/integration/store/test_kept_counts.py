"""What is kept beside people and certificates of what is left and when they end is right after any change."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from bot.services.opening import migrate_database
from bot.store.drivers.kept_counts import asked_number, left_number
from handlers.model import RequestState
from rules.outcome import Procedure
from tests.support.database import Database, Sql
from tests.support.delivery import eventually
from tests.support.soak import examples

CHATS, KEYS = ("a", "b", "c"), ("k1", "k2", None)
WAIVED = {"draft", "refused", "withdrawn"}
PROCEDURES = (Procedure.REVOKE, Procedure.ISSUE_NEW, Procedure.RETURN_DEVICE)


class Writer:
    """Changes chats, standings and requests as anybody might who can write to the tables."""

    def __init__(self, sql: Sql, chosen: Random, nothing: bytes) -> None:
        self._sql, self._chosen, self._nothing = sql, chosen, nothing
        self._numbers = iter(range(1, 10**6))

    def change(self) -> None:
        acts: list[Callable[[], object]] = [
            *[self._add_standing, self._add_request] * 3,
            *(self._set_standing, self._set_standing, self._set_request, self._set_request, self._set_request),
            *(self._remove_standing, self._remove_request, self._move_both, self._remove_chat, self._replace_standing),
        ]
        self._chosen.choice(acts)()

    def add_chats(self) -> None:
        for chat in CHATS:
            added = (
                "INSERT INTO chats (id, channel, address, first_contact_at, last_contact_at) VALUES (?, 't', ?, 0, 0)"
            )
            self._sql(f"{added} ON CONFLICT DO NOTHING", chat, self._nothing)

    def _owed(self) -> str | None:
        several = self._chosen.sample(PROCEDURES, self._chosen.randrange(3))
        return self._chosen.choice([None, ",".join(several)])

    def _add_standing(self) -> None:
        chat, number = self._chosen.choice(CHATS), next(self._numbers)
        self._sql(
            "INSERT INTO standings (id, chat, certificate_key, owed, not_after, known_at, changed_at)"
            " VALUES (?, ?, ?, ?, ?, 0, 0)",
            *(f"{chat}:{number}", chat, self._chosen.choice(KEYS), self._owed(), self._end()),
        )

    def _end(self) -> int | None:
        return self._chosen.choice([None, 1, 2, 3, 4])

    def _replace_standing(self) -> None:
        """As an interview does: the same row once more."""
        for identity, chat in self._one("standings", "id, chat"):
            self._sql(
                "INSERT INTO standings (id, chat, certificate_key, owed, not_after, known_at, changed_at)"
                " VALUES (?, ?, ?, ?, ?, 0, 0)"
                " ON CONFLICT (id) DO UPDATE SET certificate_key = excluded.certificate_key, owed = excluded.owed,"
                " not_after = excluded.not_after",
                *(identity, chat, self._chosen.choice(KEYS), self._owed(), self._end()),
            )

    def _add_request(self) -> None:
        number = next(self._numbers)
        self._sql(
            "INSERT INTO requests (code, number, chat, state, procedure, certificate_key, content, registered_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(f"YC-{number}", number, self._chosen.choice(CHATS), self._state(), self._chosen.choice(PROCEDURES).value),
            *(self._chosen.choice(KEYS), self._nothing, self._chosen.randrange(1000)),
        )

    def _state(self) -> str:
        return self._chosen.choice(list(RequestState)).value

    def _set_standing(self) -> None:
        for (identity,) in self._one("standings", "id"):
            column = self._chosen.choice(["owed", "certificate_key", "not_after"])
            self._sql(f"UPDATE standings SET {column} = ? WHERE id = ?", None, identity)
            self._sql("UPDATE standings SET owed = ? WHERE id = ?", self._owed(), identity)

    def _set_request(self) -> None:
        for (code,) in self._one("requests", "code"):
            column, value = self._chosen.choice(
                [
                    ("state", self._state()),
                    ("procedure", self._chosen.choice(PROCEDURES).value),
                    ("certificate_key", self._chosen.choice(KEYS)),
                    ("chat", self._chosen.choice(CHATS)),
                    ("registered_at", self._chosen.randrange(1000)),
                ]
            )
            self._sql(f"UPDATE requests SET {column} = ? WHERE code = ?", value, code)

    def _move_both(self) -> None:
        """All that is one chat's becomes another's."""
        old, new = self._chosen.sample(CHATS, 2)
        for table in ("requests", "standings"):
            self._sql(f"UPDATE {table} SET chat = ? WHERE chat = ?", new, old)

    def _remove_standing(self) -> None:
        for (identity,) in self._one("standings", "id"):
            self._sql("DELETE FROM standings WHERE id = ?", identity)

    def _remove_request(self) -> None:
        for (code,) in self._one("requests", "code"):
            self._sql("DELETE FROM requests WHERE code = ?", code)

    def _remove_chat(self) -> None:
        """Its standings go with it."""
        chat = self._chosen.choice(CHATS)
        self._sql("DELETE FROM requests WHERE chat = ?", chat)
        self._sql("DELETE FROM chats WHERE id = ?", chat)
        self.add_chats()

    def _one(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        rows = sorted(self._sql(f"SELECT {columns} FROM {table}"))
        return [self._chosen.choice(rows)] if rows else []


def kept(sql: Sql) -> list[Any]:
    left = sql("SELECT id, to_do, unfinished, idle, asked, first_end, last_end, ends FROM chats ORDER BY id")
    return [*left, *sql("SELECT id, requested_at FROM standings ORDER BY id")]


def counted(sql: Sql) -> list[Any]:
    """The same in plain Python."""
    standings = sorted(sql("SELECT id, chat, certificate_key, owed FROM standings"))
    ends = sql("SELECT chat, not_after FROM standings WHERE not_after IS NOT NULL")
    requests = sql("SELECT chat, certificate_key, procedure, state, registered_at FROM requests")

    def left(chat: str, counts: Callable[[str], bool]) -> set[str]:
        asked = {(key, procedure) for at, key, procedure, state, _ in requests if at == chat and counts(state)}
        return {
            one
            for _, at, key, owed in standings
            for one in (owed or "").split(",")
            if at == chat and one and (key is None or (key, one) not in asked)
        }

    def row(chat: str) -> tuple[Any, ...]:
        to_do = left(chat, lambda state: state not in WAIVED)
        waits = any(owed is None or owed for _, at, _, owed in standings if at == chat)
        idle = waits and not any(at == chat and state not in WAIVED for at, _, _, state, _ in requests)
        number = left_number(Procedure(one) for one in to_do)
        asked = asked_number(RequestState(state) for at, _, _, state, _ in requests if at == chat)
        days = {end for at, end in ends if at == chat}
        unfinished = int(bool(left(chat, lambda state: state == "done")))
        return (
            *(chat, number, unfinished, int(idle), asked),
            *(min(days, default=None), max(days, default=None), len(days)),
        )

    def first(chat: str, key: str | None) -> int | None:
        moments = (
            at for whose, which, _, state, at in requests if (whose, which) == (chat, key) and state not in WAIVED
        )
        return min(moments, default=None) if key is not None else None

    return [*(row(chat) for chat in CHATS), *((one, first(chat, key)) for one, chat, key, _ in standings)]


@pytest.mark.parametrize("seed", range(examples(2)))
def test_what_is_left_to_do_is_kept_right_whatever_is_written(database: Database, seed: int) -> None:
    with database.opened() as sql:
        if database.url is None:
            sql("PRAGMA foreign_keys=ON")  # as every connection of the store has them
        writer = Writer(sql, Random(seed), b"x")
        writer.add_chats()
        for _ in range(120):
            writer.change()
            assert kept(sql) == counted(sql)


@pytest.mark.postgres
async def test_two_who_write_at_once_for_one_person_are_both_counted(postgres_url: str, tmp_path: Path) -> None:
    """The second one waits for the first, and counts what that one wrote: not what was there when it began."""
    await migrate_database(postgres_url, tmp_path)
    sql = Database(postgres_url, tmp_path).sql
    Writer(sql, Random(1), b"x").add_chats()
    for key, owed in (("k1", "revoke"), ("k2", "issue_new")):
        added = (
            "INSERT INTO standings (id, chat, certificate_key, owed, known_at, changed_at) VALUES (?, 'a', ?, ?, 0, 0)"
        )
        sql(added, key, key, owed)
    asked = (
        "INSERT INTO requests (code, number, chat, state, procedure, certificate_key, content, registered_at)"
        " VALUES (%s, %s, 'a', 'submitted', %s, %s, 'x', 1)"
    )
    with psycopg.connect(postgres_url) as first, psycopg.connect(postgres_url) as second:
        first.execute(asked, ("YC-1", 1, "revoke", "k1"))
        later = asyncio.create_task(asyncio.to_thread(second.execute, asked, ("YC-2", 2, "issue_new", "k2")))
        waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE pid = ? AND wait_event_type = 'Lock'"
        await eventually(lambda: sql(waiting, second.info.backend_pid) == [(1,)])
        first.commit()
        await later
        second.commit()
    assert kept(sql) == counted(sql)
