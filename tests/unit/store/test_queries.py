"""The SQL file and the code agree."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import bot
from bot.store.drivers import load_migrations, load_queries, split_statements, sql_files
from bot.store.drivers.postgres import PostgresDriver
from bot.store.drivers.sqlite import SqliteDriver
from bot.store.sealing.sealed_columns import SEALED_COLUMNS

SOURCE = "\n".join(sql_files().values())
QUERIES = load_queries(SqliteDriver.dialect)
QUERIES_OF_POSTGRES = load_queries(PostgresDriver.dialect)
CODE = "".join(
    re.sub(r"__all__ = \[.*?\]", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for path in Path(bot.__file__).parent.rglob("*.py")
)


@pytest.fixture(scope="module")
def template() -> bytes:
    """A database with the tables of every migration."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(QUERIES["create_migrations"])
        for step in load_migrations():
            for statement in split_statements(step.text, SqliteDriver.dialect):
                connection.execute(statement)
        connection.commit()
        return connection.serialize()


@pytest.fixture
def tables(template: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(template)
    return connection


def test_every_query_carries_a_comment() -> None:
    for name, comment in re.findall(r"^-- name: (\w+)!?\n(.*)$", SOURCE, re.MULTILINE):
        assert comment.startswith("-- "), name


def test_every_query_that_gives_no_rows_back_is_marked_so() -> None:
    for name, mark, text in re.findall(r"^-- name: (\w+)(!?)\n(.*?);$", SOURCE, re.MULTILINE | re.DOTALL):
        body = re.sub(r"--.*$", "", text, flags=re.MULTILINE).strip()
        is_condition = name.startswith("where_")
        reads = re.match(r"SELECT|WITH(?!.*\b(?:INSERT|UPDATE|DELETE)\b)", body, re.DOTALL)
        assert bool(mark) is not bool(is_condition or reads or "RETURNING" in body), name


def test_no_two_queries_have_one_name() -> None:
    names = re.findall(r"^-- name: (\w+)!?$", SOURCE, re.MULTILINE)
    assert sorted(names) == sorted(set(names))


def test_every_query_is_used_and_every_used_one_exists() -> None:
    named = {name.split(".")[0] for name in QUERIES if not name.startswith("where.")}
    used = set(re.findall(r'(?:Query|column_query_name|to_query|_read)\(\s*"(\w+)"', CODE)) | set(
        re.findall(r'"((?:expire|count)_\w+|\w+_chats)"', CODE)
    )

    assert used == named


def test_every_query_is_good_sql(tables: sqlite3.Connection) -> None:
    wrong = {name: error for name in QUERIES if not name.startswith("where.") if (error := explain(tables, name))}
    tables.close()
    assert wrong == {}


def explain(tables: sqlite3.Connection, name: str) -> str:
    """Return the error of a query; nothing where it is good."""
    query = QUERIES.text(name)
    try:
        tables.execute(f"EXPLAIN {query}", dict.fromkeys(re.findall(r":(\w+)", query)))
    except sqlite3.Error as error:
        return str(error)
    return ""


def test_no_query_changes_a_batch_that_postgresql_may_find_anew_for_each_row() -> None:
    changes = {name: text for name, text in QUERIES_OF_POSTGRES.items() if re.search(r"\b(?:DELETE|UPDATE) ", text)}
    batches = {name for name, text in changes.items() if re.search(r"IN \(\s*SELECT[^()]*\bLIMIT\b", text)}

    assert batches == set()


def test_both_databases_have_the_same_words() -> None:
    assert SqliteDriver.dialect.keys() == PostgresDriver.dialect.keys()


def test_every_column_of_bytes_is_rotated() -> None:
    script = "".join(step.text for step in load_migrations())
    columns = set()
    for table, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", script, re.DOTALL):
        columns |= {(table, column) for column in re.findall(r"(\w+) +\{bytes\}", body)}
    columns |= set(re.findall(r"ALTER TABLE (\w+) ADD COLUMN (\w+) \{bytes\}", script))

    assert columns == {(sealed.table, sealed.column) for sealed in SEALED_COLUMNS}


def test_migrations_are_numbered_without_gaps_and_explained() -> None:
    steps = load_migrations()

    assert [step.version for step in steps] == list(range(1, len(steps) + 1))
    assert all(step.text.startswith("-- ") for step in steps)


@pytest.mark.parametrize(
    "query",
    ["meet_chat", "claim", "claim_broadcast", "pending", "forget_chat", "my_requests", "waiting_chats", "finish"],
)
def test_the_queries_of_every_turn_never_walk_a_whole_table(query: str, tables: sqlite3.Connection) -> None:
    parameters = dict.fromkeys(re.findall(r":(\w+)", QUERIES[query]))

    plan = [row[3] for row in tables.execute(f"EXPLAIN QUERY PLAN {QUERIES[query]}", parameters)]

    tables.close()
    walks = [step for step in plan if step.startswith("SCAN") and "INDEX" not in step]
    few = {
        "SCAN due",
        "SCAN j",
        "SCAN judged",
        "SCAN CONSTANT ROW",
    }  # those that are claimed; what is asked about no table
    assert not [step for step in walks if step not in few], plan


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("count_officers", "chats_of_unit"),
        ("count_certificates", "standings_known"),
        ("count_expiring", "standings_expiring"),
        ("count_action_needed", "standings_untouched"),
        ("count_requests", "requests_by_state"),
        ("count_silent", "chats_idle_of_unit"),
    ],
)
def test_a_count_of_everybody_reads_the_index_that_holds_nothing_else(
    query: str, index: str, tables: sqlite3.Connection
) -> None:
    text = QUERIES.text(query)
    parameters = dict.fromkeys(re.findall(r":(\w+)", text), 0)

    first, *_ = [row[3] for row in tables.execute(f"EXPLAIN QUERY PLAN {text}", parameters) if "INDEX" in row[3]]

    tables.close()
    assert f"INDEX {index}" in first


