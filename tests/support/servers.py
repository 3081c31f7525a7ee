"""Servers of others that tests start and kill: NATS, and PgBouncer before PostgreSQL."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from pwd import getpwuid

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


def _wait_for_port(port: int) -> None:
    until = time.monotonic() + _SECONDS
    while True:
        with closing(socket.socket()) as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < until, f"nothing listens on port {port}"
        time.sleep(0.02)
