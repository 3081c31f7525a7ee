"""The filter of the request list as it stands in an address: readable, bounded, and the same for whoever is sent it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from handlers.model import OPEN_LIST, REQUEST_CODE, UNFINISHED, Filter, RequestState, UnitDirectory
from locales import N_
from rules.outcome import Procedure

#: Characters of an address that are looked at, and of the words to search for.
_LONGEST, _LONGEST_WORDS = 4000, 200
_MOST_FIELDS = 120
#: Requests that are named one by one: as many as a page shows.
_MOST_CODES = 50
#: Several values of a field stand in one: a sign that no value has, and that an address shows as it is.
_AND = "."
_DAYS = {"from": "since", "to": "until", "ends_from": "expires_from", "ends_to": "expires_until"}
_FLAGS = {"no_unit": "without_unit", "missing": "incomplete"}
_UNFINISHED = "unfinished"
FIELD_LABELS = {
    "state": N_("State"),
    "procedure": N_("Procedure"),
    "unit": N_("Unit"),
    "from": N_("Registered from"),
    "to": N_("Registered until"),
    "ends_from": N_("Certificate ends from"),
    "ends_to": N_("Certificate ends until"),
    "q": N_("Words"),
    "moved": N_("Moved together"),
    "code": N_("Code"),
}

Word = TypeVar("Word", RequestState, Procedure)


@dataclass(frozen=True, slots=True)
class ReadFilter:
    """The filter that an address asks for, and the names of fields that cannot be read: they filter nothing."""

    wanted: Filter
    unread: tuple[str, ...] = ()


def parse_filter(query: str, units: UnitDirectory, today: date) -> ReadFilter:
    """Read the part of an address behind the question mark; without any field of a filter: what is not finished."""
    try:
        pairs = parse_qsl(query[:_LONGEST], max_num_fields=_MOST_FIELDS)
    except ValueError:
        return ReadFilter(OPEN_LIST, ("q",))
    known = {"state", "procedure", "unit", "q", "moved", "all", "code", *_DAYS, *_FLAGS}
    given = [(name, one) for name, value in pairs if name in known for one in _split(name, value)]
    if not given:
        return ReadFilter(OPEN_LIST)
    changes: dict[str, object] = {}
    unread: list[str] = []
    for name, value in given:
        read = _read_field(name, value, changes, units, today)
        unread += [] if read else [name]
    return ReadFilter(Filter.model_validate(changes), tuple(dict.fromkeys(unread)))


def _split(name: str, value: str) -> list[str]:
    """Return the values of a field that may have several, without empty ones."""
    several = name in {"state", "procedure", "code"}
    return [one for one in (value.split(_AND) if several else [value]) if one]


def _read_field(name: str, value: str, into: dict[str, object], units: UnitDirectory, today: date) -> bool:
    if name in {"state", "code"}:
        return (_add_states if name == "state" else _add_code)(value, into)
    if name == "procedure":
        return _add_word(Procedure, "procedures", value, into)
    if name == "unit":
        code = find_unit(value, units, today)
        into |= {"unit": code} if code else {}
        return code is not None
    if name in _DAYS:
        return _add_parsed(date.fromisoformat, _DAYS[name], value, into)
    if name == "moved":
        return _add_parsed(_to_moment, "changed_at", value, into)
    if name in _FLAGS:
        into[_FLAGS[name]] = True
    elif name == "q":
        into["text"] = " ".join(value.split())[:_LONGEST_WORDS]
    return True


def _add_states(value: str, into: dict[str, object]) -> bool:
    if value == _UNFINISHED:
        into["states"] = list(UNFINISHED)
        return True
    return _add_word(RequestState, "states", value, into)


def _add_word(kind: type[Word], field: str, value: str, into: dict[str, object]) -> bool:
    if value not in set(kind):
        return False
    into.setdefault(field, [])
    words = into[field]
    if isinstance(words, list):
        words.append(kind(value))
    return True


def _add_code(value: str, into: dict[str, object]) -> bool:
    into.setdefault("codes", [])
    codes = into["codes"]
    if not isinstance(codes, list) or len(codes) == _MOST_CODES or not REQUEST_CODE.fullmatch(value):
        return False
    codes.append(value.upper())
    return True


def _add_parsed(parse: object, field: str, value: str, into: dict[str, object]) -> bool:
    try:
        into[field] = parse(value)  # type: ignore[operator]
    except ValueError:
        return False
    return True


def _to_moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment


def find_unit(typed: str, units: UnitDirectory, today: date) -> str | None:
    """Return the unit that a code or a name stands for, if it is one alone."""
    if units.get(typed) is not None:
        return typed
    found = units.find(typed, limit=2, today=today)
    return found[0].unit.code if len(found) == 1 else None


def to_query(wanted: Filter, **further: object) -> str:
    """Write a filter, and other fields, as the part of an address behind the question mark."""
    pairs: list[tuple[str, str]] = []
    if wanted.states == UNFINISHED:
        pairs.append(("state", _UNFINISHED))
    else:
        pairs += _join_values("state", wanted.states)
    pairs += _join_values("procedure", wanted.procedures) + _join_values("code", wanted.codes)
    pairs += [("unit", wanted.unit)] if wanted.unit else []
    pairs += [(name, day.isoformat()) for name, field in _DAYS.items() if (day := getattr(wanted, field))]
    pairs += [(name, "1") for name, field in _FLAGS.items() if getattr(wanted, field)]
    pairs += [("moved", wanted.changed_at.isoformat())] if wanted.changed_at else []
    pairs += [("q", wanted.text)] if wanted.text else []
    pairs += [] if pairs else [("all", "1")]
    return urlencode([*pairs, *((name, str(value)) for name, value in further.items() if value not in {None, ""})])


def _join_values(name: str, values: Iterable[str]) -> list[tuple[str, str]]:
    joined = _AND.join(map(str, values))
    return [(name, joined)] if joined else []


def field_values(wanted: Filter) -> Mapping[str, str]:
    """Return the values that the form of the filter shows; several of a field as the address has them."""
    state = _UNFINISHED if wanted.states == UNFINISHED else _AND.join(wanted.states)
    days = {name: day.isoformat() if (day := getattr(wanted, field)) else "" for name, field in _DAYS.items()}
    flags = {name: "1" if getattr(wanted, field) else "" for name, field in _FLAGS.items()}
    fields = {"procedure": _AND.join(wanted.procedures), "unit": wanted.unit or "", "q": wanted.text}
    return {"state": state, "code": _AND.join(wanted.codes), **fields, **days, **flags}


#: Columns of the list besides the code, in their order, and those that stand there unless others are chosen.
COLUMNS = {
    "name": N_("Name"),
    "unit": N_("Unit"),
    "procedure": N_("Procedure"),
    "state": N_("State"),
    "registered": N_("Registered on"),
    "changed": N_("Last change"),
    "ends": N_("Certificate ends"),
    "serial": N_("Serial number"),
    "note": N_("Last reason"),
}
_USUAL = ("name", "unit", "procedure", "state", "registered", "ends")


def parse_columns(query: str) -> tuple[str, ...]:
    """Return the columns that an address asks for, the usual ones where it asks for none that there are."""
    try:
        pairs = parse_qsl(query[:_LONGEST], max_num_fields=_MOST_FIELDS)
    except ValueError:
        return _USUAL
    asked = {one for name, value in pairs if name == "cols" for one in value.split(_AND)}
    return tuple(name for name in COLUMNS if name in asked) or _USUAL


def columns_value(columns: tuple[str, ...]) -> str:
    """Return what the address says of columns; nothing of the usual ones."""
    return "" if columns == _USUAL else _AND.join(columns)
