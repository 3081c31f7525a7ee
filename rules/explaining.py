"""Explains pydantic's validation errors to the author of a pack."""

from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rules.texts import N_, Sentence, sentence, shorten

_UNKNOWN = N_("is not known here; correct the name or drop it")
_NO_TEXT = N_("is not a text; write it in quotes")
_NO_NUMBER = N_("is not a whole number")
_NO_TRUTH = N_("is neither true nor false")
_NO_DAY = N_("is not a date; write it like 2026-11-16, without quotes")
_NO_LIST = N_("is not a list; write it in square brackets")
_NO_TABLE = N_("is not a table of keys and values; write it in curly brackets or under a heading of its own")
#: Explanations by pydantic's error type; see https://docs.pydantic.dev/latest/errors/validation_errors/
_EXPLANATIONS = {
    "missing": N_("is missing; add it"),
    "extra_forbidden": _UNKNOWN,
    "unexpected_keyword_argument": _UNKNOWN,
    "string_type": _NO_TEXT,
    "int_type": _NO_NUMBER,
    "int_parsing": _NO_NUMBER,
    "int_from_float": _NO_NUMBER,
    "bool_type": _NO_TRUTH,
    "bool_parsing": _NO_TRUTH,
    "date_type": _NO_DAY,
    "date_parsing": _NO_DAY,
    "date_from_datetime_parsing": _NO_DAY,
    "date_from_datetime_inexact": _NO_DAY,
    "list_type": _NO_LIST,
    "tuple_type": _NO_LIST,
    "dict_type": _NO_TABLE,
    "model_type": _NO_TABLE,
    "dataclass_type": _NO_TABLE,
    "too_short": N_("is empty; give it at least one value"),
}


def explain(where: Sentence | str, error: ValidationError) -> Iterator[Sentence]:
    """Yield a sentence for each error, with its place."""
    for one in error.errors():
        key = ".".join(map(str, one["loc"]))
        yield sentence("{where}: {key}: {wrong}" if key else "{where}: {wrong}", where=where, key=key, wrong=_say(one))


def _say(error: ErrorDetails) -> Sentence:
    kind = error["type"]
    if kind in {"enum", "literal_error"}:
        allowed = str(error["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
        return sentence(
            N_("{value} is not a value; allowed: {allowed}"), value=shorten(error["input"]), allowed=allowed
        )
    if kind in _EXPLANATIONS:
        return sentence(_EXPLANATIONS[kind])
    return sentence(N_("cannot be used ({detail})"), detail=error["msg"])
