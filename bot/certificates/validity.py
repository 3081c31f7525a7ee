"""Is it in date? An answer of its own, beside readable, recognised and matching."""

from datetime import datetime
from typing import Literal

from handlers.certificate import Certificate

Validity = Literal["valid", "expired", "not_yet_valid"]


def in_date(certificate: Certificate, now: datetime) -> Validity:
    """Where an aware moment falls; both ends belong to the period (RFC 5280, 4.1.2.5), an unreadable start is past."""
    if certificate.not_before is not None and now < certificate.not_before:
        return "not_yet_valid"
    return "valid" if now <= certificate.not_after else "expired"
