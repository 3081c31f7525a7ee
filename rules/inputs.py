"""Translates facts into the inputs of the tables, each with a few possible values."""

from datetime import date, timedelta

from rules.facts import ROLES, CertificateFacts, Event, Facts, Issuer, MergerRole, Subject, Token
from rules.pack import Pack
from rules.tables import Value

#: The variables in the order of the diagrams; each event is a variable of its own, between subject and role.
VARIABLES: dict[str, tuple[Value, ...]] = {
    "issuer": tuple(Issuer),
    "subject": tuple(Subject),
    **{f"event:{event}": (False, True) for event in Event},
    "merger_role": tuple(MergerRole),
    "validity": ("not_yet_valid", "valid", "near_expiry", "expired", "unknown"),
    "issued": ("before_decree", "after_decree", "unknown"),
    "information_matches": (True, False),
    "token": tuple(Token),
    "key_exposed": (True, False),
}

#: The variables that tables can use as inputs directly.
PLAIN = tuple(name for name in VARIABLES if not name.startswith("event:"))

#: The fact that a variable comes from, if it has another name.
_FACT_OF = {"issuer": "certificate", "validity": "certificate", "issued": "certificate"}


def fact_of(variable: str) -> str:
    """Return the fact that a variable comes from."""
    return "events" if variable.startswith("event:") else _FACT_OF.get(variable, variable)


def validity(certificate: CertificateFacts, today: date, near_expiry_days: int) -> str:
    """Return the state of validity on ``today``; the last day still counts as valid."""
    ends = certificate.not_after
    if ends is not None and ends < today:
        return "expired"
    if certificate.not_before is not None and certificate.not_before > today:
        return "not_yet_valid"
    if ends is None:
        return "unknown"
    return "near_expiry" if ends - today <= timedelta(days=near_expiry_days) else "valid"


def _time_of_issue(certificate: CertificateFacts, decree_from: date) -> str:
    if certificate.not_before is None:
        return "unknown"
    return "before_decree" if certificate.not_before < decree_from else "after_decree"


def roles_for(facts: Facts) -> frozenset[MergerRole]:
    """Return the roles that are possible in the named mergers; all roles if no merger is named."""
    mergers = [event for event in ROLES if facts.events and event in facts.events]
    return frozenset().union(*(ROLES[event] for event in mergers)) if mergers else frozenset(MergerRole)


def known_inputs(pack: Pack, facts: Facts, today: date) -> dict[str, Value | None]:
    """Return the plain variables, ``None`` for those not known.

    A role that fits no named merger counts as not known.
    """
    role = facts.merger_role if facts.merger_role in roles_for(facts) else None
    inputs: dict[str, Value | None] = {
        "subject": facts.subject,
        "merger_role": role,
        "information_matches": facts.information_matches,
        "token": facts.token,
        "key_exposed": facts.key_exposed,
    }
    return inputs | _certificate_inputs(pack, facts.certificate, today)


def _certificate_inputs(pack: Pack, certificate: CertificateFacts | None, today: date) -> dict[str, Value | None]:
    if certificate is None:
        return {"issuer": None, "validity": None, "issued": None}
    issuer = certificate.issuer if "issuer" in certificate.model_fields_set else None  # unset is not asked yet
    if "not_after" not in certificate.model_fields_set:
        return {"issuer": issuer, "validity": None, "issued": None}
    return {
        "issuer": issuer,
        "validity": validity(certificate, today, pack.settings.near_expiry_days),
        "issued": _time_of_issue(certificate, pack.settings.decree_from),
    }
