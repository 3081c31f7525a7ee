"""The statements of ``queries.sql``, by name, in the words of one database."""

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files

from bot.store.places import SEALED, Sealed
from handlers.requests.model import AMENDABLE, MOVES, MUST_STAY, OPEN

_QUERY = re.compile(r"^-- :name (?P<name>\w+)\n(?P<text>.*?);$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"--.*$", re.MULTILINE)


def load_queries(dialect: Mapping[str, str]) -> dict[str, str]:
    """Every query by name, without comments, braces filled in."""
    source = files("bot.store").joinpath("queries.sql").read_text(encoding="utf-8")
    words = {**_vocabulary(), **dialect}
    queries: dict[str, str] = {}
    for query in _QUERY.finditer(source):
        queries |= _expanded(query["name"], query["text"], words)
    return queries


def _expanded(name: str, text: str, words: Mapping[str, str]) -> dict[str, str]:
    """A query about ``{table}`` stands for one query for each sealed column."""
    if "{table}" not in text:
        return {name: _fill(text, words)}
    return {per_column(name, sealed): _fill(text, {**words, **_of(sealed)}) for sealed in SEALED}


def per_column(name: str, sealed: Sealed) -> str:
    """The name of such a query for one column."""
    return f"{name}.{sealed.table}.{sealed.column}"


def _of(sealed: Sealed) -> dict[str, str]:
    return {"table": sealed.table, "column": sealed.column, "key": sealed.key, "row": sealed.row}


def statements(script: str, dialect: Mapping[str, str]) -> list[str]:
    """The statements of a migration, in order; none of them holds a semicolon of its own."""
    filled = _fill(script, dialect)
    return [statement for part in filled.split(";") if (statement := part.strip())]


def _fill(text: str, words: Mapping[str, str]) -> str:
    return _COMMENT.sub("", text).strip().format_map(words)


def _vocabulary() -> dict[str, str]:
    """Lists of states as SQL; the words come from the code, never from outside."""
    moves = ", ".join(f"('{old}', '{new}')" for old, allowed in MOVES.items() for new in sorted(allowed))
    return {
        "open_states": _listed(OPEN),
        "amendable_states": _listed(AMENDABLE),
        "must_stay": _listed(MUST_STAY),
        "moves": moves,
    }


def _listed(words: Iterable[str]) -> str:
    quoted = ", ".join(f"'{word}'" for word in sorted(words))
    return f"({quoted})"
