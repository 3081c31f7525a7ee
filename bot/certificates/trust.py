"""The CA certificates the operator installed: ``<folder>/<SHA-256>.crt``, PEM or DER.

A file is believed only where its content has the fingerprint its name says, so a swapped file is not loaded. Files get
there through ``install``, which takes a CA that is pinned here or whose fingerprint the operator gives.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from bot.certificates import names
from bot.certificates.errors import FingerprintMismatchError, NotACaError, NotInstalledError, UnpinnedError
from bot.certificates.pins import PINS
from bot.certificates.structure import Structure, cut

#: Bytes of a file with one certificate; a larger one, or a device that never ends, is none.
_LARGEST = 1 << 20
_NOT_HEX = re.compile(r"[^0-9A-F]")
_NOTATION = re.compile(r"[0-9A-Fa-f: -]+")
_SUFFIX = ".crt"


@dataclass(frozen=True)
class TrustStore:
    """Installed CA certificates; each one is a trust anchor."""

    authorities: tuple[x509.Certificate, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> "TrustStore":
        """All believable CA files of a folder; a folder that does not exist holds none."""
        files = sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else []
        return cls(tuple(ca for file in files if (ca := _believed(file))))

    @cached_property
    def structures(self) -> tuple[Structure, ...]:
        """The installed CAs as certificates of strangers are held against them."""
        return tuple(cut(ca.public_bytes(Encoding.DER)) for ca in self.authorities)

    @cached_property
    def fingerprints(self) -> frozenset[str]:
        """SHA-256 of every installed CA, upper-case hex."""
        return frozenset(fingerprint(ca) for ca in self.authorities)


EMPTY = TrustStore()


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER, upper-case hex without separators."""
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
        OSError: the file cannot be read or the folder not written.
    """
    authority = _authority(file)
    actual = fingerprint(authority)
    if declared is not None and normalised(declared) != actual:
        raise FingerprintMismatchError(file.name, actual)
    if declared is None and actual not in PINS:
        raise UnpinnedError(file.name, actual)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / f"{actual}{_SUFFIX}").write_bytes(authority.public_bytes(Encoding.PEM))
    return authority


def remove(start: str, folder: Path) -> str:
    """Remove the one installed CA whose fingerprint starts so; its fingerprint. Raises ``NotInstalledError``."""
    wanted = normalised(start) if _NOTATION.fullmatch(start) else ""
    installed = [file for file in folder.glob(f"*{_SUFFIX}") if wanted and file.stem.startswith(wanted)]
    if len(installed) != 1:
        raise NotInstalledError(start)
    installed[0].unlink()
    return installed[0].stem


def normalised(text: str) -> str:
    """A fingerprint as people write it (colons, blanks, lower case), in upper-case hex."""
    return _NOT_HEX.sub("", text.upper())


def _believed(file: Path) -> x509.Certificate | None:
    try:
        authority = _authority(file)
    except (NotACaError, OSError):
        return None
    return authority if fingerprint(authority) == file.stem else None


def _authority(file: Path) -> x509.Certificate:
    with file.open("rb") as stream:
        data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise NotACaError(file.name)
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


def title(authority: x509.Certificate) -> str:
    """What a CA is called, fit to be shown."""
    return names.title(names.decode(cut(authority.public_bytes(Encoding.DER)).subject)[0])
