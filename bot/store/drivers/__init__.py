"""The statements of the files in ``sql/``, by name, in the words of one database.

All in the subset that SQLite and PostgreSQL both speak. The files have the format of aiosql:

- ``-- name: x`` begins a query, the comment below says what it is for, ``:word`` is a parameter; ``-- name: x!`` gives
  no rows back;
- ``-- name: where_x`` begins a condition: a query with ``{where}`` is run with those that ``Call.where`` names, all
  true;
- other words in braces are filled in when the file is read: lists of states from the vocabulary, the database's own
  words (``{skip_locked}`` and ``{held}``, empty on SQLite), and those of a sealed column (``{table}``, ``{column}``,
  ``{key}``, ``{row}``): such a query stands for one query per column.
"""

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files

from bot.store.power_seals import GRANT_COLUMNS, INVITATION_COLUMNS, WARRANT_COLUMNS
from bot.store.sealing.sealed_columns import SEALED_COLUMNS, SealedColumn
from handlers.model.broadcast import ENDED_STATES, EXPIRY_CAMPAIGN
from handlers.model.request import AMENDABLE_STATES, OPEN_STATES, REQUEST_TRANSITIONS, RETAINED_STATES
from handlers.model.statistics import REQUESTED_STATES, UNCOUNTED_STATES

_STATEMENT = re.compile(
    r"^-- name: (?P<kind>where_)?(?P<name>\w+)(?P<mark>!?)\n(?P<text>.*?);$", re.MULTILINE | re.DOTALL
)
_COMMENT = re.compile(r"--.*$", re.MULTILINE)
#: Microseconds that a message waits at most after it was put back. One that would wait longer was put back by a clock
#: that was set back since: it is due.
_LONGEST_WAIT_MICROS = 3_600_000_000
#: What stands in a finished query where its conditions go; nothing else in SQL looks like it.
_HOLE = "{where}"
#: The end of the journal beside a row that it proves, with the last row there is (``powers.Proven``).
_HEAD_COLUMNS = "h.number, h.hash, h.seal, (SELECT MAX(a.number) FROM audit a)"


def sql_files() -> dict[str, str]:
    """The files by name, in order."""
    found = [path for path in files("bot.store").joinpath("sql").iterdir() if path.name.endswith(".sql")]
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(found, key=lambda path: path.name)}


class QueryTexts(dict[str, str]):
    """Queries and conditions (``where.x``) by name; ``text`` gives one with its conditions."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__(texts)
        self._composed: dict[tuple[str, tuple[str, ...]], str] = {}

    def text(self, name: str, where: tuple[str, ...] = ()) -> str:
        """The statement to run; without conditions, all rows."""
        known = self._composed.get((name, where))
        if known is None:
            joined = " AND ".join(f"({self[f'where.{one}']})" for one in where) or "1 = 1"
            known = self._composed[name, where] = self[name].replace(_HOLE, joined)
        return known


def load_queries(dialect: Mapping[str, str]) -> QueryTexts:
    """Every query by name, without comments, braces filled in."""
    words = {**_vocabulary(), **dialect, "where": _HOLE}
    queries: dict[str, str] = {}
    for source in sql_files().values():
        for found in _STATEMENT.finditer(source):
            name = f"where.{found['name']}" if found["kind"] else found["name"]
            queries |= _expand_tables(name, found["text"], words)
    return QueryTexts(queries)


def _expand_tables(name: str, text: str, words: Mapping[str, str]) -> dict[str, str]:
    """A query about ``{table}`` stands for one query for each sealed column."""
    if "{table}" not in text:
        return {name: _fill(text, words)}
    return {
        column_query_name(name, sealed): _fill(text, {**words, **_column_words(sealed)}) for sealed in SEALED_COLUMNS
    }


def column_query_name(name: str, sealed: SealedColumn) -> str:
    """The name of such a query for one column."""
    return f"{name}.{sealed.table}.{sealed.column}"


def _column_words(sealed: SealedColumn) -> dict[str, str]:
    return {"table": sealed.table, "column": sealed.column, "key": sealed.key, "row": sealed.row}


def split_statements(script: str, dialect: Mapping[str, str]) -> list[str]:
    """The statements of a migration, in order; none of them holds a semicolon of its own."""
    filled = _fill(script, dialect)
    return [statement for part in filled.split(";") if (statement := part.strip())]


def _fill(text: str, words: Mapping[str, str]) -> str:
    return _COMMENT.sub("", text).strip().format_map(words)


def _vocabulary() -> dict[str, str]:
    """Lists of states as SQL; the words come from the code, never from outside."""
    moves = ", ".join(f"('{old}', '{new}')" for old, allowed in REQUEST_TRANSITIONS.items() for new in sorted(allowed))
    return {
        "open_states": _format_list(OPEN_STATES),
        "amendable_states": _format_list(AMENDABLE_STATES),
        "must_stay": _format_list(RETAINED_STATES),
        "requested": _format_list(REQUESTED_STATES),
        "waived": _format_list(UNCOUNTED_STATES),
        "moves": moves,
        "life_ended": _format_list(ENDED_STATES),
        "standing": f"'{EXPIRY_CAMPAIGN}'",
        "longest_wait": str(_LONGEST_WAIT_MICROS),
        "grant": f"{_format_columns('g', GRANT_COLUMNS)}, {_HEAD_COLUMNS}",
        "invitation": f"{_format_columns('i', INVITATION_COLUMNS)}, {_HEAD_COLUMNS}",
        "warrant": _format_columns("b", WARRANT_COLUMNS),
    }


def _format_columns(table: str, names: Iterable[str]) -> str:
    return ", ".join(f"{table}.{name}" for name in names)


def _format_list(words: Iterable[str]) -> str:
    quoted = ", ".join(f"'{word}'" for word in sorted(words))
    return f"({quoted})"
