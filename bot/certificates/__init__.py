"""Errors of certificate reading.

::

    TrolyError (bot.errors)
    └── CertificatesError
        ├── UnreadableError              bytes without a readable certificate; carries the ``FileProblemKind``
        │   └── SecretError              bytes with a private key; the whole file is refused
        ├── MalformedError               a part of a certificate is malformed; never leaves the package
        └── TrustError                   a CA file cannot be installed or removed
            ├── NotACaError
            ├── UnpinnedError
            ├── FingerprintMismatchError
            └── NotInstalledError
"""

from dataclasses import dataclass

from bot.errors import TrolyError
from handlers.model import SECRET_PROBLEMS, FileProblemKind
from locales import N_


class CertificatesError(TrolyError):
    """A certificate file cannot be used."""


class UnreadableError(CertificatesError):
    """These bytes give no certificate."""

    def __init__(self, trouble: FileProblemKind) -> None:
        super().__init__()
        self.trouble = trouble
        self.where = ""  #: the name of the archive entry, filled in on the way up

    @property
    def ends_reading(self) -> bool:
        """Return whether reading must stop: the bytes hold a secret, or a limit is used up."""
        return self.trouble in SECRET_PROBLEMS or self.trouble is FileProblemKind.TOO_MUCH_UNPACKED


class SecretError(UnreadableError):
    """These bytes hold a private key."""


class MalformedError(CertificatesError):
    """A part of the certificate is not written as it must be."""


class TrustError(CertificatesError):
    """This CA file cannot be used."""


class NotACaError(TrustError):
    """The file is not one CA certificate."""

    def __init__(self, file: str) -> None:
        super().__init__(N_("{file}: this is not one CA certificate (PEM or DER). Nothing was installed."), file=file)


class UnpinnedError(TrustError):
    """The CA is not among those known by fingerprint."""

    def __init__(self, file: str, fingerprint: str) -> None:
        super().__init__(
            N_(
                "{file}: this CA is not one of those known by fingerprint. Its SHA-256 fingerprint is {fingerprint}. "
                "Compare it with the one its owner publishes; if they are the same, add it with "
                "--fingerprint {fingerprint}. Nothing was installed."
            ),
            file=file,
            fingerprint=fingerprint,
        )


class FingerprintMismatchError(TrustError):
    """The CA has another fingerprint than the one given."""

    def __init__(self, file: str, fingerprint: str) -> None:
        super().__init__(
            N_("{file}: its SHA-256 fingerprint is {fingerprint}, not the one given. Nothing was installed."),
            file=file,
            fingerprint=fingerprint,
        )


class NotInstalledError(TrustError):
    """No installed CA has this fingerprint."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(
            N_("No single installed CA has a fingerprint that starts with {fingerprint}. See: troly trust list"),
            fingerprint=fingerprint,
        )


MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one file; a file beyond one of them gives a typed problem, never an exception."""

    file: int = 20 * MEBIBYTE  #: bytes
    entries: int = 200  #: entries of an archive; also the most certificates taken from one file
    unpacked: int = 50 * MEBIBYTE  #: bytes that come out of an archive, counted while they come
    seconds: float = 5.0  #: wall clock in the worker
    memory: int = 256 * MEBIBYTE  #: bytes of address space a worker may add to what it starts with


LIMITS = Limits()
