"""A certificate in words."""

from datetime import datetime

from markupsafe import Markup

from handlers.certificate import Certificate, Recognition
from handlers.dates import moment
from handlers.voice import Voice, lines
from locales import N_
from rules.facts import Issuer

RECOGNITIONS = {
    Recognition.VERIFIED: N_("Issuer: {issuer} (signature chain verified)."),
    Recognition.BY_NAME_ONLY: N_("Issuer: {issuer} (recognised by name only; the signature chain was not verified)."),
    Recognition.UNRECOGNISED: N_("Issuer: {issuer} (not an issuer of government certificates that I know)."),
    Recognition.INVALID: N_("Issuer: {issuer}. <b>Its signature does not verify: do not rely on this file.</b>"),
}
PUBLIC = N_("This is not a government certificate (chữ ký số chuyên dùng công vụ).")


def identity(say: Voice, certificate: Certificate) -> Markup:
    """Name, superior, units, e-mail: what may have stopped matching."""
    return lines(
        say(N_("Name on the certificate: <b>{name}</b>"), name=certificate.name),
        say(N_("Superior or parent body: {superior}"), superior=certificate.superior) if certificate.superior else "",
        say(N_("Unit: {units}"), units=", ".join(certificate.units)) if certificate.units else "",
        say(N_("Official e-mail: {email}"), email=certificate.email) if certificate.email else "",
    )


def summary(say: Voice, certificate: Certificate, now: datetime) -> Markup:
    """All that an officer checks before saying "yes, this one"."""
    return lines(
        identity(say, certificate),
        say(N_("Serial number (số hiệu chứng thư): <code>{serial}</code>"), serial=certificate.serial),
        say(
            N_("Valid from {start} to <b>{end}</b> (Vietnamese time)."),
            start=moment(certificate.not_before),
            end=moment(certificate.not_after),
        ),
        _in_date(say, certificate, now),
        say(RECOGNITIONS[certificate.recognition], issuer=certificate.issuer_name),
        say(PUBLIC) if certificate.issuer_kind is Issuer.PUBLIC else "",
    )


def _in_date(say: Voice, certificate: Certificate, now: datetime) -> Markup:
    if now > certificate.not_after:
        return say(N_("⚠ <b>It has expired.</b>"))
    if now < certificate.not_before:
        return say(N_("⚠ It is not valid yet."))
    days = (certificate.not_after - now).days
    return say(N_("It is in date; days left: {days}."), days=days)
