"""Keep the CA certificates that the operator installed, and verify chains with them.

A CA lies in ``<folder>/<SHA-256>.crt``, in PEM or DER.

A file counts only if its content has the fingerprint in its name, so that a swapped file is not loaded. ``install``
puts files there; it takes a CA that is pinned here or whose fingerprint the operator gives.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from bot.certificates import (
    FingerprintMismatchError,
    MalformedError,
    NotACaError,
    NotInstalledError,
    UnpinnedError,
    names,
    x509_fields,
)
from bot.certificates.der import Element
from bot.certificates.names import DistinguishedName
from bot.certificates.public_keys import is_signed_by
from bot.certificates.x509_fields import RawCertificate, split_certificate
from bot.errors import InputError, read_input
from handlers.model import Recognition


@dataclass(frozen=True, slots=True)
class KnownAuthority:
    """One CA: subject CN, generation, end of validity, SHA-256 of the DER in upper-case hex."""

    name: str
    generation: str
    not_after: datetime
    fingerprint: str


_G1_ROOT = KnownAuthority(
    "Co quan chung thuc so chuyen dung Chinh phu (RootCA)",
    "G1",
    datetime(2030, 3, 5, 5, 45, 57, tzinfo=UTC),
    "F7BC89054CEC7F12730D7B8CD3EB7955B163835087E5EB873EDFB584763B3F90",
)
_G1_STATE = KnownAuthority(
    "Co quan chung thuc so Chinh phu",
    "G1",
    datetime(2030, 3, 4, 6, 33, 32, tzinfo=UTC),
    "75E969C07BA35C29C72BBC1BFB880F20F3891A619B00B77EB02CA6160736A1FE",
)
_G2_ROOT = KnownAuthority(
    "RootCA chuyên dùng Chính phủ G2",
    "G2",
    datetime(2048, 8, 14, 7, 36, 39, tzinfo=UTC),
    "F04BA4B459A7C9A1B971AD9B1CB833E695A80C79AEA63B174B66A70EDFE2FDB8",
)
_G2_STATE = KnownAuthority(
    "CA phục vụ các cơ quan Nhà nước G2",
    "G2",
    datetime(2048, 8, 14, 7, 36, 39, tzinfo=UTC),
    "D8CAB7A4AEF92E6BB2509D7C61CEE7B44F3731B2D21074963530277B366FAE4B",
)
_G2_PARTY = KnownAuthority(
    "CA phục vụ các cơ quan Đảng G2",
    "G2",
    datetime(2048, 8, 14, 7, 36, 39, tzinfo=UTC),
    "E4B402E3CB4CACC0A20D21FA49BCE76BEB4EB47BA7FFB7A8F71C554DBE561A81",
)

KNOWN_AUTHORITIES = {pin.fingerprint: pin for pin in (_G1_ROOT, _G1_STATE, _G2_ROOT, _G2_STATE, _G2_PARTY)}

#: The most bytes of a file with one certificate; anything larger, such as an endless device, is refused.
_LARGEST = 1 << 20
_NOT_HEX = re.compile(r"[^0-9A-F]")
_NOTATION = re.compile(r"[0-9A-Fa-f: -]+")
_SUFFIX = ".crt"


@dataclass(frozen=True)
class TrustStore:
    """The installed CA certificates; each one is a trust anchor."""

    authorities: tuple[x509.Certificate, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> "TrustStore":
        """Load the CA files of a folder whose content matches their name; a missing folder holds none."""
        files = sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else []
        return cls(tuple(ca for file in files if (ca := _load_authority(file))))

    @cached_property
    def structures(self) -> tuple[RawCertificate, ...]:
        """Return the installed CAs in the form that strangers' certificates have, for comparison."""
        return tuple(split_certificate(ca.public_bytes(Encoding.DER)) for ca in self.authorities)

    @cached_property
    def fingerprints(self) -> frozenset[str]:
        """Return the SHA-256 of every installed CA, in upper-case hex."""
        return frozenset(fingerprint_of(ca) for ca in self.authorities)


EMPTY_TRUST_STORE = TrustStore()


