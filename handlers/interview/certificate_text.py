"""Formats a certificate for the officer: identity, period of validity, issuer, and what could not be read."""

from datetime import datetime

from markupsafe import Markup

from handlers.core.dates import format_moment
from handlers.core.text import MarkupTranslator, join_lines
from handlers.model.certificate import UNKNOWN_KEY, Certificate, CertificatePart, Recognition
from locales import N_, Translator
from rules.facts import Issuer

RECOGNITIONS = {
    Recognition.VERIFIED: N_("Issuer: {issuer} (signature chain verified)."),
    Recognition.BY_NAME_ONLY: N_("Issuer: {issuer} (recognised by name only; the signature chain was not verified)."),
    Recognition.UNRECOGNISED: N_("Issuer: {issuer} (not an issuer of government certificates that I know)."),
    Recognition.INVALID: N_("Issuer: {issuer}. <b>Its signature does not verify: do not rely on this file.</b>"),
}
PART_LABELS = {
    CertificatePart.SUBJECT: N_("a part of the name"),
    CertificatePart.NOT_BEFORE: N_("the day it begins"),
    CertificatePart.ISSUER: N_("the issuer's name"),
    CertificatePart.EMAIL: N_("the e-mail address"),
    CertificatePart.KEY: N_("the public key"),
    CertificatePart.SIGNATURE_ALGORITHM: N_("the signature algorithm"),
    CertificatePart.POLICIES: N_("the certificate policies"),
    CertificatePart.EXTENSIONS: N_("the extensions"),
}
PUBLIC_CA_LABEL = N_("This is not a government certificate (chữ ký số chuyên dùng công vụ).")


def format_identity(say: MarkupTranslator, certificate: Certificate) -> Markup:
    """Format name, superior, units and e-mail: the data that may no longer match after a reorganisation."""
    return join_lines(
        say(N_("Name on the certificate: <b>{name}</b>"), name=certificate.name),
        say(N_("Superior or parent body: {superior}"), superior=certificate.superior) if certificate.superior else "",
        say(N_("Unit: {units}"), units=", ".join(certificate.units)) if certificate.units else "",
        say(N_("Official e-mail: {email}"), email=certificate.email) if certificate.email else "",
    )


def format_summary(say: MarkupTranslator, certificate: Certificate, now: datetime) -> Markup:
    """Format everything that an officer checks before confirming that this is the certificate meant."""
    return join_lines(
        format_identity(say, certificate),
        say(N_("Serial number (số hiệu chứng thư): <code>{serial}</code>"), serial=certificate.serial),
        _format_period(say, certificate),
        _format_expiry_status(say, certificate, now),
        say(RECOGNITIONS[certificate.recognition], issuer=certificate.issuer_name or "?"),
        say(PUBLIC_CA_LABEL) if certificate.issuer_kind is Issuer.PUBLIC else "",
        _format_unreadable(say, certificate),
    )


def format_key(t: Translator, key: str) -> str:
    """Format the kind and size of a key; only the text for an unknown algorithm needs translating."""
    if not key.startswith(UNKNOWN_KEY):
        return key
    return t(N_("unknown algorithm OID {oid}"), oid=key.removeprefix(UNKNOWN_KEY))


def format_unreadable_parts(t: Translator, certificate: Certificate) -> str:
    """Name the parts that could not be read; empty if there are none."""
    return ", ".join(_format_part(t, certificate, part) for part in certificate.unreadable)


def _format_part(t: Translator, certificate: Certificate, part: CertificatePart) -> str:
    named = part is CertificatePart.KEY and certificate.key
    return f"{t(PART_LABELS[part])} ({format_key(t, certificate.key)})" if named else t(PART_LABELS[part])


def _format_unreadable(say: MarkupTranslator, certificate: Certificate) -> Markup:
    parts = format_unreadable_parts(say.t, certificate)
    return say(N_("I could not read {parts}; the rest I read."), parts=parts) if parts else Markup()


def _format_period(say: MarkupTranslator, certificate: Certificate) -> Markup:
    end = format_moment(certificate.not_after)
    if certificate.not_before is None:
        return say(N_("Valid until <b>{end}</b> (Vietnamese time)."), end=end)
    start = format_moment(certificate.not_before)
    return say(N_("Valid from {start} to <b>{end}</b> (Vietnamese time)."), start=start, end=end)


def _format_expiry_status(say: MarkupTranslator, certificate: Certificate, now: datetime) -> Markup:
    if now > certificate.not_after:
        return say(N_("⚠ <b>It has expired.</b>"))
    if certificate.not_before is not None and now < certificate.not_before:
        return say(N_("⚠ It is not valid yet."))
    days = (certificate.not_after - now).days
    return say(N_("It is in date; days left: {days}."), days=days)