@pytest.mark.parametrize(
    "where",
    [
        (),
        ("within_one",),
        ("within_reach", "in_state", "of_procedure"),
        ("within_one", "registered_since", "registered_before"),
        ("expires_since", "expires_until", "numbered_below"),
        ("within_one_one_by_one", "with_common_words"),
        ("within_reach_one_by_one", "with_rare_word", "with_words"),
        ("within_one_one_by_one", "with_common_open_words"),
        ("within_reach_one_by_one", "with_rare_word", "with_open_words"),
    ],
)
@pytest.mark.parametrize("query", ["desk_count", "desk_page"])
def test_a_look_at_the_list_reads_indexes_and_no_content_in_vain(
    query: str, where: tuple[str, ...], tables: sqlite3.Connection
) -> None:
    text = QUERIES.text(query, where)
    parameters = dict.fromkeys(re.findall(r":(\w+)", text))

    plan = [row[3] for row in tables.execute(f"EXPLAIN QUERY PLAN {text}", parameters)]

    tables.close()
    read = [step for step in plan if re.match(r"(SCAN|SEARCH) requests\b", step)]
    assert read, plan
    assert [step for step in read if "COVERING INDEX" not in step and "(number=?)" not in step] == []


@pytest.mark.parametrize("condition", ["with_role", "has_certificate"])
def test_what_an_audience_is_asked_of_begins_where_its_page_does(condition: str) -> None:
    assert re.search(r"(\w+)\.chat = chats\.id AND \1\.chat > :after", QUERIES[f"where.{condition}"])


def test_a_chat_reserved_with_its_update_makes_no_commit_that_does_not_wait_for_the_disk() -> None:
    queries = {
        match[1]: match[2] for match in re.finditer(r"^-- name: (\w+)!?\n(.*?);$", SOURCE, re.MULTILINE | re.DOTALL)
    }
    stored = ("meet_chat", "meet_group", "receive", "take_chat", "pending")
    assert [name for name in stored if "{relaxed}" in queries[name]] == []
    assert "{relaxed}" in queries["hold_chat"]
