"""How much waits is read from the indexes of what waits, however much was handled before."""

import sqlite3

import pytest

from bot.store.drivers import load_migrations, load_queries, split_statements
from bot.store.drivers.sqlite import SqliteDriver

QUERIES = load_queries(SqliteDriver.dialect)


@pytest.mark.parametrize("query", ["inbox_waiting", "outbox_queued", "tasks_waiting"])
def test_a_depth_never_walks_a_table(query: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(QUERIES["create_migrations"])
    for statement in (one for step in load_migrations() for one in split_statements(step.text, SqliteDriver.dialect)):
        connection.execute(statement)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {QUERIES[query]}", {"kind": "export"})]
    connection.close()
    assert all("INDEX" in step for step in plan if step.startswith(("SCAN", "SEARCH"))), plan
