"""Find the certificates in containers of signatures: PKCS#7 / CMS (RFC 5652), JWS (RFC 7515) and mail (RFC 5322).

A container gives its signers' certificates first; the others of its chain come along as companions.
"""

import base64
import binascii
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import Message
from hashlib import new
from itertools import islice
from typing import NamedTuple, TypeVar

from bot.certificates import MalformedError, UnreadableError, der, public_keys, x509_fields
from bot.certificates.formats import HEAD_SIZE, FileKind, der_kind, is_certificate, padding_end, refuse_secret
from bot.certificates.names import clean_text
from bot.certificates.pem import decode_base64, refuse_secret_text
from bot.certificates.x509_fields import RawCertificate, try_split_certificate
from handlers.model import FileProblemKind


class FoundCertificate(NamedTuple):
    """The DER of one certificate, and the name of the archive entry it lay in."""

    der: bytes
    where: str = ""
    #: This certificate made a signature: it is shown even if it is a CA.
    signer: bool = False
    #: This certificate came with a signer's; it helps to verify the chain and is never shown.
    companion: bool = False


class UnreadPart(NamedTuple):
    """A part without a readable certificate, and why."""

    trouble: FileProblemKind
    where: str = ""


Finding = FoundCertificate | UnreadPart
_Part = TypeVar("_Part")


def read_each(
    parts: Iterable[_Part], read: Callable[[_Part], Iterator[Finding]], broken: FileProblemKind = FileProblemKind.BROKEN
) -> Iterator[Finding]:
    """Read part after part, so that a broken one does not take the others with it.

    Args:
        parts: The parts to read.
        read: Yields the findings of a part.
        broken: The problem reported for a part whose parser fails.

    Raises:
        UnreadableError: a part makes the whole file unreadable.
        MemoryError: the worker's memory is used up.
    """
    for part in parts:
        try:
            yield from read(part)
        except UnreadableError as error:
            if error.ends_reading:
                raise
            yield UnreadPart(error.trouble)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - parsers of hostile bytes raise anything at all; the bytes are broken
            yield UnreadPart(broken)


def split_values(data: bytes) -> Iterator[tuple[FileKind, bytes]]:
    """Yield certificates and PKCS#7 values, one after another or each on a line of its own, up to the first other byte.

    Raises:
        SecretError: a private key follows.
        UnreadableError: DER of another kind comes first.
    """
    at = 0
    while data[at : at + 1] == b"\x30" and (kind := der_kind(data[at : at + HEAD_SIZE])):
        end = der.end_of(data, at)
        yield kind, data[at:end]
        at = padding_end(data, end)
    if rest := data[at:]:
        refuse_secret(rest)
        refuse_secret_text(rest)


def is_one_certificate(data: bytes) -> bool:
    """Return whether the bytes are exactly one DER certificate."""
    return data[:1] == b"\x30" and is_certificate(data) and der.end_of(data) == len(data)


_CMS = bytes.fromhex("2a864886f70d0107")
_SIGNED = _CMS + b"\x02"
_SEALED = {_CMS + bytes([kind]) for kind in (3, 4, 6)} | {bytes.fromhex("2a864886f70d0109100117")}  # RFC 5083 too
_TIME_STAMP = bytes.fromhex("2a864886f70d0109100104")  # id-ct-TSTInfo: RFC 3161, 2.4.2
_KEY_IDENTIFIERS = (0x80, der.TAGGED_0)  #: both forms of [0] occur: primitive, as the standard says, and constructed
#: The most certificates and signers of one PKCS#7 value; real ones have fewer than twenty.
_MOST_CERTIFICATES = 2_000

#: A protected header of a JWS: '{"' in base64url.
_HEADER = re.compile(rb"eyJ(?<![A-Za-z0-9_-]eyJ)[A-Za-z0-9_-]{20,}+")
_CHAIN = re.compile(rb'"x5c"\s{0,99}+:\s{0,99}+(\[[^\]\[{}]*+|"[^"]*+")')
_STRING = re.compile(rb'"(M[A-I][^"]{40,}+)"')
_HASHES = ("sha256", "sha512", "sha384", "sha1")
#: The signer's digest in a JWS whose certificate lies beside the signature: x5t#S256, or digVal of x5t#o.
_DIGEST = re.compile(rb'"(?:x5t#S256|digVal)"\s{0,99}+:\s{0,99}+"([A-Za-z0-9_+/-]{27,99}={0,2})"')
#: The most headers and values searched in a JWS, and the most certificates of one chain.
_MOST_HEADERS, _LONGEST_CHAIN_ENTRIES = 1_000, 20
_LONGEST_HEADER = 1024 * 1024

