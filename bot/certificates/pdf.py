"""Read a signed PDF: the certificate of every signature (ISO 32000-1, 12.8). Section numbers are those of the standard.

A signature's bytes are never encrypted nor compressed, because a range of bytes around them is signed. So they are
searched in the file itself, regardless of its cross-reference, its fields or its password; only a certificate that is
not there as a string (of the old x509.rsa_sha1) needs the document to be parsed.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import NamedTuple

from bot.certificates import UnreadableError, containers
from bot.certificates.containers import Finding, FoundCertificate, read_each
from bot.certificates.formats import FileKind, der_kind
from handlers.model import FileProblemKind

#: A hexadecimal string: the value of /Contents, or one that begins like DER.
_HEX = re.compile(rb"(?:/Contents[\s\0]{0,99}+<|<(?=[\s\0]{0,99}+3[\s\0]{0,99}+0))(?=([0-9A-Fa-f\s\0]{160,}+))")
#: A literal string that begins like DER: 0x30, then a long length, as it is or as an octal code.
_LITERAL = re.compile(rb"\((?=(?:0|\\060)(?:[\x80-\x83]|\\20[0-3]))")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|(.))", re.DOTALL)
_LITERAL_END = re.compile(rb"(?:[^\\)(]|\\.)*+", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_MOST_LITERALS, _LONGEST_LITERAL = 50, 64 * 1024
_DER, _SIGNED = b"\x30", bytes.fromhex("2a864886f70d010702")
_OLD, _ENCRYPTED = b"x509.rsa_sha1", b"/Encrypt"
_BLANKS = b" \t\r\n\f\v\0"
#: The most strings of one file, the most bytes of one string, and the digits that suffice to tell its kind.
_MOST, _LONGEST, _TELLING = 1_000, 256 * 1024, 200
#: The most bytes between a signature and the beginning or end of its dictionary.
_SURROUNDINGS_SIZE = 64 * 1024
_OBJECT = re.compile(rb"(\d{1,9})\s{1,9}(\d{1,5})\s{1,9}obj\Z")
#: Usage rights, signed by the maker of a reader (12.8.2.3): not the signature of a person.
_USAGE_RIGHTS = re.compile(rb"/TransformMethod\s{0,9}/UR\d?\b")
_RIGHTS_AT = re.compile(rb"/UR3?\s{1,9}(\d{1,9})\s{1,9}(\d{1,5})\s{1,9}R\b")
_CERTIFICATE_OF = re.compile(rb"/Cert[\s\0]{0,99}(?:\[[\s\0]{0,99})?\Z")


class _PdfString(NamedTuple):
    start: int
    end: int
    content: bytes


def certificates(data: bytes) -> Iterator[Finding]:
    """Yield the signers' certificates, in the order of signing; time stamps are left out.

    Raises:
        UnreadableError: ENCRYPTED, NO_SIGNATURE or DAMAGED.
    """
    strings = _find_strings(data)
    rights = {match.groups() for match in islice(_RIGHTS_AT.finditer(data), _MOST)}
    signatures = [one for one in strings if _is_signature(data, one) and not _is_usage_rights(data, one, rights)]
    yield from read_each(signatures, lambda signature: _certificates_of_signature(signature.content))
    old = [one for one in strings if _signature_kind(one.content) is FileKind.CERTIFICATE] if _OLD in data else []
    yield from (_certificates_of_cert_entry(data, string) for string in old)
    if (_OLD in data and not old) or not (signatures or old):
        yield from _find_with_parser(data)
    elif _ENCRYPTED in data and all(one.content[:1] != _DER for one in signatures):
        yield from (finding for finding in _find_with_parser(data) if isinstance(finding, FoundCertificate))


def _find_strings(data: bytes) -> list[_PdfString]:
    return sorted([*islice(_hexadecimal_strings(data), _MOST), *islice(_literal_strings(data), _MOST_LITERALS)])


def _hexadecimal_strings(data: bytes) -> Iterator[_PdfString]:
    for match in _HEX.finditer(data):
        start, end = match.span(1)
        known = data[match.start() : match.start() + 1] == b"/"
        if known or _signature_kind(_decode_hex(data[start : min(end, start + _TELLING)])):
            digits = data[start : min(end, start + 4 * _LONGEST)]
            if known and not digits.translate(None, _BLANKS + b"0"):
                continue  # an empty placeholder for a signature
            yield _PdfString(match.start(), end, _decode_hex(digits))


def _decode_hex(digits: bytes) -> bytes:
    digits = digits.translate(None, _BLANKS)
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _literal_strings(data: bytes) -> Iterator[_PdfString]:
    """Yield literal strings; parentheses inside are balanced or escaped (7.3.4.2)."""
    for match in _LITERAL.finditer(data):
        start = match.end()
        if _signature_kind(_ESCAPE.sub(_unescape, data[start : start + _TELLING])):
            end = _literal_end(data, start, min(len(data), start + _LONGEST_LITERAL))
            yield _PdfString(match.start(), end, _ESCAPE.sub(_unescape, data[start : end - 1]))


def _literal_end(data: bytes, at: int, limit: int) -> int:
    depth = 1
    while depth and at < limit and (run := _LITERAL_END.match(data, at, limit)):
        at = run.end() + 1
        depth += {b"(": 1, b")": -1}.get(data[run.end() : at], -depth)
    return at


def _unescape(match: re.Match[bytes]) -> bytes:
    octal, line, sign = match.groups()
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    return b"" if line else _ESCAPED.get(sign, sign)


def _signature_kind(content: bytes) -> FileKind | None:
    """Return the kind of a certificate or signature; other CMS, such as the keys of an encrypted document, has none."""
    try:
        kind = der_kind(content[:256]) if content[:1] == _DER else None
    except UnreadableError:
        return None
    return None if kind is FileKind.PKCS7 and _SIGNED not in content[:40] else kind


def _is_signature(data: bytes, string: _PdfString) -> bool:
    """Return whether a string is CMS, or something damaged in the place of a signature."""
    if kind := _signature_kind(string.content):
        return kind is FileKind.PKCS7
    around = b"".join(_surroundings(data, string)) if data[string.start : string.start + 1] == b"/" else b""
    return b"/ByteRange" in around and _OLD not in around


def _surroundings(data: bytes, string: _PdfString) -> tuple[bytes, bytes]:
    """Return the bytes of the same object before a string and behind it."""
    before = data[max(0, string.start - _SURROUNDINGS_SIZE) : string.start]
    after = data[string.end : string.end + _SURROUNDINGS_SIZE]
    return before[before.rfind(b"obj") + 3 :] if b"obj" in before else before, after.partition(b"endobj")[0]


def _is_usage_rights(data: bytes, string: _PdfString, rights: set[tuple[bytes, ...]]) -> bool:
    if _USAGE_RIGHTS.search(b"".join(_surroundings(data, string))):
        return True
    begins = data.rfind(b"obj", max(0, string.start - _SURROUNDINGS_SIZE), string.start) + 3
    named = _OBJECT.search(data[max(0, begins - 40) : begins]) if rights else None
    return named is not None and named.groups() in rights


def _certificates_of_signature(content: bytes) -> Iterator[FoundCertificate]:
    if content[:1] != _DER:
        raise UnreadableError(FileProblemKind.BROKEN)
    yield from containers.pkcs7_certificates(content)


def _certificates_of_cert_entry(data: bytes, string: _PdfString) -> FoundCertificate:
    """Return the certificate of /Cert, which is one certificate or a chain that begins with the signer's."""
    before = data[max(0, string.start - _SURROUNDINGS_SIZE) : string.start]
    return FoundCertificate(string.content, signer=bool(_CERTIFICATE_OF.search(before)))


def _find_with_parser(data: bytes) -> Iterator[Finding]:
    """Yield what only the parser can give: strings of compressed objects, and strings encrypted by a password."""
    from bot.certificates import pdf_fields  # noqa: PLC0415 - 20 MB of parser that most files do not need

    start = data.find(b"%PDF-")  # mail gateways put bytes in front; offsets count from the header
    yield from pdf_fields.certificates(BytesIO(data[max(0, start) :]))
