"""How much of a stranger's file is looked at."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one file; a file beyond one of them gives a typed trouble, never an exception."""

    file: int = 20 * MEBIBYTE  #: bytes
    entries: int = 200  #: of an archive; also the most certificates taken from one file
    unpacked: int = 50 * MEBIBYTE  #: bytes that come out of an archive, counted while they come
    seconds: float = 5.0  #: wall clock in the worker
    memory: int = 256 * MEBIBYTE  #: bytes of address space a worker may add to what it starts with


LIMITS = Limits()
