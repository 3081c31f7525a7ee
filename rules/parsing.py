"""Facts from a mapping, such as decoded JSON, with an error that says what is allowed."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rules.errors import FactsError
from rules.facts import ROLES, CertificateFacts, Event, Facts, Issuer, MergerRole, Subject, Token
from rules.inputs import roles_for

_WORDS: dict[str, type[StrEnum]] = {
    "subject": Subject,
    "events": Event,
    "merger_role": MergerRole,
    "token": Token,
    "issuer": Issuer,
}
_ALLOWED = {name: ", ".join(words) for name, words in _WORDS.items()} | {
    "information_matches": "true, false",
    "key_exposed": "true, false",
    "not_before": "a date such as 2026-11-16, null",
    "not_after": "a date such as 2026-11-16, null",
    "certificate": f"an object with {', '.join(CertificateFacts.model_fields)}",
}


#: How a day begins, with or without a time after it.
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:$|[T ])")
#: Characters of a wrong value that an error repeats.
_SHOWN = 60


def parse_facts(mapping: Mapping[str, Any]) -> Facts:
    """Facts from words of the interface.

    Raises:
        FactsError: a fact or value is unknown, or the role fits none of the mergers named; one line per trouble.
    """
    if not isinstance(mapping, Mapping):
        raise FactsError(f"facts are an object of names and values; allowed names: {', '.join(Facts.model_fields)}")
    try:
        facts = Facts.model_validate(_strict(mapping))
    except ValidationError as error:
        raise FactsError("\n".join(dict.fromkeys(map(_explain, error.errors())))) from None
    _check_role(facts)
    _check_dates(facts.certificate)
    return facts


def _strict(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Truth values are JSON's own and days are ISO: ``"yes"`` and ``1`` are as likely a mistake as an answer."""
    for name in ("information_matches", "key_exposed"):
        if not isinstance(mapping.get(name), bool | None):
            raise FactsError(_not_a_value(name, name, mapping[name]))
    certificate = mapping.get("certificate")
    if isinstance(certificate, Mapping):
        for name in ("not_before", "not_after"):
            if not _is_day(certificate.get(name)):
                raise FactsError(_not_a_value(f"certificate.{name}", name, certificate[name]))
    return dict(mapping)


def _is_day(value: object) -> bool:
    if isinstance(value, str):
        return _ISO_DAY.match(value) is not None
    return value is None or isinstance(value, date)


def _not_a_value(where: str, name: str, value: object, kind: str = "") -> str:
    return f"{where}: {_short(value)} is not a value; allowed: {kind}{_ALLOWED[name]}"


def _short(value: object) -> str:
    """As much of a value as helps to find it."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _explain(error: ErrorDetails) -> str:
    path = [str(part) for part in error["loc"] if isinstance(part, str)]
    name, where = path[-1], ".".join(path)[:_SHOWN]
    if error["type"] == "extra_forbidden":
        fields = CertificateFacts.model_fields if len(path) > 1 else Facts.model_fields
        return f"{where}: not a fact; allowed: {', '.join(fields)}"
    kind = "a list out of " if name == "events" and error["type"] != "enum" else ""
    return _not_a_value(where, name, error["input"], kind)


def _check_role(facts: Facts) -> None:
    merged = [event for event in ROLES if facts.events and event in facts.events]
    if facts.merger_role is None or not merged or facts.subject not in (None, Subject.ORGANISATION):
        return
    allowed = roles_for(facts)
    if facts.merger_role not in allowed:
        roles = ", ".join(role for role in MergerRole if role in allowed)
        raise FactsError(f"merger_role: {facts.merger_role} does not fit {', '.join(merged)}; allowed: {roles}")


def _check_dates(certificate: CertificateFacts | None) -> None:
    if certificate is None or certificate.not_before is None or certificate.not_after is None:
        return
    if certificate.not_after < certificate.not_before:
        raise FactsError(
            f"certificate: not_after {certificate.not_after} lies before not_before {certificate.not_before}"
        )