#: Limits against hostile mail: the parser looks for the boundary of every open level in every line, and makes an object
#: for every line that may begin a part.
_MOST_LEVELS, _MOST_BEGINNINGS = 20, 5_000
#: These problems are ignored in a part of a mail: such a part is the text itself or a picture in it, no attachment.
_IGNORED_PROBLEMS = {
    FileProblemKind.UNKNOWN_TYPE,
    FileProblemKind.NO_CERTIFICATE,
    FileProblemKind.NO_SIGNATURE,
    FileProblemKind.PICTURE,
    FileProblemKind.EMPTY,
}  # fmt: skip


def pkcs7_certificates(data: bytes) -> Iterator[FoundCertificate]:
    """Yield the certificates of a SignedData, in DER or BER: the signers' first, in the order they signed.

    If a signer is found, the other certificates are its companions; otherwise they stand for themselves.

    Raises:
        UnreadableError: SEALED, TIME_STAMP, NO_CERTIFICATE or BROKEN.
    """
    parts = _signed_data(data)
    bag = _certificate_set(parts)
    signers = _find_signers(parts, bag)
    yield from (FoundCertificate(certificate, signer=True) for certificate in signers)
    for certificate in bag:
        if certificate not in signers:
            yield FoundCertificate(certificate, companion=bool(signers))


def _signed_data(data: bytes) -> list[der.DerValue]:
    content = der.children(der.first_value(data))
    kind = content[0].content if content else b""
    if kind in _SEALED:
        raise UnreadableError(FileProblemKind.SEALED)
    if kind != _SIGNED:
        raise UnreadableError(FileProblemKind.NO_CERTIFICATE)
    parts = der.children(der.first_value(content[1].content) if len(content) > 1 else None)
    what = next((der.children(part, 1) for part in parts if part.tag == der.SEQUENCE), [])
    if what and what[0].content == _TIME_STAMP:
        raise UnreadableError(FileProblemKind.TIME_STAMP)
    if len(parts) < len(("version", "digests", "content")):
        raise UnreadableError(FileProblemKind.BROKEN)
    return parts


def _certificate_set(parts: list[der.DerValue]) -> list[bytes]:
    """Return the bytes of each certificate; attribute certificates and the like carry other tags and are left out."""
    sets = [part for part in parts[3:] if part.tag == der.TAGGED_0]
    bag = [
        value.whole for part in sets for value in der.children(part, _MOST_CERTIFICATES) if value.tag == der.SEQUENCE
    ]
    if not bag:
        raise UnreadableError(FileProblemKind.NO_CERTIFICATE)
    return bag


def _find_signers(parts: list[der.DerValue], bag: list[bytes]) -> list[bytes]:
    """Return the certificate of each SignerInfo, found by issuer and serial number or by key identifier."""
    infos = [info for part in parts[3:] if part.tag == der.SET for info in der.children(part, _MOST_CERTIFICATES)]
    known = _CertificateIndex([structure for certificate in bag if (structure := try_split_certificate(certificate))])
    named = [known.find(fields[1]) for info in infos if len(fields := der.children(info, 2)) > 1]
    return list(dict.fromkeys(certificate for certificate in named if certificate))


class _CertificateIndex:
    """Finds the certificate that a SignerInfo names, by issuer and serial number or by key identifier."""

    def __init__(self, bag: list[RawCertificate]) -> None:
        self._by_key = {key: one.whole for one in reversed(bag) for key in _key_identifiers_of(one)}
        self._by_number: dict[int, list[RawCertificate]] = defaultdict(list)
        for one in bag:
            self._by_number[int.from_bytes(one.serial[1])].append(one)

    def find(self, sid: der.DerValue) -> bytes | None:
        if sid.tag in _KEY_IDENTIFIERS:
            inner = der.first_value(sid.content) if sid.tag == der.TAGGED_0 else None
            return self._by_key.get(inner.content if inner else sid.content)
        issuer, serial = [*der.children(sid, 2), None, None][:2]
        if issuer is None or serial is None:
            return None
        same = self._by_number.get(int.from_bytes(serial.content), [])
        exact = [one.whole for one in same if one.issuer == issuer.element]
        # The SignerInfo may write the issuer's name in another string type than the certificate; the number still
        # decides.
        return next(iter([*exact, *(one.whole for one in same)]), None)


