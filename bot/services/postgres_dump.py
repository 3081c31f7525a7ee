"""Dumps of PostgreSQL, made by its own ``pg_dump`` so that its own ``pg_restore`` can put them back as well."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bot.logs import scrub
from bot.store import BackupError, Row
from locales import N_

#: Where packages put the programs of each version, beside what ``PATH`` names.
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_MISSING = N_(
    "{program} of version {needed} or later is needed for a backup of PostgreSQL, and was not found{found}."
    " On Debian or Ubuntu: apt-get install postgresql-client-{needed}"
)
_FAILED = N_("{program} could not do its work: {why}")
_COPY = re.compile(rb"COPY [^(]+\((?P<columns>.*)\) FROM stdin;\n")
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def find_program(name: str, needed: int) -> str:
    """Return the path of a program of PostgreSQL that is no older than ``needed``.

    Raises:
        BackupError: there is none; the message says how to install it.
    """
    found: list[int] = []
    folders = [*os.get_exec_path(), *(str(path) for place in _PLACES for path in Path("/").glob(place[1:]))]
    for folder in folders:
        path = shutil.which(name, path=folder)
        version = _program_version(path) if path else 0
        if path and version >= needed:
            return path
        found += [version] if version else []
    older = f" ({name} {max(found)})" if found else ""
    raise BackupError(_MISSING, program=name, needed=needed, found=older)


@cache
def _program_version(path: str) -> int:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout  # noqa: S603 - found on the path
    except (OSError, subprocess.TimeoutExpired):
        return 0
    known = _VERSION.search(said)
    return int(known[1]) if known else 0


def write_dump(url: str, version: int, snapshot: str, file: Path) -> None:
    """Dump a database as another connection sees it.

    Args:
        url: The database.
        version: Major version of its server.
        snapshot: The name that the other connection exported.
        file: The file to make.

    Raises:
        BackupError: there is no program for it, or it failed; nothing of the file counts then.
    """
    known = conninfo_to_dict(url)
    password = known.pop("password", None)
    environment = {**os.environ, "PGPASSWORD": str(password)} if password else dict(os.environ)
    program = find_program("pg_dump", version)
    options = ("--format=custom", "--no-owner", "--no-privileges", "--no-password", f"--snapshot={snapshot}")
    command = [program, *options, f"--file={file}", f"--dbname={make_conninfo('', **known)}"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603 - as above
    if done.returncode != 0:
        raise BackupError(_FAILED, program="pg_dump", why=_last_line(done.stderr))


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return scrub(lines[-1]) if lines else "?"


class DumpTables:
    """The tables in a dump, read by ``pg_restore``."""

    def __init__(self, file: Path, kinds: Mapping[str, Mapping[str, str]], last: Mapping[str, int | None]) -> None:
        """Read a dump.

        Args:
            file: The dump.
            kinds: By table, behind those that it refers to, and by column, the type of PostgreSQL.
            last: By table, the last number that it gave to a row.
        """
        self._file = file
        self._kinds = kinds
        self._last = last

    def names(self) -> list[str]:
        return list(self._kinds)

    def columns(self, table: str) -> list[str]:
        return sorted(self._kinds[table])

    def last_number(self, table: str) -> int | None:
        return self._last[table]

    def rows(self, table: str) -> Iterator[Row]:
        program = find_program("pg_restore", 0)
        command = [program, "--data-only", f"--table={table}", "--file=-", str(self._file)]
        with tempfile.TemporaryFile() as errors:
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as reading:  # noqa: S603 - as above
                yield from self._parse(table, iter(reading.stdout or ()))
            if reading.returncode != 0:
                errors.seek(0)
                raise BackupError(_FAILED, program="pg_restore", why=_last_line(errors.read()))

    def _parse(self, table: str, lines: Iterator[bytes]) -> Iterator[Row]:
        kinds = self._kinds[table]
        for line in lines:
            begun = _COPY.fullmatch(line)
            if begun is None:
                continue
            given = [name.strip(' "') for name in begun["columns"].decode().split(",")]
            places = [(given.index(name), kinds[name]) for name in sorted(given)]
            for row in iter(lambda: next(lines, b"\\.\n"), b"\\.\n"):
                fields = row.rstrip(b"\n").split(b"\t")
                yield tuple(_to_value(fields[place], kind) for place, kind in places)


def _to_value(field: bytes, kind: str) -> object:
    """Return the value that COPY wrote as text: https://www.postgresql.org/docs/current/sql-copy.html ."""
    if field == rb"\N":
        return None
    if kind.startswith("int"):
        return int(field)
    if kind == "bytea":
        return bytes.fromhex(field[3:].decode())  # behind "\\x"
    plain = _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), field) if b"\\" in field else field
    return plain.decode()
