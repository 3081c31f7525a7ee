"""Whose certificate is it, as far as the issuer's name can tell.

A wrong "public" would tell an officer that this assistant is not for them, so that answer needs a well-formed issuer
(C, O and CN), another one than the subject, and no mark of the government provider anywhere. All else is "unknown".
"""

from collections.abc import Sequence

from bot.certificates.names import first
from handlers.certificate import Attribute, Recognition
from handlers.folding import fold
from rules.facts import Issuer

#: O of every issuer of both generations: with accents in G2, without in G1.
_PROVIDER = "ban co yeu chinh phu"
#: Said by no public provider of itself; met with an O other than the provider's it leaves the question open.
_MARKS = ("co yeu", "chinh phu", "chuyen dung", "cong vu")
#: Arc of the government provider's certificate policies.
_POLICY_ARC = "2.16.704.1.1."


def by_name(issuer: Sequence[Attribute]) -> Recognition:
    """What is known of an issuer before anything is verified."""
    return Recognition.BY_NAME_ONLY if is_provider(issuer) else Recognition.UNRECOGNISED


def is_provider(issuer: Sequence[Attribute]) -> bool:
    """Whether the issuer calls itself Ban Cơ yếu Chính phủ."""
    return fold(first(issuer, "O") or "") == _PROVIDER and first(issuer, "C") in {"VN", None}


def kind(subject: Sequence[Attribute], issuer: Sequence[Attribute], policies: Sequence[str]) -> Issuer:
    """Government by the provider's name; public only where nothing speaks against it."""
    if is_provider(issuer):
        return Issuer.GOVERNMENT
    named = all(first(issuer, part) for part in ("C", "O", "CN"))
    if not named or issuer == subject or _is_marked(issuer, policies):
        return Issuer.UNKNOWN
    return Issuer.PUBLIC


def _is_marked(issuer: Sequence[Attribute], policies: Sequence[str]) -> bool:
    text = fold(" ".join(attribute.value for attribute in issuer))
    return any(mark in text for mark in _MARKS) or any(policy.startswith(_POLICY_ARC) for policy in policies)