def fingerprint_of(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of the DER, in upper-case hex without separators."""
    return certificate.fingerprint(hashes.SHA256()).hex().upper()


def install(file: Path, folder: Path, *, declared: str | None = None) -> x509.Certificate:
    """Copy a CA file into the trust folder.

    Args:
        file: one CA certificate, PEM or DER.
        folder: the trust folder, made where it does not exist.
        declared: the SHA-256 fingerprint the operator vouches for, in any notation; needed for a CA that is not pinned.

    Raises:
        NotACaError: the file is not one CA certificate.
        UnpinnedError: an unknown CA and no declared fingerprint.
        FingerprintMismatchError: the declared fingerprint is another CA's.
        InputError: the file cannot be read.
        OSError: the folder cannot be written.
    """
    authority = _read_authority(file)
    actual = fingerprint_of(authority)
    if declared is not None and normalize_fingerprint(declared) != actual:
        raise FingerprintMismatchError(file.name, actual)
    if declared is None and actual not in KNOWN_AUTHORITIES:
        raise UnpinnedError(file.name, actual)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / f"{actual}{_SUFFIX}").write_bytes(authority.public_bytes(Encoding.PEM))
    return authority


def remove(start: str, folder: Path) -> str:
    """Remove the one installed CA whose fingerprint starts with ``start`` and return its fingerprint.

    Raises ``NotInstalledError``.
    """
    wanted = normalize_fingerprint(start) if _NOTATION.fullmatch(start) else ""
    installed = [file for file in folder.glob(f"*{_SUFFIX}") if wanted and file.stem.startswith(wanted)]
    if len(installed) != 1:
        raise NotInstalledError(start)
    installed[0].unlink()
    return installed[0].stem


def normalize_fingerprint(text: str) -> str:
    """Return a fingerprint written by a person (colons, blanks, lower case) in upper-case hex."""
    return _NOT_HEX.sub("", text.upper())


def _load_authority(file: Path) -> x509.Certificate | None:
    try:
        authority = _read_authority(file)
    except (NotACaError, InputError):
        return None
    return authority if fingerprint_of(authority) == file.stem else None


def _read_authority(file: Path) -> x509.Certificate:
    data = read_input(file, _LARGEST)
    try:
        found = _parse(data)
        if len(found) == 1 and found[0].extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return found[0]
    except (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.ExtensionNotFound):
        pass
    raise NotACaError(file.name)


def _parse(data: bytes) -> list[x509.Certificate]:
    if data.startswith(b"\x30"):
        return [x509.load_der_x509_certificate(data)]
    return x509.load_pem_x509_certificates(data)


def authority_name(authority: x509.Certificate) -> str:
    """Return the name of a CA, safe to show."""
    return names.display_name(names.decode(split_certificate(authority.public_bytes(Encoding.DER)).subject)[0])


#: The most CA certificates above a subscriber's; both government generations have two.
_LONGEST_CHAIN = 4
#: The most certificates of a file that are tried as intermediate CAs.
_MOST_COMPANIONS = 20


def recognise(
    certificate: RawCertificate, trust: TrustStore, companions: Sequence[RawCertificate] = ()
) -> Recognition | None:
    """Return VERIFIED, INVALID (the installed CA it names did not sign it), or ``None`` if nothing is known.

    Args:
        certificate: The certificate to recognise.
        trust: The installed CAs.
        companions: Certificates that came with it and may be intermediate CAs.
    """
    if certificate.fingerprint in trust.fingerprints or _reaches_anchor(certificate, trust, companions):
        return Recognition.VERIFIED
    named = any(_is_named(ca, certificate) and _matches_key_identifier(certificate, ca) for ca in trust.structures)
    return Recognition.INVALID if named else None


def _matches_key_identifier(certificate: RawCertificate, ca: RawCertificate) -> bool:
    """Return whether the issuer's key may be this CA's: a CA may renew its key under the same name."""
    try:
        authority, own = x509_fields.authority_key_identifier(certificate), x509_fields.subject_key_identifier(ca)
    except MalformedError:
        return True
    return authority is None or own is None or authority == own


def _reaches_anchor(certificate: RawCertificate, trust: TrustStore, companions: Sequence[RawCertificate]) -> bool:
    """Climb level by level; each companion is climbed once, so that cross-signed loops stay short."""
    level, waiting = [certificate], list(companions[:_MOST_COMPANIONS])
    for below in range(_LONGEST_CHAIN):
        if any(
            _is_anchor_signed(ca, trust, below)
            for one in level
            for ca in _possible_signers(one, trust.structures, below)
        ):
            return True
        level = [ca for one in level for ca in _possible_signers(one, waiting, below)]
        waiting = [ca for ca in waiting if ca not in level]
    return False


def _is_anchor_signed(anchor: RawCertificate, trust: TrustStore, below: int) -> bool:
    """Return whether the CAs installed above an anchor, if any, really signed it."""
    above = [ca for ca in trust.structures if _is_named(ca, anchor) and ca.whole != anchor.whole]
    if not above or below >= _LONGEST_CHAIN:
        return True
    return any(_is_anchor_signed(ca, trust, below + 1) for ca in _possible_signers(anchor, above, below + 1))


def _possible_signers(
    certificate: RawCertificate, authorities: Sequence[RawCertificate], below: int
) -> Iterator[RawCertificate]:
    return (
        ca
        for ca in authorities
        if _is_named(ca, certificate) and _may_sign(ca, below) and is_signed_by(certificate, ca)
    )


def _is_named(ca: RawCertificate, certificate: RawCertificate) -> bool:
    """Return whether the certificate names this CA as its issuer; a name that is not fully readable matches none."""
    subject, issuer = _complete_name(ca.subject), _complete_name(certificate.issuer)
    return subject is not None and subject == issuer


def _complete_name(element: Element) -> DistinguishedName | None:
    try:
        parts, whole = names.decode_issuer(element)
    except MalformedError:
        return None
    return parts if whole else None


def _may_sign(ca: RawCertificate, below: int) -> bool:
    """Return whether a CA may sign: CA:TRUE, keyCertSign where usage is stated, and a path length that suffices.

    ``below`` is the number of CAs below it. A CA with a duplicated or unreadable extension signs nothing.
    """
    try:
        basic, usage = x509_fields.basic_constraints(ca), x509_fields.may_sign_certificates(ca)
    except MalformedError:
        return False
    if basic is None or not ca.complete or x509_fields.has_duplicates(ca):
        return False
    return basic.ca and usage and (basic.path_length is None or below <= basic.path_length)
