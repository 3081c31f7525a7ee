"""Parses facts from a mapping such as decoded JSON, with errors that say what is allowed."""

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
from rules.texts import N_, SHOWN, Sentence, join_words, sentence, shorten

_WORDS: dict[str, type[StrEnum]] = {
    "subject": Subject,
    "events": Event,
    "merger_role": MergerRole,
    "token": Token,
    "issuer": Issuer,
}
_DAY = N_("a date such as 2026-11-16, null")
_ALLOWED: dict[str, Sentence | str] = {name: join_words(words) for name, words in _WORDS.items()} | {
    "information_matches": "true, false",
    "key_exposed": "true, false",
    "not_before": sentence(_DAY),
    "not_after": sentence(_DAY),
    "certificate": sentence(N_("an object with {names}"), names=join_words(CertificateFacts.model_fields)),
}


#: Matches the beginning of a day, with or without a time after it.
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:$|[T ])")


def parse_facts(mapping: Mapping[str, Any]) -> Facts:
    """Parse facts from their names and values in JSON.

    Args:
        mapping: Names and values as in ``Facts``; a missing name means "not asked yet". Days are ISO strings or dates.

    Raises:
        FactsError: A fact or value is unknown, the role fits none of the named mergers, or the certificate ends before
            it begins. It has one sentence per problem.
    """
    if not isinstance(mapping, Mapping):
        shape = N_("facts are an object of names and values; allowed names: {names}")
        raise FactsError(sentence(shape, names=join_words(Facts.model_fields)))
    try:
        facts = Facts.model_validate(_strict(mapping))
    except ValidationError as error:
        raise FactsError(*{str(one): one for one in map(_explain, error.errors())}.values()) from None
    _check_role(facts)
    _check_dates(facts.certificate)
    return facts


def _strict(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Accept only JSON's own booleans and ISO days: ``"yes"`` or ``1`` is as likely a mistake as an answer."""
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


def _not_a_value(where: str, name: str, value: object) -> Sentence:
    wrong = N_("{fact}: {value} is not a value; allowed: {allowed}")
    return sentence(wrong, fact=where, value=shorten(value), allowed=_ALLOWED[name])


def _explain(error: ErrorDetails) -> Sentence:
    path = [str(part) for part in error["loc"] if isinstance(part, str)]
    name, where = path[-1], ".".join(path)[:SHOWN]
    if error["type"] == "extra_forbidden":
        fields = CertificateFacts.model_fields if len(path) > 1 else Facts.model_fields
        return sentence(N_("{fact}: not a fact; allowed: {names}"), fact=where, names=join_words(fields))
    if name == "events" and error["type"] != "enum":
        return _not_a_list(where, error["input"])
    return _not_a_value(where, name, error["input"])


def _not_a_list(where: str, value: object) -> Sentence:
    wrong = N_("{fact}: {value} is not a value; allowed: a list out of {allowed}")
    return sentence(wrong, fact=where, value=shorten(value), allowed=_ALLOWED["events"])


def _check_role(facts: Facts) -> None:
    merged = [event for event in ROLES if facts.events and event in facts.events]
    if facts.merger_role is None or not merged or facts.subject not in (None, Subject.ORGANISATION):
        return
    allowed = roles_for(facts)
    if facts.merger_role not in allowed:
        wrong = N_("merger_role: {role} does not fit {events}; allowed: {allowed}")
        roles = join_words(role for role in MergerRole if role in allowed)
        raise FactsError(sentence(wrong, role=facts.merger_role, events=join_words(merged), allowed=roles))


def _check_dates(certificate: CertificateFacts | None) -> None:
    if certificate is None or certificate.not_before is None or certificate.not_after is None:
        return
    if certificate.not_after < certificate.not_before:
        wrong = N_("certificate: not_after {not_after} lies before not_before {not_before}; check both days")
        raise FactsError(sentence(wrong, not_after=certificate.not_after, not_before=certificate.not_before))
