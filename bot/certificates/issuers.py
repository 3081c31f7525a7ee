"""Whose certificate is it, as far as the issuer's name can tell.

A wrong "public" would tell an officer that this assistant is not for them, so that answer needs a well-formed issuer
(C, O and CN), another one than the subject, and no mark of the government provider anywhere. All else is "unknown".
"""

from collections.abc import Sequence
from functools import lru_cache

from bot.certificates.names import Part, first
from handlers.certificate import Recognition
from handlers.folding import fold
from rules.facts import Issuer

#: O of every issuer of both generations: with accents in G2, without in G1.
_PROVIDER = "ban co yeu chinh phu"
#: Said by no public provider of itself; met with an O other than the provider's it leaves the question open.
_MARKS = ("co yeu", "chinh phu", "chuyen dung", "cong vu")
#: Arc of the government provider's certificate policies.
_POLICY_ARC = "2.16.704.1.1."


def judge(
    subject: Sequence[Part], issuer: Sequence[Part], policies: Sequence[str], *, whole: bool = True
) -> tuple[Issuer, Recognition]:
    """Government by the provider's name alone, nothing verified; public only where nothing speaks against it.

    Where a part that could speak against it was not read (``whole`` is false), nobody is public.
    """
    if is_provider(issuer):
        return Issuer.GOVERNMENT, Recognition.BY_NAME_ONLY
    named = all(first(issuer, part) for part in ("C", "O", "CN"))
    if not (named and whole) or issuer == subject or _is_marked(issuer, policies):
        return Issuer.UNKNOWN, Recognition.UNRECOGNISED
    return Issuer.PUBLIC, Recognition.UNRECOGNISED


def is_provider(issuer: Sequence[Part]) -> bool:
    """Whether the issuer calls itself Ban Cơ yếu Chính phủ."""
    return _folded(first(issuer, "O") or "") == _PROVIDER and first(issuer, "C") in {"VN", None}


def _is_marked(issuer: Sequence[Part], policies: Sequence[str]) -> bool:
    text = _folded(" ".join(part["value"] for part in issuer))
    return any(mark in text for mark in _MARKS) or any(policy.startswith(_POLICY_ARC) for policy in policies)


#: Issuers are few and no secret, so their folded names are kept.
_folded = lru_cache(maxsize=64)(fold)
