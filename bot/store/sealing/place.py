"""Where a sealed value belongs."""

from typing import NamedTuple


class Place(NamedTuple):
    """Table, column and row of a value; opened anywhere else, it does not open."""

    table: str
    column: str
    row: str

    def bound(self) -> bytes:
        """The additional authenticated data of AES-GCM (NIST SP 800-38D); no part holds the separator."""
        return "\x1f".join(self).encode()
