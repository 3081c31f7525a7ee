"""Every file of ``cryptography_vectors`` gives certificates or a typed trouble, in this process."""

import warnings
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography import x509

from bot.certificates.parsing import read
from handlers.model import FileProblemKind, Reading

pytestmark = pytest.mark.corpus
ROOT = Path(cryptography_vectors.__file__).parent


def _files() -> Iterator[Path]:
    return (file for file in sorted(ROOT.rglob("*")) if file.is_file() and file.suffix not in {".py", ".pyc"})


@cache
def _readings() -> dict[Path, Reading]:
    return {file.relative_to(ROOT): read(file.read_bytes(), file.name) for file in _files()}


def test_every_file_gives_certificates_or_a_typed_trouble() -> None:
    silent = [str(file) for file, reading in _readings().items() if not (reading.certificates or reading.problems)]
    assert not silent
    assert len(_readings()) > 2_500


def _counted(suffix: str) -> Counter[FileProblemKind | str]:
    """Per trouble, the files of a suffix; ``read`` counts those that gave a certificate."""
    counts: Counter[FileProblemKind | str] = Counter()
    for file, reading in _readings().items():
        if file.suffix == suffix:
            counts.update({"read"} if reading.certificates else {problem.trouble for problem in reading.problems})
    return counts


#: suffix -> what became of its files. The numbers are those of the release in constraints.txt.
TABLE: dict[str, dict[FileProblemKind | str, int]] = {
    ".crt": {"read": 405},
    ".eml": {"read": 224},
    ".p7b": {"read": 1},
    ".p12": {FileProblemKind.PKCS12: 436},
    ".key": {FileProblemKind.PRIVATE_KEY: 13},
    ".crl": {FileProblemKind.STATUS: 173},
    ".pem": {
        "read": 117,
        FileProblemKind.END_UNREADABLE: 1,  # a day that is none
        FileProblemKind.SUBJECT_UNREADABLE: 1,  # the only value of the name has a tag of no string type
        FileProblemKind.SEALED: 3,
        FileProblemKind.STATUS: 21,
        FileProblemKind.REQUEST: 18,
        FileProblemKind.PUBLIC_KEY: 28,
        FileProblemKind.NO_CERTIFICATE: 3,
        FileProblemKind.PRIVATE_KEY: 100,
    },
    ".der": {
        "read": 16,
        FileProblemKind.SEALED: 1,
        FileProblemKind.STATUS: 20,
        FileProblemKind.REQUEST: 8,
        FileProblemKind.PUBLIC_KEY: 19,
        FileProblemKind.NO_CERTIFICATE: 15,
        FileProblemKind.PRIVATE_KEY: 27,
    },
}


@pytest.mark.parametrize(("suffix", "counts"), TABLE.items())
def test_files_of_a_kind_end_as_counted(suffix: str, counts: dict[FileProblemKind | str, int]) -> None:
    assert _counted(suffix) == counts


def _loaded(data: bytes) -> x509.Certificate | None:
    load = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
    with warnings.catch_warnings(action="ignore"):
        try:
            return load(data)
        except (ValueError, x509.InvalidVersion):
            return None


def test_what_the_library_loads_is_read_or_refused_for_the_key_beside_it() -> None:
    outcomes = Counter[str]()
    for file in _files():
        if file.suffix in {".crt", ".pem", ".der"} and _loaded(file.read_bytes()):
            reading = _readings()[file.relative_to(ROOT)]
            outcomes["read" if reading.certificates else reading.problems[0].trouble.value] += 1
    assert outcomes == {"read": 529, "subject_unreadable": 1, "private_key": 3}