def _key_identifiers_of(certificate: RawCertificate) -> Iterator[bytes]:
    """Yield the identifier that the certificate states for its key, and the usual one computed from the key."""
    with suppress(MalformedError):
        if named := x509_fields.subject_key_identifier(certificate):
            yield named
    with suppress(MalformedError):
        yield public_keys.key_identifier(certificate.key)


def jws_certificates(text: bytes) -> Iterator[FoundCertificate]:
    """Yield the certificate of each signer, and the rest of its chain as companions.

    A chain is the header ``x5c`` (RFC 7515, 4.1.6); without one, a certificate in the text is matched to a signer's
    digest.
    """
    parts = [
        text,
        *(_decode_header(one.group()[:_LONGEST_HEADER]) for one in islice(_HEADER.finditer(text), _MOST_HEADERS)),
    ]
    chains = [match.group(1) for part in parts for match in islice(_CHAIN.finditer(part), _MOST_HEADERS)]
    for chain in chains:
        for number, match in enumerate(islice(_STRING.finditer(chain), _LONGEST_CHAIN_ENTRIES)):
            yield FoundCertificate(decode_base64(match.group(1)), signer=number == 0, companion=number > 0)
    if not chains:
        yield from _find_by_digest(parts)


def _find_by_digest(parts: list[bytes]) -> Iterator[FoundCertificate]:
    wanted = {
        decode_base64(match.group(1)) for part in parts for match in islice(_DIGEST.finditer(part), _MOST_HEADERS)
    }
    if not wanted:
        return
    for part in parts:
        for match in islice(_STRING.finditer(part), _MOST_HEADERS):
            der = decode_base64(match.group(1))
            if not wanted.isdisjoint(new(name, der, usedforsecurity=False).digest() for name in _HASHES):
                yield FoundCertificate(der, signer=True)


def _decode_header(header: bytes) -> bytes:
    try:
        decoded = base64.urlsafe_b64decode(header[: len(header) - (len(header) % 4 == 1)] + b"===")
    except binascii.Error:
        return b""
    return decoded.replace(b"\\/", b"/").replace(b"\\u002b", b"+").replace(b"\\u002B", b"+")


def mail_findings(data: bytes, most: int, read: Callable[[bytes], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield the findings of the parts of a mail, in their order.

    Args:
        data: The mail, with or without a byte order mark.
        most: The most parts; more raise TOO_MANY_ENTRIES.
        read: Reads the decoded bytes of a part.

    Raises:
        UnreadableError: NO_CERTIFICATE, TOO_MANY_ENTRIES, or a reason that ends the whole file.
    """
    if data.lower().count(b"boundary=") > _MOST_LEVELS or data.count(b"\n--") > _MOST_BEGINNINGS:
        raise UnreadableError(FileProblemKind.TOO_MANY_ENTRIES)
    message = message_from_bytes(data.removeprefix(b"\xef\xbb\xbf").lstrip(), policy=policy.compat32)
    parts = [part for part in message.walk() if not part.is_multipart()]
    if len(parts) > most:
        raise UnreadableError(FileProblemKind.TOO_MANY_ENTRIES)
    empty = True
    for part in parts:
        for finding in _read_part(part, read):
            empty = False
            yield finding
    if empty:
        raise UnreadableError(FileProblemKind.NO_CERTIFICATE)


def _read_part(part: Message, read: Callable[[bytes], Iterable[Finding]]) -> Iterator[Finding]:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes) or not payload.strip():
        return
    where = clean_text(str(part.get_filename() or ""))
    for finding in read(payload):
        if isinstance(finding, FoundCertificate) or finding.trouble not in _IGNORED_PROBLEMS:
            yield finding._replace(where=finding.where or where)
        elif where and finding.trouble is not FileProblemKind.PICTURE:
            yield UnreadPart(finding.trouble, where)
