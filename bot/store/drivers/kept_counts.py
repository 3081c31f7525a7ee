"""What is kept beside people and certificates of what they have still to do, and the triggers that keep it.

Counts of everybody read these columns from an index alone. The database keeps them, not the queries that write: there
are many of those, and each of them, a copy included, would have to know. Migration 0024 is made of these texts: a
change of them takes a new migration, that makes the triggers and the columns anew.
"""

# ruff: noqa: S608 - all of it is our own words

from collections.abc import Iterable
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
}
#: What a change of a table is about, where it is one: of other columns nothing is kept.
_COLUMNS = {
    "standings": ("chat", "certificate_key", "owed"),
    "requests": ("chat", "certificate_key", "procedure", "state", "registered_at"),
}


def _statements(rows: str, differs: str) -> str:
    """Keep what belongs to the chats and certificates of rows (OLD, NEW, or both), where it is another than before."""
    chats = ", ".join(f"{row}.chat" for row in rows.split())
    stamp, left = KEPT_VALUES["requested_at"], ("to_do", "unfinished", "idle", "asked")
    values = ", ".join(f"{KEPT_VALUES[name]} AS {name}" for name in left)
    old, new = (", ".join(f"{table}.{name}" for name in left) for table in ("chats", "k"))
    return (
        f"UPDATE standings SET requested_at = {stamp} WHERE chat IN ({chats}) AND requested_at {differs} {stamp}; "
        f"UPDATE chats SET {', '.join(f'{name} = k.{name}' for name in left)}"
        f" FROM (SELECT chats.id, {values} FROM chats WHERE chats.id IN ({chats})) k"
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
        chats = ", ".join(f"{row}.chat" for row in rows.split())
        held = f"PERFORM 1 FROM chats WHERE id IN ({chats}) ORDER BY id FOR NO KEY UPDATE; "
        body = held + _statements(rows, "IS DISTINCT FROM")
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
