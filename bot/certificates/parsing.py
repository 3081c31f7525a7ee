"""Read a file: find its certificates, decode each once, and leave out CAs that only accompany others.

``find_certificates`` finds them, ``read`` builds the reading for a person. Run as a program
(``python -m bot.certificates.parsing MEMORY SECONDS [TRUST_FOLDER]``), it answers each file with a reading as JSON; it
knows no setting, no secret and no chat.
"""

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.certificates import (
    LIMITS,
    Limits,
    MalformedError,
    UnreadableError,
    archives,
    containers,
    pdf,
    pem,
    signed_xml,
    x509_fields,
)
from bot.certificates.containers import (
    Finding,
    FoundCertificate,
    UnreadPart,
    is_one_certificate,
    read_each,
    split_values,
)
from bot.certificates.decompression import Unpacker
from bot.certificates.formats import FileKind, detect_kind, strip_padding
from bot.certificates.pem import to_plain_text
from bot.certificates.record import DecodedCertificate, decode_certificate
from bot.certificates.trust import EMPTY_TRUST_STORE, TrustStore, recognise
from bot.certificates.x509_fields import RawCertificate
from bot.process_sandbox import give_way, serve
from handlers.model import (
    SECRET_PROBLEMS,
    Certificate,
    CertificatePlace,
    FileProblem,
    FileProblemKind,
    Reading,
    Recognition,
)
from rules.facts import Issuer

