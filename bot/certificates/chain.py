"""Is the issuer recognised? Real signatures up to installed CA certificates.

Path validation of RFC 5280, 6.1, without time and revocation: time is an answer of its own (``in_date``), revocation is
the provider's to say. Every installed CA is an anchor by its fingerprint; what is installed above it must verify too.
"""

from collections.abc import Iterator, Sequence

from bot.certificates import extensions, names
from bot.certificates.der import Element
from bot.certificates.errors import MalformedError
from bot.certificates.names import Parts
from bot.certificates.signatures import is_signed_by
from bot.certificates.structure import Structure
from bot.certificates.trust import TrustStore
from handlers.certificate import Recognition

#: CA certificates above a subscriber's; two in both government generations.
_LONGEST = 4
#: Certificates of a file that are tried as intermediate CAs.
_MOST_COMPANIONS = 20


def recognise(certificate: Structure, trust: TrustStore, companions: Sequence[Structure] = ()) -> Recognition | None:
    """VERIFIED, INVALID (the installed CA it names did not sign), or ``None``: nothing is known."""
    if certificate.fingerprint in trust.fingerprints or _reaches_anchor(certificate, trust, companions):
        return Recognition.VERIFIED
    named = any(_is_named(ca, certificate) and _names_key(certificate, ca) for ca in trust.structures)
    return Recognition.INVALID if named else None


def _names_key(certificate: Structure, ca: Structure) -> bool:
    """Whether the issuer's key is this CA's, as far as is said: a CA may renew its key under the same name."""
    try:
        authority, own = extensions.authority_key(certificate), extensions.subject_key(ca)
    except MalformedError:
        return True
    return authority is None or own is None or authority == own


def _reaches_anchor(certificate: Structure, trust: TrustStore, companions: Sequence[Structure]) -> bool:
    """Climb level by level; a companion is climbed once, so that cross-signed loops of strangers stay short."""
    level, waiting = [certificate], list(companions[:_MOST_COMPANIONS])
    for below in range(_LONGEST):
        if any(_stands(ca, trust, below) for one in level for ca in _signers(one, trust.structures, below)):
            return True
        level = [ca for one in level for ca in _signers(one, waiting, below)]
        waiting = [ca for ca in waiting if ca not in level]
    return False


def _stands(anchor: Structure, trust: TrustStore, below: int) -> bool:
    """Whether the CAs installed above an anchor, if any, really signed it."""
    above = [ca for ca in trust.structures if _is_named(ca, anchor) and ca.whole != anchor.whole]
    if not above or below >= _LONGEST:
        return True
    return any(_stands(ca, trust, below + 1) for ca in _signers(anchor, above, below + 1))


def _signers(certificate: Structure, authorities: Sequence[Structure], below: int) -> Iterator[Structure]:
    return (
        ca
        for ca in authorities
        if _is_named(ca, certificate) and _may_sign(ca, below) and is_signed_by(certificate, ca)
    )


def _is_named(ca: Structure, certificate: Structure) -> bool:
    """Whether the certificate names this CA as its issuer; a name that cannot be read whole names nobody."""
    subject, issuer = _name(ca.subject), _name(certificate.issuer)
    return subject is not None and subject == issuer


def _name(element: Element) -> Parts | None:
    try:
        parts, whole = names.decode_issuer(element)
    except MalformedError:
        return None
    return parts if whole else None


def _may_sign(ca: Structure, below: int) -> bool:
    """CA:TRUE, keyCertSign where usage is stated, and no more CAs below it than its path length allows.

    A CA is read strictly: one with an extension that is doubled or that cannot be read signs nothing.
    """
    try:
        basic, usage = extensions.basic(ca), extensions.may_sign_certificates(ca)
    except MalformedError:
        return False
    if basic is None or not ca.complete or extensions.is_doubled(ca):
        return False
    return basic.ca and usage and (basic.path_length is None or below <= basic.path_length)
