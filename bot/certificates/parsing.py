"""From bytes to a reading: find the certificates, decode each once, leave out CAs that only accompany."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.certificates import extensions
from bot.certificates.chain import recognise
from bot.certificates.errors import MalformedError, UnreadableError
from bot.certificates.finding import find
from bot.certificates.findings import Finding, Found, Missed
from bot.certificates.limits import LIMITS, Limits
from bot.certificates.record import Decoded, decode
from bot.certificates.structure import Structure
from bot.certificates.trust import EMPTY, TrustStore
from bot.certificates.unpacking import Unpacker
from handlers.certificate import SECRETS, Certificate, Problem, Reading, Recognition, Trouble
from rules.facts import Issuer

#: Findings for each certificate allowed: a signed file brings its chain, and copies are found but not shown.
_FINDINGS_EACH = 10
#: Of a key that may stamp times or tell states: RFC 5280, 4.2.1.12.
_ID_KP = bytes.fromhex("2b060105050703")
_SERVICES = {_ID_KP + b"\x08": Trouble.TIME_STAMP, _ID_KP + b"\x09": Trouble.STATUS}
#: What comes along with certificates, and is told only where it is all there is.
_ASIDES = frozenset({Trouble.TIME_STAMP, Trouble.STATUS, Trouble.REQUEST, Trouble.PUBLIC_KEY})


def read(data: bytes, name: str = "", trust: TrustStore = EMPTY, limits: Limits = LIMITS) -> Reading:
    """Read a file of any kind, in this process and without limits of time and memory.

    Args:
        data: the file.
        name: what it is called; what it *is* the bytes decide.
        trust: CA certificates to verify issuers with.
        limits: sizes and counts that end the reading.

    Returns:
        Certificates in the file's order, each once by fingerprint; CA certificates only where there is nothing else.
        A file that holds a secret gives that problem alone.
    """
    del name
    try:
        return _Gathering(trust, limits).build(find(data, Unpacker(limits)))
    except MemoryError:
        return Reading(problems=(Problem(trouble=Trouble.TOO_MUCH_MEMORY),))


@dataclass(slots=True)
class _Gathering:
    """What was found so far."""

    trust: TrustStore
    limits: Limits
    shown: list[Decoded] = field(default_factory=list)
    signers: set[str] = field(default_factory=set)
    companions: list[Structure] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    asides: list[Problem] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    accompanying: set[bytes] = field(default_factory=set)
    taken: int = 0

    def build(self, findings: Iterable[Finding]) -> Reading:
        try:
            for finding in findings:
                self._add(finding)
        except UnreadableError as error:
            self._end_with(error)
        certificates = self._to_certificates()
        problems = self.problems if certificates or not self.asides else [*self.problems, *self.asides]
        return Reading(certificates=certificates, problems=tuple(problems))

    def _add(self, finding: Finding) -> None:
        self.taken += 1
        if len(self.problems) >= self.limits.entries or self.taken > self.limits.entries * _FINDINGS_EACH:
            raise UnreadableError(Trouble.TOO_MANY_ENTRIES)
        if isinstance(finding, Missed):
            self._add_missed(finding)
        else:
            self._add_found(finding)

    def _add_missed(self, missed: Missed) -> None:
        problem = Problem(trouble=missed.trouble, where=missed.where)
        if missed.trouble not in _ASIDES:
            self.problems.append(problem)
        elif problem not in self.asides:
            self.asides.append(problem)

    def _add_found(self, found: Found) -> None:
        """A companion never stands in the way of the same certificate when it is found for itself."""
        if found.signer:
            self.signers.add(hashlib.sha256(found.der).hexdigest().upper())
        if found.der in self.seen or (found.companion and found.der in self.accompanying):
            return
        (self.accompanying if found.companion else self.seen).add(found.der)
        self._decode(found)

    def _decode(self, found: Found) -> None:
        if len(self.shown) >= self.limits.entries:
            raise UnreadableError(Trouble.TOO_MANY_ENTRIES)
        try:
            decoded = decode(found.der)
        except UnreadableError as error:
            if not found.companion:
                self._add_missed(Missed(error.trouble, found.where))
            return
        if service := _service_of(decoded.source):
            self._add_missed(Missed(service, found.where))
        elif found.companion:
            self.companions.append(decoded.source)
        else:
            self.shown.append(decoded)

    def _end_with(self, error: UnreadableError) -> None:
        """Of a file that holds a secret nothing is told but that."""
        if error.trouble in SECRETS:
            self.shown.clear()
            self.problems.clear()
            self.asides.clear()
        self.problems.append(Problem(trouble=error.trouble, where=error.where))

    def _to_certificates(self) -> tuple[Certificate, ...]:
        own = [one for one in self.shown if not one.is_ca or one.certificate.fingerprint in self.signers] or self.shown
        if not self.trust.authorities:
            return tuple([one.certificate for one in own])
        chain = [*self.companions, *(one.source for one in self.shown if one.is_ca)]
        return tuple([_recognised(one, self.trust, chain) for one in own])


def _service_of(certificate: Structure) -> Trouble | None:
    """What a certificate of a service is good for, where stamping times or telling states is all its key may do."""
    try:
        purposes = extensions.purposes(certificate)
    except MalformedError:
        return None
    return _SERVICES[min(purposes)] if purposes and purposes <= _SERVICES.keys() else None


def _recognised(decoded: Decoded, trust: TrustStore, companions: list[Structure]) -> Certificate:
    """An issuer's name that a pinned CA gives the lie to is not the government's."""
    known = recognise(decoded.source, trust, companions)
    if known is None:
        return decoded.certificate
    kind = Issuer.UNKNOWN if known is Recognition.INVALID else decoded.certificate.issuer_kind
    return decoded.certificate.model_copy(update={"recognition": known, "issuer_kind": kind})
