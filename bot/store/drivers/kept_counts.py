"""What is kept beside people and certificates, of what is left to do and when they end, and the triggers that keep it.

Counts of everybody read these columns from an index alone. The database keeps them, not the queries that write: there
are many of those, and each of them, a copy included, would have to know. Migrations 0024 and 0025 are made of these
texts: a change of them takes a new migration, that makes the triggers and the columns anew.
"""

# ruff: noqa: S608 - all of it is our own words

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from handlers.model import RequestState
from rules.outcome import Procedure

#: Of each procedure in ``chats.to_do``, which is the sum of those that are left. No number goes to another procedure.
LEFT_NUMBERS = {
    Procedure.CHANGE_INFORMATION: 1,
    Procedure.REVOKE: 2,
    Procedure.KEEP_USING: 4,
    Procedure.EXTEND: 8,
    Procedure.ISSUE_NEW: 16,
    Procedure.RESTORE_DEVICE: 32,
    Procedure.RETURN_DEVICE: 64,
    Procedure.REPORT_LOSS: 128,
    Procedure.CHOOSE_CERTIFICATE: 256,
    Procedure.NOTHING_TO_DO: 512,
    Procedure.OUT_OF_SCOPE: 1024,
    Procedure.CHECK_WITH_OFFICE: 2048,
}


#: Of each state in ``chats.asked``, which is the sum of those that the person's requests are in.
STATE_NUMBERS = {
    RequestState.DRAFT: 1,
    RequestState.SUBMITTED: 2,
    RequestState.ACCEPTED: 4,
    RequestState.SENT_BACK: 8,
    RequestState.FORWARDED: 16,
    RequestState.DONE: 32,
    RequestState.REFUSED: 64,
    RequestState.WITHDRAWN: 128,
}


def left_number(procedures: Iterable[Procedure]) -> int:
    """Return the sum of the numbers of some procedures."""
    return reduce(or_, (LEFT_NUMBERS[one] for one in procedures), 0)


def asked_number(states: Iterable[RequestState]) -> int:
    """Return the sum of the numbers of some states."""
    return reduce(or_, (STATE_NUMBERS[one] for one in states), 0)


#: A draft, and what was refused or withdrawn, counts as no request.
_WAIVED = "('draft', 'refused', 'withdrawn')"
#: The same as rows of SQL.
NUMBERED_PROCEDURES = ", ".join(f"('{name.value}', {number})" for name, number in LEFT_NUMBERS.items())
_STATES = ", ".join(f"('{name.value}', {number})" for name, number in STATE_NUMBERS.items())
_OWED = (
    f"standings s JOIN (VALUES {NUMBERED_PROCEDURES}) p ON ',' || s.owed || ',' LIKE '%,' || p.column1 || ',%'"
    " WHERE s.chat = chats.id AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = s.chat"
    " AND r.certificate_key = s.certificate_key AND r.procedure = p.column1 AND r.state"
)
#: The value of each column, of the row of ``chats`` or ``standings`` that it stands in.
KEPT_VALUES = {
    "to_do": f"COALESCE((SELECT SUM(DISTINCT p.column2) FROM {_OWED} NOT IN {_WAIVED})), 0)",
    "unfinished": f"CASE WHEN EXISTS (SELECT 1 FROM {_OWED} = 'done')) THEN 1 ELSE 0 END",
    "idle": (
        "CASE WHEN EXISTS (SELECT 1 FROM standings s WHERE s.chat = chats.id AND (s.owed IS NULL OR s.owed <> ''))"
        f" AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id AND r.state NOT IN {_WAIVED})"
        " THEN 1 ELSE 0 END"
    ),
    "asked": (
        f"COALESCE((SELECT SUM(DISTINCT p.column2) FROM requests r JOIN (VALUES {_STATES}) p ON p.column1 = r.state"
        " WHERE r.chat = chats.id), 0)"
    ),
    "requested_at": (
        "(SELECT MIN(r.registered_at) FROM requests r WHERE r.chat = standings.chat"
        f" AND r.certificate_key = standings.certificate_key AND r.state NOT IN {_WAIVED})"
    ),
    "first_end": "(SELECT MIN(s.not_after) FROM standings s WHERE s.chat = chats.id)",
    "last_end": "(SELECT MAX(s.not_after) FROM standings s WHERE s.chat = chats.id)",
    "ends": "(SELECT COUNT(DISTINCT s.not_after) FROM standings s WHERE s.chat = chats.id)",
}
#: What a change of a table is about, where it is one: of other columns nothing is kept.
_COLUMNS = {
    "standings": ("chat", "certificate_key", "owed"),
    "requests": ("chat", "certificate_key", "procedure", "state", "registered_at"),
}


