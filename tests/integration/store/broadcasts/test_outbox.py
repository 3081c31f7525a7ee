"""Broadcasts leave row by row: claimed in order behind answers, settled once by whoever has them in hand."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from bot.messages import Chat, DeliveryState, OutboxRow, Settlement
from bot.store import Store
from bot.store.drivers import load_queries, to_micros
from bot.store.drivers.postgres import PostgresDriver
from bot.store.sealing import Keyring, sealed_columns
from handlers.model import ZALO, DeliveryReason, PlaceholderValues, format_person_code
from tests.support.broadcasts import DEADLINE_DRAFT, QUEUED_AT, BroadcastWriter, Row, list_recipients
from tests.support.database import Database, OpenStore
from tests.support.store import CHANNEL, answer_next, claim_rows, open_chat, reply_texts

NAME = "TB-000001"


@pytest.fixture
def outgoing(database: Database, keyring: Keyring, store: Store) -> BroadcastWriter:
    def many(statement: str, rows: Sequence[Row]) -> None:
        if database.url is None:
            with closing(sqlite3.connect(database.file)) as connection, connection:
                connection.executemany(statement, rows)
            return
        with psycopg.connect(database.url) as connection, connection.cursor() as cursor:
            cursor.executemany(statement.replace("?", "%s").encode(), rows)

    return BroadcastWriter(keyring, many)


async def taken(store: Store, limit: int = 100, name: str = NAME, now: datetime = QUEUED_AT) -> list[OutboxRow]:
    return await store.outbox.claim_broadcast(name, CHANNEL, limit, now)


def addresses(rows: Sequence[OutboxRow]) -> list[str]:
    return [row.chat.address for row in rows]


def ends(database: Database) -> list[tuple[str, str | None]]:
    return database.sql("SELECT state, reason FROM outbox ORDER BY id")


async def test_a_broadcast_is_claimed_in_small_batches_in_order_and_in_each_persons_words(
    store: Store, outgoing: BroadcastWriter
) -> None:
    values = PlaceholderValues(language="en", name="Trần Văn <B>", day=date(2026, 11, 30))
    outgoing.queue(NAME, "12345", values=values)

    first, second = await taken(store, 3), await taken(store, 3)

    assert (addresses(first), addresses(second)) == (["1", "2", "3"], ["4", "5"])
    (text,) = first[0].reply.paragraphs
    assert "<b>Trần Văn &lt;B&gt;</b>" in text
    assert "30/11/2026, 7 days left" in text
    assert await taken(store) == []


async def test_the_days_that_are_left_are_those_of_the_day_of_sending_in_viet_nam(
    store: Store, outgoing: BroadcastWriter
) -> None:
    outgoing.queue(NAME, "1", values=PlaceholderValues(language="en", day=date(2026, 11, 30)))
    (row,) = await taken(store, now=datetime.fromisoformat("2026-11-28T17:30:00+00:00"))
    assert "1 day left" in row.reply.paragraphs[0]


async def test_only_the_first_reminder_that_arrived_says_how_to_stop(store: Store, outgoing: BroadcastWriter) -> None:
    for number in (1, 2, 3):
        outgoing.queue(f"TB-00000{number}", "1")

    (lost,) = await taken(store)
    await store.outbox.settle(lost, DeliveryState.UNKNOWN, QUEUED_AT, reason=DeliveryReason.NO_ANSWER)
    (first,) = await taken(store, name="TB-000002")
    await store.outbox.settle(first, DeliveryState.SENT, QUEUED_AT)
    (second,) = await taken(store, name="TB-000003")

    assert [row.first for row in (lost, first, second)] == [True, True, False]
    assert [first.reply.paragraphs == row.reply.paragraphs for row in (lost, second)] == [True, False]


async def test_a_document_goes_along(store: Store, outgoing: BroadcastWriter) -> None:
    draft = DEADLINE_DRAFT.model_copy(update={"document": "cong-van.pdf"})
    outgoing.queue(NAME, "12", draft=draft, document=b"%PDF-1.7")
    one, two = await taken(store)
    assert [file.content for file in one.reply.attachments] == [b"%PDF-1.7"]
    assert one.reply.attachments[0] is two.reply.attachments[0]  # opened once


async def test_a_chat_gets_its_answers_first_and_one_message_at_a_time(store: Store, outgoing: BroadcastWriter) -> None:
    await answer_next(store, await open_chat(store, address="1"), "trả lời")
    outgoing.queue(NAME, "12")
    outgoing.queue("TB-000002", "12")

    assert addresses(await taken(store)) == ["2"]
    assert await taken(store, name="TB-000002") == []  # 2 has one under way, 1 an answer that waits
    (reply,) = await claim_rows(store)
    assert await taken(store) == []  # under way
    await store.outbox.settle(reply, DeliveryState.SENT, QUEUED_AT)
    (mine,) = await taken(store)
    await answer_next(store, await open_chat(store, "2", "1"), "trả lời nữa")
    assert await claim_rows(store) == []
    await store.outbox.settle(mine, DeliveryState.SENT, QUEUED_AT)
    assert reply_texts(await claim_rows(store)) == ["trả lời nữa"]


async def test_an_answer_does_not_wait_for_a_broadcast_in_the_queue(store: Store, outgoing: BroadcastWriter) -> None:
    outgoing.queue(NAME, "1")
    await answer_next(store, await open_chat(store, address="1"), "trả lời")
    assert reply_texts(await claim_rows(store)) == ["trả lời"]


@pytest.mark.parametrize("state", ["scheduled", "paused", "cancelled", "finished"])
async def test_nothing_is_claimed_of_a_broadcast_that_does_not_run(
    store: Store, outgoing: BroadcastWriter, database: Database, state: str
) -> None:
    outgoing.queue(NAME, "12")
    assert await store.outbox.running_broadcasts(CHANNEL, QUEUED_AT) == [NAME]
    assert len(await taken(store, 1)) == 1

    database.sql("UPDATE broadcasts SET state = ?", state)

    assert await store.outbox.running_broadcasts(CHANNEL, QUEUED_AT) == []
    assert await taken(store) == []


async def test_a_broadcast_that_is_held_back_waits_for_its_hour(
    store: Store, outgoing: BroadcastWriter, database: Database
) -> None:
    outgoing.queue(NAME, "1")
    hour = timedelta(hours=1)
    database.sql("UPDATE broadcasts SET held_until = created_at + ?", hour // timedelta(microseconds=1))

    early = QUEUED_AT + hour - timedelta(seconds=1)
    assert (await store.outbox.running_broadcasts(CHANNEL, early), await taken(store, now=early)) == ([], [])
    assert await store.outbox.running_broadcasts(CHANNEL, QUEUED_AT + hour) == [NAME]
    assert len(await taken(store, now=QUEUED_AT + hour)) == 1


async def test_a_channel_hears_only_of_its_own_broadcasts(store: Store, outgoing: BroadcastWriter) -> None:
    outgoing.queue(NAME, "1")
    assert await store.outbox.running_broadcasts("zalo", QUEUED_AT) == []
    assert await store.outbox.claim_broadcast(NAME, "zalo", 9, QUEUED_AT) == []


async def test_who_stopped_reminders_or_blocked_since_the_row_was_made_gets_none(
    store: Store, outgoing: BroadcastWriter, database: Database
) -> None:
    outgoing.queue(NAME, "123")
    database.sql("UPDATE chats SET stopped_at = 1 WHERE id = ?", store.chats.at(CHANNEL, "1").id)
    await store.chats.mark_blocked(store.chats.at(CHANNEL, "2"), QUEUED_AT)

    assert addresses(await taken(store)) == ["3"]
    assert ends(database) == [("skipped", "stopped"), ("blocked", "blocked_before"), ("sending", None)]


async def test_what_was_said_or_had_since_the_row_was_made_keeps_it_back(
    store: Store, outgoing: BroadcastWriter, database: Database
) -> None:
    for number in range(2, 7):  # five at most
        outgoing.queue(f"TB-00000{number}", "14", state="finished", now=QUEUED_AT - timedelta(days=30))
    database.sql("UPDATE outbox SET state = 'sent', settled_at = ?", to_micros(QUEUED_AT - timedelta(days=6)))
    eight = to_micros(QUEUED_AT - timedelta(days=8))
    database.sql(
        "UPDATE outbox SET settled_at = ? WHERE broadcast = 'TB-000002' AND chat = ?",
        eight,
        store.chats.at(CHANNEL, "4").id,
    )
    outgoing.queue(NAME, "1234")
    marks = "INSERT INTO reminder_marks (broadcast, chat, done_at, later_on) VALUES (?, ?, ?, ?)"
    database.sql(marks, NAME, store.chats.at(CHANNEL, "2").id, to_micros(QUEUED_AT), None)
    database.sql(marks, NAME, store.chats.at(CHANNEL, "3").id, None, QUEUED_AT.date().toordinal() + 1)

    assert addresses(await taken(store)) == ["4"]
    kept = [("skipped", "capped"), ("skipped", "done"), ("skipped", "later"), ("sending", None)]
    assert ends(database)[-4:] == kept


async def test_many_ends_are_stored_together_each_with_what_follows_from_it(
    store: Store, outgoing: BroadcastWriter, database: Database
) -> None:
    outgoing.queue(NAME, "12345")
    rows = await taken(store)
    found = [
        (DeliveryState.SENT, None),
        (DeliveryState.BLOCKED, None),
        (DeliveryState.INVALID, DeliveryReason.REFUSED),
        (DeliveryState.UNKNOWN, DeliveryReason.NO_ANSWER),
        (DeliveryState.FAILED, DeliveryReason.GAVE_UP),
    ]

    await store.outbox.settle_all(
        [Settlement(row, *end[:1], None, end[1]) for row, end in zip(rows, found, strict=True)], QUEUED_AT
    )

    assert ends(database) == [(state.value, reason) for state, reason in found]
    assert database.sql("SELECT COUNT(*) FROM outbox WHERE settled_at IS NULL OR attempts <> 1") == [(0,)]
    first, blocked = rows[0].chat.id, rows[1].chat.id
    assert database.sql("SELECT id FROM chats WHERE reminded_at IS NOT NULL") == [(first,)]
    assert database.sql("SELECT id FROM chats WHERE blocked_at IS NOT NULL") == [(blocked,)]


async def test_what_a_crash_caught_is_unknown_and_never_sent_again(
    store: Store, outgoing: BroadcastWriter, database: Database
) -> None:
    outgoing.queue(NAME, "12")
    await taken(store, 1)

    assert await store.outbox.recover(CHANNEL, QUEUED_AT) == 1

    assert ends(database) == [("unknown", "crash"), ("queued", None)]
    assert addresses(await taken(store)) == ["2"]


async def test_the_late_answer_of_a_worker_that_was_given_up_ends_the_doubt(
    store: Store, outgoing: BroadcastWriter, database: Database, another: OpenStore
) -> None:
    outgoing.queue(NAME, "12")
    one, two = await taken(store)
    other = await another()
    await other.outbox.recover(CHANNEL, QUEUED_AT)

    await store.outbox.settle_all(
        [Settlement(one, DeliveryState.SENT), Settlement(two, DeliveryState.FAILED)], QUEUED_AT
    )
    await store.outbox.retry(two, QUEUED_AT)

    assert ends(database) == [("sent", None), ("unknown", "crash")]
    assert await taken(other) == []


async def test_nobody_settles_what_another_worker_has_in_hand(
    store: Store, outgoing: BroadcastWriter, database: Database, another: OpenStore
) -> None:
    outgoing.queue(NAME, "1")
    (row,) = await taken(store)
    other = await another()

    await other.outbox.settle(row, DeliveryState.FAILED, QUEUED_AT)
    await other.outbox.settle(row, DeliveryState.SENT, QUEUED_AT)
    await other.outbox.retry(row, QUEUED_AT)

    assert ends(database) == [("sending", None)]


async def test_what_a_worker_claimed_in_vain_is_queued_again_and_nothing_else(
    store: Store, outgoing: BroadcastWriter, database: Database, another: OpenStore
) -> None:
    await answer_next(store, await open_chat(store, address="9"), "trả lời")
    outgoing.queue(NAME, "123")
    in_hand, _ = await taken(store, 2)
    await claim_rows(store)
    await taken(await another())

    await store.outbox.release_claims(CHANNEL, {in_hand.id}, broadcasts=True)

    assert [state for state, _ in ends(database)] == ["sending", "sending", "queued", "sending"]
    assert database.sql("SELECT attempts FROM outbox ORDER BY id") == [(1,), (1,), (0,), (1,)]
    await store.outbox.release_claims(CHANNEL, (), broadcasts=False)
    assert ends(database)[0] == ("queued", None)


async def test_a_row_put_back_is_claimed_when_it_is_due(store: Store, outgoing: BroadcastWriter) -> None:
    outgoing.queue(NAME, "1")
    (row,) = await taken(store)
    await store.outbox.retry(row, QUEUED_AT + timedelta(seconds=30), counted=False)

    assert await taken(store, now=QUEUED_AT + timedelta(seconds=29)) == []
    (again,) = await taken(store, now=QUEUED_AT + timedelta(seconds=30))
    assert again.attempts == 0


_PEOPLE = (
    (
        "INSERT INTO chats (id, channel, address, first_contact_at, last_contact_at, consented)"
        " SELECT 'c' || g, 'telegram', '', 0, 0, 1 FROM generate_series(1, 4000) g"
    ),
    "INSERT INTO broadcasts (id, state, author, content, created_at, changed_at) VALUES ('b', 'running', '', '', 0, 0)",
)
_MESSAGES = (
    (
        "INSERT INTO outbox (origin, chat, channel, priority, state, queued_at, due_at)"
        " SELECT 't' || g, 'c' || g, 'telegram', 0, 'sent', 0, 0 FROM generate_series(1, 4000) g"
    ),
    (
        "INSERT INTO outbox (origin, chat, channel, priority, broadcast, queued_at, due_at)"
        " SELECT 'b' || g, 'c' || g, 'telegram', 2, 'b', 0, 0 FROM generate_series(1, 4000) g"
    ),
    (
        "INSERT INTO inbox (channel, update_id, chat, received_at)"
        " SELECT 'telegram', 'c' || g, 'c' || g, 0 FROM generate_series(1, 4000) g"
    ),
)


@pytest.mark.postgres
def test_the_next_rows_are_found_without_a_walk_through_all_that_was_ever_sent(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for statement in (*_PEOPLE, *_MESSAGES, "ANALYZE"):
            connection.execute(statement.encode())
        for query in ("claim_broadcast", "withdraw"):
            plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {_text(query)}".encode()))
            assert "using outbox_states on outbox o" in plan, plan


@pytest.mark.postgres
def test_nothing_is_gone_through_for_each_row_although_postgresql_takes_the_tables_for_empty(postgres_url: str) -> None:
    """As after a retention that left nothing, until the server looks once more: all plans cost the same then."""
    emptied = ("DELETE FROM outbox", "DELETE FROM inbox", "ANALYZE outbox", "ANALYZE inbox")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for statement in (*_PEOPLE, "ANALYZE", *_MESSAGES, *emptied, *_MESSAGES):
            connection.execute(statement.encode())
        for query in ("claim", "claim_broadcast", "expire_chats"):
            ((found,),) = connection.execute(f"EXPLAIN (FORMAT JSON) {_text(query)}".encode())
            assert list(_gone_through(found[0]["Plan"])) == [], query


def _gone_through(node: dict[str, Any], *, again: bool = False) -> Iterator[str]:
    """Yield how one of the tables is read without a key for each row of something else, or to be changed."""
    table, condition = node.get("Relation Name"), node.get("Index Cond") or node.get("Recheck Cond", "")
    loose = (again and not condition) or (node.get("Alias") == "outbox" and "id = ANY" not in condition)
    if table in {"outbox", "inbox"} and node["Node Type"].endswith("Scan") and loose:
        yield f"{node['Node Type']} of {table} by {condition}"
    for part in node.get("Plans", []):
        inner = node["Node Type"] == "Nested Loop" and part["Parent Relationship"] == "Inner"
        yield from _gone_through(part, again=part["Parent Relationship"] != "InitPlan" and (again or inner))


def _text(query: str) -> str:
    return re.sub(r"(?<!:):(\w+)", lambda found: _MEANS[found[1]], load_queries(PostgresDriver.dialect)[query])


_MEANS = (
    {"broadcast": "'b'", "id": "'b'", "channel": "'telegram'", "worker": "'w'", "limit": "10", "resting": "'[]'"}
    | dict.fromkeys(("now", "today", "week", "most", "large", "heavy", "before", "undecided", "day"), "9")
    | {"chats": """'["c1", "c2"]'"""}
)


async def test_a_row_that_cannot_be_read_fails_alone(
    store: Store, outgoing: BroadcastWriter, database: Database
) -> None:
    outgoing.queue(NAME, "12")
    database.sql("UPDATE outbox SET payload = ? WHERE chat = ?", b"\x00" * 40, store.chats.at(CHANNEL, "1").id)
    rows = await taken(store)
    assert addresses(rows) == ["2"]
    assert len(await store.outbox.running_broadcasts(CHANNEL, QUEUED_AT)) == 0


async def test_a_broadcast_whose_text_cannot_be_read_fails_and_nothing_is_sent(
    store: Store, outgoing: BroadcastWriter, database: Database
) -> None:
    outgoing.queue(NAME, "12")
    elsewhere = outgoing.keyring.seal(DEADLINE_DRAFT.model_dump_json(), sealed_columns.broadcast_content("TB-999999"))
    database.sql("UPDATE broadcasts SET content = ?", elsewhere)

    assert await taken(store) == []
    assert ends(database) == [("failed", None)] * 2


async def test_who_blocks_is_known_as_blocked_until_they_write_or_let_us_write(
    store: Store, database: Database
) -> None:
    chat: Chat = await open_chat(store)

    def blocked() -> bool:
        return database.sql("SELECT blocked_at IS NOT NULL FROM chats") in ([(True,)], [(1,)])

    await store.chats.mark_blocked(chat, QUEUED_AT)
    assert blocked()
    await store.chats.mark_unblocked(chat)
    assert not blocked()
    await store.chats.mark_blocked(chat, QUEUED_AT)
    await open_chat(store, "2")
    assert not blocked()


async def test_a_stranger_who_blocks_stays_a_stranger(store: Store, database: Database) -> None:
    await store.chats.mark_blocked(store.chats.at(CHANNEL, "999"), QUEUED_AT)
    assert database.sql("SELECT COUNT(*) FROM chats") == [(0,)]


async def test_receipts_of_a_broadcast_stand_in_its_counts_and_beside_its_recipients(
    store: Store, outgoing: BroadcastWriter, database: Database
) -> None:
    """They may come before it is noted that the message was sent, twice, and in the wrong order."""
    replace(outgoing, channel=ZALO).queue(NAME, "12345")
    rows = await store.outbox.claim_broadcast(NAME, ZALO, 10, QUEUED_AT)
    await store.zalo.keep_receipts([("m1", 1), ("m2", 2)], QUEUED_AT)
    ends = [Settlement(row, DeliveryState.SENT, f"m{row.chat.address}") for row in rows[:4]]
    await store.outbox.settle_all([*ends, Settlement(rows[4], DeliveryState.UNKNOWN)], QUEUED_AT)
    await store.zalo.keep_receipts([("m2", 1), ("m3", 1), ("m3", 1), ("somebody else's", 2)], QUEUED_AT)

    counts = await store.broadcasts.tally(NAME)
    assert (dict(counts.states), dict(counts.receipts)) == ({"sent": 4, "unknown": 1}, {"received": 3, "seen": 1})
    told = {one.code: one.receipt for one in await list_recipients(store, NAME)}
    by_address = {row.chat.address: told[format_person_code(row.chat.id)] for row in rows}
    assert by_address == {"1": "received", "2": "seen", "3": "received", "4": "", "5": ""}
    assert not await store.outbox.claim_broadcast(NAME, ZALO, 10, QUEUED_AT)
    assert "m1" not in str(database.sql("SELECT * FROM zalo_receipts"))
