"""From facts to the inputs of the tables: each a word out of a few."""

from datetime import date, timedelta

from rules.facts import ROLES, CertificateFacts, Event, Facts, Issuer, MergerRole, Subject, Token
from rules.pack import Pack
from rules.tables import Value

#: The order of the diagrams' variables; each event is a variable of its own, between the subject and the role.
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

#: Variables the tables may take as inputs as they are.
PLAIN = tuple(name for name in VARIABLES if not name.startswith("event:"))

#: Which fact a variable comes from, where the names differ.
_FACT_OF = {"issuer": "certificate", "validity": "certificate", "issued": "certificate"}


def fact_of(variable: str) -> str:
    """The fact a variable comes from."""
    return "events" if variable.startswith("event:") else _FACT_OF.get(variable, variable)


def validity(certificate: CertificateFacts, today: date, near_expiry_days: int) -> str:
    """Where ``today`` lies in the certificate's life; its last day still belongs to it."""
    ends = certificate.not_after
    if ends is not None and ends < today:
        return "expired"
    if certificate.not_before is not None and certificate.not_before > today:
        return "not_yet_valid"
    if ends is None:
        return "unknown"
    return "near_expiry" if ends - today <= timedelta(days=near_expiry_days) else "valid"


def _issued(certificate: CertificateFacts, decree_from: date) -> str:
    if certificate.not_before is None:
        return "unknown"
    return "before_decree" if certificate.not_before < decree_from else "after_decree"


def roles_for(facts: Facts) -> frozenset[MergerRole]:
    """The places a body can have in the mergers named; all of them while none is known."""
    mergers = [event for event in ROLES if facts.events and event in facts.events]
    return frozenset().union(*(ROLES[event] for event in mergers)) if mergers else frozenset(MergerRole)


def known_inputs(pack: Pack, facts: Facts, today: date) -> dict[str, Value | None]:
    """The plain variables, ``None`` where not known yet. A role that fits no merger named counts as not known."""
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
        "issued": _issued(certificate, pack.settings.decree_from),
    }