#: The problem to report for a text without a certificate, by the label of a PEM boundary or by the first bytes.
_PROBLEM_OF_LABEL = {
    b"CERTIFICATE REQUEST": FileProblemKind.REQUEST,
    b"NEW CERTIFICATE REQUEST": FileProblemKind.REQUEST,
    b"PUBLIC KEY": FileProblemKind.PUBLIC_KEY,
    b"RSA PUBLIC KEY": FileProblemKind.PUBLIC_KEY,
    b"SSH2 PUBLIC KEY": FileProblemKind.PUBLIC_KEY,
    b"X509 CRL": FileProblemKind.STATUS,
}
_PROBLEM_OF_START = {
    (b"ssh-", b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-"): FileProblemKind.PUBLIC_KEY,
    (b"%FDF-", b"{\\rtf"): FileProblemKind.UNKNOWN_TYPE,
}

#: The most findings per allowed certificate: a signed file brings its chain, and copies are found but not shown.
_FINDINGS_EACH = 10
#: Extended usages of a key that stamps times or signs statuses: RFC 5280, 4.2.1.12.
_ID_KP = bytes.fromhex("2b060105050703")
_SERVICE_PROBLEMS = {_ID_KP + b"\x08": FileProblemKind.TIME_STAMP, _ID_KP + b"\x09": FileProblemKind.STATUS}
#: These problems accompany certificates, and are reported only if there is nothing else.
_SIDE_PROBLEMS = frozenset(
    {FileProblemKind.TIME_STAMP, FileProblemKind.STATUS, FileProblemKind.REQUEST, FileProblemKind.PUBLIC_KEY}
)


def find_certificates(data: bytes, unpacker: Unpacker, *, nested: bool = False) -> Iterable[Finding]:
    """Yield the findings of a file, in their order.

    Args:
        data: The file.
        unpacker: The budget of the file that a person sent.
        nested: Whether ``data`` comes from inside an archive or a text.

    Raises:
        UnreadableError: a secret or an exceeded limit ends the whole file.
        MemoryError: the worker's memory is used up.
    """
    if len(data) > unpacker.limits.file:
        return [UnreadPart(FileProblemKind.TOO_LARGE)]
    if is_one_certificate(data):  # the most frequent file takes the short way
        return [FoundCertificate(data)]
    return read_each(
        [strip_padding(data)], lambda whole: _read_by_kind(whole, unpacker, nested=nested), FileProblemKind.DAMAGED
    )


def _read_by_kind(data: bytes, unpacker: Unpacker, *, nested: bool) -> Iterator[Finding]:
    kind = detect_kind(data)
    if kind is FileKind.TEXT:
        yield from _find_in_text(to_plain_text(data), data, _nested_finder(unpacker, nested=True))
    elif kind is FileKind.PDF:
        yield from pdf.certificates(data)
    elif kind is FileKind.ZIP:
        yield from archives.archive_findings(data, unpacker, _nested_finder(unpacker, nested=True), nested=nested)
    elif kind is FileKind.PACKED:
        yield from archives.compressed_findings(data, unpacker, _nested_finder(unpacker, nested=True), nested=nested)
    elif kind is FileKind.MAIL:
        pem.refuse_secret_text(to_plain_text(data))
        yield from containers.mail_findings(data, unpacker.limits.entries, _nested_finder(unpacker, nested=nested))
    else:
        yield from _find_in_der(data)


def _nested_finder(unpacker: Unpacker, *, nested: bool) -> Callable[[bytes], Iterable[Finding]]:
    return lambda data: find_certificates(data, unpacker, nested=nested)


def _find_in_text(text: bytes, data: bytes, read: Callable[[bytes], Iterable[Finding]]) -> Iterator[Finding]:
    pem.refuse_secret_text(text)
    if packed := pem.decode_wrapped_pem(text):
        pem.refuse_secret_text(packed)
        text += b"\n" + packed
    if _is_xml(text) and not pem.is_armoured(text):
        yield from _find_in_xml(text, data)
        return
    ways: tuple[Callable[[], Iterator[Finding]], ...] = (
        lambda: read_each([text], containers.jws_certificates),
        lambda: read_each(pem.iter_blocks(text), _find_in_block),
        lambda: _find_embedded(text, read),
    )
    for way in ways:
        empty = True
        for finding in way():
            empty = False
            yield finding
        if not empty:
            return
    raise UnreadableError(_problem_of_labels(text))


def _is_xml(text: bytes) -> bool:
    return text.lstrip().startswith(b"<") or signed_xml.is_signed(text)


def _find_in_xml(text: bytes, data: bytes) -> Iterator[Finding]:
    """Read signed XML; if it has no element for certificates, try the base64 of any element."""
    try:
        yield from signed_xml.certificates(data)
    except UnreadableError:
        found = [one for one in read_each(pem.iter_blocks(text), _find_in_block) if isinstance(one, FoundCertificate)]
        if not found:
            raise
        yield from found


def _find_embedded(text: bytes, read: Callable[[bytes], Iterable[Finding]]) -> Iterator[Finding]:
    for data in pem.decode_embedded_files(text):
        yield from read(data)


def _problem_of_labels(text: bytes) -> FileProblemKind:
    labels = pem.boundary_labels(text)
    if any(label.startswith(b"PGP ") for label in labels):
        return FileProblemKind.PGP
    for label, trouble in _PROBLEM_OF_LABEL.items():
        if label in labels:
            return trouble
    start = text.lstrip()
    for starts, trouble in _PROBLEM_OF_START.items():
        if start.startswith(starts):
            return trouble
    return FileProblemKind.NO_CERTIFICATE if labels else FileProblemKind.UNKNOWN_TYPE


def _find_in_block(decode: Callable[[], bytes]) -> Iterator[Finding]:
    """Read one block of text; DER of an unknown kind is skipped."""
    try:
        yield from _find_in_der(decode())
    except UnreadableError as error:
        if error.trouble is not FileProblemKind.NO_CERTIFICATE:
            raise


def _find_in_der(data: bytes) -> Iterator[FoundCertificate]:
    for kind, value in split_values(data):
        if kind is FileKind.PKCS7:
            yield from containers.pkcs7_certificates(value)
        else:
            yield FoundCertificate(value)


def read(data: bytes, name: str = "", trust: TrustStore = EMPTY_TRUST_STORE, limits: Limits = LIMITS) -> Reading:
    """Read a file of any kind, in this process and without limits of time and memory.

    Args:
        data: the file.
        name: the file's name; it is ignored, the bytes alone decide.
        trust: CA certificates that verify issuers.
        limits: sizes and counts that end the reading.

    Returns:
        Certificates in the file's order, each once by fingerprint; CA certificates only if there is nothing else.
        A file that holds a secret gives that problem alone.
    """
    del name
    try:
        return _ReadingBuilder(trust, limits).build(find_certificates(data, Unpacker(limits)))
    except MemoryError:
        return Reading(problems=(FileProblem(trouble=FileProblemKind.TOO_MUCH_MEMORY),))


@dataclass(slots=True)
class _ReadingBuilder:
    """Collects the findings of one file and builds its reading."""

    trust: TrustStore
    limits: Limits
    shown: list[DecodedCertificate] = field(default_factory=list)
    signers: set[str] = field(default_factory=set)
    companions: list[RawCertificate] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    asides: list[FileProblem] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    accompanying: set[bytes] = field(default_factory=set)
    places: list[CertificatePlace] = field(default_factory=list)
    taken: int = 0

    def build(self, findings: Iterable[Finding]) -> Reading:
        try:
            for finding in findings:
                self._add(finding)
        except UnreadableError as error:
            self._end_with(error)
        certificates = self._to_certificates()
        problems = self.problems if certificates or not self.asides else [*self.problems, *self.asides]
        shown = {certificate.fingerprint for certificate in certificates}
        places = tuple(place for place in dict.fromkeys(self.places) if place.fingerprint in shown)
        return Reading(certificates=certificates, problems=tuple(problems), places=places)

    def _add(self, finding: Finding) -> None:
        self.taken += 1
        if len(self.problems) >= self.limits.entries or self.taken > self.limits.entries * _FINDINGS_EACH:
            raise UnreadableError(FileProblemKind.TOO_MANY_ENTRIES)
        if isinstance(finding, UnreadPart):
            self._add_missed(finding)
        else:
            self._add_found(finding)

    def _add_missed(self, missed: UnreadPart) -> None:
        problem = FileProblem(trouble=missed.trouble, where=missed.where)
        if missed.trouble not in _SIDE_PROBLEMS:
            self.problems.append(problem)
        elif problem not in self.asides:
            self.asides.append(problem)

    def _add_found(self, found: FoundCertificate) -> None:
        """Add a certificate; one seen first as a companion is still shown when it is also found by itself."""
        if found.signer:
            self.signers.add(hashlib.sha256(found.der).hexdigest().upper())
        if found.where and not found.companion:
            fingerprint = hashlib.sha256(found.der).hexdigest().upper()
            self.places.append(CertificatePlace(fingerprint=fingerprint, where=found.where))
        if found.der in self.seen or (found.companion and found.der in self.accompanying):
            return
        (self.accompanying if found.companion else self.seen).add(found.der)
        self._decode(found)

    def _decode(self, found: FoundCertificate) -> None:
        if len(self.shown) >= self.limits.entries:
            raise UnreadableError(FileProblemKind.TOO_MANY_ENTRIES)
        try:
            decoded = decode_certificate(found.der)
        except UnreadableError as error:
            if not found.companion:
                self._add_missed(UnreadPart(error.trouble, found.where))
            return
        if service := _service_problem(decoded.source):
            self._add_missed(UnreadPart(service, found.where))
        elif found.companion:
            self.companions.append(decoded.source)
        else:
            self.shown.append(decoded)

    def _end_with(self, error: UnreadableError) -> None:
        """End with this problem; for a file that holds a secret it is the only thing reported."""
        if error.trouble in SECRET_PROBLEMS:
            self.shown.clear()
            self.problems.clear()
            self.asides.clear()
        self.problems.append(FileProblem(trouble=error.trouble, where=error.where))

    def _to_certificates(self) -> tuple[Certificate, ...]:
        own = [one for one in self.shown if not one.is_ca or one.certificate.fingerprint in self.signers] or self.shown
        if not self.trust.authorities:
            return tuple([one.certificate for one in own])
        chain = [*self.companions, *(one.source for one in self.shown if one.is_ca)]
        return tuple([_with_recognition(one, self.trust, chain) for one in own])


def _service_problem(certificate: RawCertificate) -> FileProblemKind | None:
    """Return the problem of a service's certificate, whose key may only stamp times or sign statuses."""
    try:
        purposes = x509_fields.extended_key_usages(certificate)
    except MalformedError:
        return None
    return _SERVICE_PROBLEMS[min(purposes)] if purposes and purposes <= _SERVICE_PROBLEMS.keys() else None


def _with_recognition(decoded: DecodedCertificate, trust: TrustStore, companions: list[RawCertificate]) -> Certificate:
    """Set the recognition; an issuer's name that a pinned CA disproves is not the government's."""
    known = recognise(decoded.source, trust, companions)
    if known is None:
        return decoded.certificate
    kind = Issuer.UNKNOWN if known is Recognition.INVALID else decoded.certificate.issuer_kind
    return decoded.certificate.model_copy(update={"recognition": known, "issuer_kind": kind})


def main(arguments: list[str]) -> None:
    """Answer requests until the input ends."""
    memory, seconds, *folders = arguments
    trust = TrustStore.load(Path(folders[0])) if folders else EMPTY_TRUST_STORE
    give_way()
    serve(lambda data: read(data, trust=trust).model_dump_json().encode(), memory=int(memory), seconds=float(seconds))


if __name__ == "__main__":
    main(sys.argv[1:])