def _statements(rows: str, differs: str) -> str:
    """Keep what belongs to the chats and certificates of rows (OLD, NEW, or both), where it is another than before."""
    chats, stamp = _chats(rows), KEPT_VALUES["requested_at"]
    return (
        f"UPDATE standings SET requested_at = {stamp} WHERE chat IN ({chats}) AND requested_at {differs} {stamp}; "
        + _chats_statement(rows, differs, ("to_do", "unfinished", "idle", "asked"))
    )


def _chats(rows: str) -> str:
    return ", ".join(f"{row}.chat" for row in rows.split())


def _chats_statement(rows: str, differs: str, columns: Sequence[str]) -> str:
    """Keep columns of the chats of rows, where they are others than before."""
    values = ", ".join(f"{KEPT_VALUES[name]} AS {name}" for name in columns)
    old, new = (", ".join(f"{table}.{name}" for name in columns) for table in ("chats", "k"))
    return (
        f"UPDATE chats SET {', '.join(f'{name} = k.{name}' for name in columns)}"
        f" FROM (SELECT chats.id, {values} FROM chats WHERE chats.id IN ({_chats(rows)})) k"
        f" WHERE k.id = chats.id AND ({old}) {differs} ({new}); "
    )


_EVENTS = (("added", "INSERT", "NEW"), ("changed", "UPDATE", "OLD NEW"), ("removed", "DELETE", "OLD"))


def _change(event: str, table: str, differs: str) -> tuple[str, str]:
    """Return the words that name a change of a table, and those by which one that changes nothing is passed over."""
    if event != "UPDATE":
        return event, ""
    columns = _COLUMNS[table]
    return f"UPDATE OF {', '.join(columns)}", " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in columns)


def sqlite_triggers() -> str:
    """Return the statements that make the triggers in SQLite."""
    made = []
    for table in _COLUMNS:
        for name, event, rows in _EVENTS:
            change, condition = _change(event, table, "IS NOT")
            when = f" WHEN {condition}" if condition else ""
            body = _statements(rows, "IS NOT")
            made.append(f"CREATE TRIGGER {table}_{name} AFTER {change} ON {table}{when} BEGIN {body}END")
    return ";\n".join(made)


def postgres_triggers() -> str:
    """Return the statements that make the triggers, and their functions, in PostgreSQL.

    Two who write for one person at once would each count without the other: the second waits, then counts anew.
    """
    made = []
    for name, event, rows in _EVENTS:
        body = _held(rows) + _statements(rows, "IS DISTINCT FROM")
        made.append(
            f"CREATE FUNCTION keep_left_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}RETURN NULL; END $$"
        )
        for table in _COLUMNS:
            change, condition = _change(event, table, "IS DISTINCT FROM")
            when = f" WHEN ({condition})" if condition else ""
            made.append(
                f"CREATE TRIGGER {table}_{name} AFTER {change} ON {table} FOR EACH ROW{when}"
                f" EXECUTE FUNCTION keep_left_{name}()"
            )
    return ";\n".join(made)


def _held(rows: str) -> str:
    return f"PERFORM 1 FROM chats WHERE id IN ({_chats(rows)}) ORDER BY id FOR NO KEY UPDATE; "


_ENDS = ("first_end", "last_end", "ends")


def _ends_triggers(differs: str) -> Iterable[tuple[str, str, str, str]]:
    """Yield what keeps the ends of certificates: a name, the change, when it matters, and the rows it is about."""
    yield "added", "INSERT", "NEW.not_after IS NOT NULL", "NEW"
    moved = f"OLD.chat {differs} NEW.chat OR OLD.not_after {differs} NEW.not_after"
    yield "changed", "UPDATE OF chat, not_after", moved, "OLD NEW"
    yield "removed", "DELETE", "OLD.not_after IS NOT NULL", "OLD"


def sqlite_ends_triggers() -> str:
    """Return the statements that make in SQLite the triggers that keep when certificates end."""
    return ";\n".join(
        f"CREATE TRIGGER standings_end_{name} AFTER {change} ON standings WHEN {when}"
        f" BEGIN {_chats_statement(rows, 'IS NOT', _ENDS)}END"
        for name, change, when, rows in _ends_triggers("IS NOT")
    )


def postgres_ends_triggers() -> str:
    """Return the statements that make the same, and their functions, in PostgreSQL."""
    differs, made = "IS DISTINCT FROM", []
    for name, change, when, rows in _ends_triggers(differs):
        body = _held(rows) + _chats_statement(rows, differs, _ENDS)
        act = f"keep_ends_{name}()"
        made.append(f"CREATE FUNCTION {act} RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}RETURN NULL; END $$")
        made.append(
            f"CREATE TRIGGER standings_end_{name} AFTER {change} ON standings FOR EACH ROW WHEN ({when})"
            f" EXECUTE FUNCTION {act}"
        )
    return ";\n".join(made)
