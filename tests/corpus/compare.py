"""Compare our reading of certificates with that of OpenSSL and certtool: ``python -m tests.corpus.compare FOLDER...``.

Every DER file and every PEM block in the folders is read once by each program. The table says how often all agree, the
lines under it name each certificate that only we refuse, and fields that are read otherwise. Exit 1 where a certificate
that both others read is refused.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.certificates import UnreadableError
from bot.certificates.record import decode_certificate
from tests.support import programs as support_programs
from tests.support.programs import FIELDS, PeerReading

_THREADS = 2  #: each waits for one process of a peer
_SHOWN = 40  #: lines of differences


@dataclass
class Comparison:
    """What became of the certificates of some folders."""

    certificates: int = 0
    read: Counter[str] = field(default_factory=Counter)  #: by program; "all" and "both peers" besides
    agreed: dict[str, Counter[str]] = field(default_factory=lambda: {"openssl": Counter(), "certtool": Counter()})
    compared: Counter[str] = field(default_factory=Counter)  #: by peer: certificates that it and we read
    refused: list[str] = field(default_factory=list)  #: by us alone: where, and our trouble
    differing: list[str] = field(default_factory=list)

    def take(self, where: str, own: PeerReading | str, others: dict[str, PeerReading | None]) -> None:
        self.certificates += 1
        known = [name for name, other in others.items() if other is not None and other.not_after is not None]
        self.read.update(
            [*known, *(["ours"] if isinstance(own, PeerReading) else []), *(["peers"] * (len(known) == len(others)))]
        )
        if isinstance(own, str):
            self.refused += [f"{where}: {own}"] if len(known) == len(others) else []
            return
        for name in known:
            self._compare(where, name, own, others[name])

    def _compare(self, where: str, name: str, own: PeerReading, other: PeerReading | None) -> None:
        if other is None:
            return
        different = support_programs.find_differences(own, other)
        self.compared[name] += 1
        self.agreed[name].update(set(FIELDS) - set(different))
        for one in different:
            mine, theirs = (getattr(read, "emails" if one == "email" else one) for read in (own, other))
            self.differing.append(f"{where}: {one}: {mine} / {name}: {theirs}")


def read_own(der: bytes) -> PeerReading | str:
    """Our reading, or the trouble."""
    try:
        return support_programs.read_with_ours(decode_certificate(der).certificate)
    except UnreadableError as error:
        return error.trouble.value


def compare(paths: Sequence[Path], programs: dict[str, Callable[[bytes], PeerReading | None]]) -> Comparison:
    """Read all certificates with ours and with the programs."""
    result = Comparison()
    with ThreadPoolExecutor(_THREADS) as pool:
        for chunk in _chunks(support_programs.find_certificates(paths)):
            others = [pool.map(program, [der for _, der in chunk]) for program in programs.values()]
            for (where, der), *read in zip(chunk, *others, strict=True):
                result.take(where, read_own(der), dict(zip(programs, read, strict=True)))
    return result


def _chunks(found: Iterator[tuple[str, bytes]], size: int = 100) -> Iterator[list[tuple[str, bytes]]]:
    chunk: list[tuple[str, bytes]] = []
    for one in found:
        chunk.append(one)
        if len(chunk) == size:
            yield chunk
            chunk = []
    yield chunk


def table(results: dict[str, Comparison]) -> Table:
    """A row for each folder: certificates, read by each program, refused by us alone, agreement by peer and field."""
    drawn = Table("folder", "certificates", "ours", "openssl", "certtool", "only we refuse")
    for peer in ("openssl", "certtool"):
        for name in FIELDS:
            drawn.add_column(f"{name} ({peer})", justify="right")
    for folder, one in results.items():
        agreement = [f"{one.agreed[p][f]}/{one.compared[p]}" for p in ("openssl", "certtool") for f in FIELDS]
        read = [str(one.read[name]) for name in ("ours", "openssl", "certtool")]
        drawn.add_row(folder, str(one.certificates), *read, str(len(one.refused)), *agreement)
    return drawn


def main(folders: Sequence[str]) -> int:
    programs = {"openssl": support_programs.read_with_openssl, "certtool": support_programs.read_with_certtool}
    if not folders or support_programs.OPENSSL is None or support_programs.CERTTOOL is None:
        sys.stderr.write("Name folders with certificates; openssl and certtool (gnutls-bin) must be installed.\n")
        return 2
    results = {folder: compare([Path(folder)], programs) for folder in folders}
    console = Console(width=400, soft_wrap=True)
    console.print(table(results))
    for one in results.values():
        for line in [*(f"refused: {name}" for name in one.refused), *one.differing[:_SHOWN]]:
            console.print(line, markup=False, highlight=False)
    return 1 if any(one.refused for one in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
