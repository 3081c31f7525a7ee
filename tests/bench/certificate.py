"""Reading certificates, against bare ``cryptography`` touching the same fields."""

import time
from collections.abc import Callable
from statistics import median

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from bot.certificates.parsing import read
from tests.bench.result import Result
from tests.support import pki
from tests.support.pki_files import make_zip

_ROUNDS, _CALLS, _ENTRIES = 201, 20, 200


def run() -> list[Result]:
    """One DER certificate into the record; a ZIP of 200."""
    return [_one_certificate(), _archive()]


def _one_certificate() -> Result:
    der = pki.make_certificate(key=pki.rsa_key())
    ours, peer = _interleaved(lambda: read(der), lambda: _bare(der))
    ratio = ours / peer
    return Result("certificate: DER into the record", ours, peer, "µs", ratio, "<= 1.5", ratio <= 1.5)


def _archive() -> Result:
    entries = {f"{n}.cer": pki.make_certificate(f"Trường Mầm non số {n}", key=pki.rsa_key()) for n in range(_ENTRIES)}
    data = make_zip(entries)
    seconds = median(_timed(lambda: read(data), 1) for _ in range(5)) / 1e6
    return Result("certificate: a ZIP of 200", seconds, None, "s", None, "< 1", seconds < 1)


def _bare(der: bytes) -> object:
    """The fields of the record and nothing else."""
    certificate = x509.load_der_x509_certificate(der)
    extensions = certificate.extensions
    return (
        [(a.oid.dotted_string, a.rfc4514_attribute_name, a.value) for a in certificate.subject],
        [(a.oid.dotted_string, a.rfc4514_attribute_name, a.value) for a in certificate.issuer],
        certificate.serial_number,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        certificate.public_key().key_size,  # type: ignore[union-attr]  # the key is RSA
        certificate.signature_algorithm_oid.dotted_string,
        extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.RFC822Name),
        [
            policy.policy_identifier.dotted_string
            for policy in extensions.get_extension_for_class(x509.CertificatePolicies).value
        ],
        extensions.get_extension_for_class(x509.BasicConstraints).value.ca,
        certificate.fingerprint(hashes.SHA256()),
    )


def _interleaved(ours: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float]:
    """Medians in microseconds per call, measured in turn so that both meet the same machine."""
    pairs = [(_timed(ours, _CALLS), _timed(peer, _CALLS)) for _ in range(_ROUNDS)]
    return median(own for own, _ in pairs), median(other for _, other in pairs)


def _timed(call: Callable[[], object], calls: int) -> float:
    """Microseconds of processor time per call: nothing here waits, and what else runs on the machine does not count."""
    start = time.process_time()
    for _ in range(calls):
        call()
    return (time.process_time() - start) / calls * 1e6
