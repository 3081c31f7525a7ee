"""How much waits is read from the indexes of what waits, however much was handled before."""

import sqlite3

import pytest

from bot.store.drivers import load_migrations, load_queries, split_statements
from bot.store.drivers.sqlite import SqliteDriver

QUERIES = load_queries(SqliteDriver.dialect)


def _plan(query: str, where: tuple[str, ...] = ()) -> tuple[list[str], set[str]]:
    """The steps of a query on SQLite, and the indexes that hold some rows of their table only."""
    connection = sqlite3.connect(":memory:")
    connection.execute(QUERIES["create_migrations"])
    for statement in (one for step in load_migrations() for one in split_statements(step.text, SqliteDriver.dialect)):
        connection.execute(statement)
    values = {"kind": "export", "since": 0, "limit": 1, "reach": "[]", "today": 0, "quiet": 0}
    values |= {"after": "", "series": "", "week": 0, "most": 2, "broadcasts": "[]"}
    values |= {"days": "[]", "first": 0, "owed": 1, "states": 1}
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {QUERIES.text(query, where)}", values)]
    of_some = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
    partial = {name for (name,) in connection.execute(of_some)}
    connection.close()
    return plan, partial


LOOKS = [
    *("inbox_waiting", "outbox_queued", "tasks_waiting", "waiting_since", "failed_updates", "last_failed_updates"),
    *("oldest_updates", "oldest_messages"),
]


@pytest.mark.parametrize("query", LOOKS)
def test_a_look_at_what_waits_never_walks_a_table(query: str) -> None:
    plan, partial = _plan(query)
    walks = [step for step in plan if step.startswith("SCAN ") and step != "SCAN CONSTANT ROW"]
    assert all(step.rpartition(" ")[2] in partial for step in walks), plan
    assert all("INDEX" in step for step in plan if step.startswith("SEARCH")), plan


@pytest.mark.parametrize("query", ["failed_messages", "last_failed_messages"])
def test_what_did_not_arrive_is_not_looked_for_among_all_that_was_sent(query: str) -> None:
    plan, _ = _plan(query)
    assert any("outbox_failed" in step for step in plan), plan


DAYS = {
    "owed_since": "standings_owed_since",
    "owed_until": "standings_owed_until",
    "requested_since": "requests_open_since",
    "requested_until": "requests_ended",
}


@pytest.mark.parametrize(("query", "index"), DAYS.items())
def test_each_day_of_a_burn_down_is_a_range_of_an_index(query: str, index: str) -> None:
    plan, _ = _plan(query)
    assert any(step.startswith("SEARCH") and index in step for step in plan), plan


@pytest.mark.parametrize("more", [(), ("has_to_do",), ("has_unfinished",), ("owes",), ("has_request",)])
def test_everybody_is_counted_from_the_index_without_ids(more: tuple[str, ...]) -> None:
    plan, _ = _plan("audience_counts", ("agreed_in_a_chat", *more))
    assert any("chats_counted" in step for step in plan), plan


@pytest.mark.parametrize(
    "query",
    [
        *("count_officers", "count_certificates", "count_expiring", "count_action_needed", "count_requests"),
        *("count_silent", "owed_spans", "requested_spans"),
    ],
)
def test_the_statistics_of_one_unit_walk_through_no_table_of_all_units(query: str) -> None:
    plan, _ = _plan(query, ("within_reach",))
    walked = {step.split()[1] for step in plan if step.startswith("SCAN ")}
    assert not walked & {"chats", "standings", "requests"}, plan


@pytest.mark.parametrize("where", ["linked", "not_linked"])
@pytest.mark.parametrize("query", ["audience_page", "audience_capped"])
def test_whether_a_chat_is_linked_is_asked_of_that_chat_and_not_of_a_list_of_all(query: str, where: str) -> None:
    plan, _ = _plan(query, (where,))
    asked = [step for step in plan if step.startswith("SEARCH p USING") and "person_channels" in step]
    assert asked, plan
    assert all("(chat=?)" in step for step in asked), plan
