"""``docs/operations.md`` as an operator follows it: each command of the page, in its order, from an empty machine.

The folders of the page lie below a temporary one; database, NATS, Prometheus and processes are real, the Bot API is
made up. A person goes on talking through all of it.
"""

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from bot.store import AbandonedRow
from handlers.model import AlarmKind
from tests.acceptance.officer import Officer
from tests.acceptance.processes import WorkerProcess
from tests.support.database import client_programs
from tests.support.fork_server import ForkServer
from tests.support.load import wait_for
from tests.support.program import Program
from tests.support.programs import find_program, needs
from tests.support.servers import nats_server
from tests.support.telegram.api import BotApi
from tests.support.web import free_port

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operations.md"
SOURCE = "/usr/local/src/troly"
_BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
#: The folders of the page, which lie below the temporary one here.
_FOLDERS = re.compile(r"(?<![\w.])/(?=(?:usr/local|var/lib|etc|srv|media|tmp)/)")
#: Commands that need root, a network or a system with services, and what stands in for each.
STANDS_IN = {
    "apt-get": "tools/programs.sh, which brings the same programs for the tests",
    "useradd": "the user of the tests",
    "python3": "the environment of the tests, as make setup makes it",
    "pip": "the same, which has the extras that the page names",
    "systemctl": "Machine.systemctl, which does what the units say; systemd reads them in test_deploy.py",
    "journalctl": "the log that the process writes here",
    "runuser": "a database of the test server",
    "curl": "httpx",
    "troly keys rotate": "its steps, without the 20 seconds for which it waits",
}


def blocks() -> Iterator[tuple[str, str]]:
    """Yield the language and the text of each block of the page."""
    return ((language, text) for language, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8")))


def commands() -> list[str]:
    """Return every command of the page, in order."""
    return [line.strip() for language, text in blocks() if language == "sh" for line in text.splitlines()]


def _told(line: str) -> str:
    """Return under which name of ``STANDS_IN`` a command stands, or its program."""
    known = (name for name in STANDS_IN if re.match(rf"(?:\S*/)?{re.escape(name)}\b", line))
    return next(known, shlex.split(line)[0])


def test_what_stands_in_for_a_command_is_named_and_nothing_else() -> None:
    told = {_told(line) for line in commands()}
    assert told - STANDS_IN.keys() == {"cd", "env", "install", "mv", "promtool", "troly"}
    assert STANDS_IN.keys() <= told


def test_the_page_installs_extras_that_exist() -> None:
    named = {name for line in commands() for found in re.findall(r"\.\[(.+?)\]", line) for name in found.split(",")}
    known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert named == {"charts", "nats", "postgresql"} <= known.keys()


def test_no_alarm_of_the_owners_is_missing_on_the_page_and_none_is_made_up() -> None:
    tables = PAGE.read_text(encoding="utf-8").partition("The owners are told in their chats")[2].partition("\n## ")[0]
    first = "".join(line.split("|")[1] for line in tables.splitlines() if line.startswith("| `"))
    assert sorted(re.findall(r"`(\w+)`", first)) == sorted([*AlarmKind, *AbandonedRow, "unreadable"])


def test_a_command_gets_the_user_and_the_settings_of_the_service(tmp_path: Path) -> None:
    (tmp_path / "systemd-run").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "systemd-run").chmod(0o755)
    wrapper = ROOT / "deploy" / "troly"
    done = subprocess.run(
        [str(wrapper), "units", "find", "xã  A"], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, cwd=tmp_path,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    given = done.stdout.splitlines()
    unit = (ROOT / "deploy" / "troly.service").read_text(encoding="utf-8")
    (environment,) = re.findall(r"^Environment=(.*)$", unit, re.MULTILINE)
    folders = [one for one in environment.split() if "_DIR=" in one]
    assert [one.removeprefix("--setenv=") for one in given if one.startswith("--setenv")] == folders
    for line in ("User=troly", "EnvironmentFile=/etc/troly/troly.env", "UMask=0077"):
        assert line in unit.splitlines()
        assert f"--property={line}" in given
    assert f"--property=WorkingDirectory=-{tmp_path}" in given
    assert given[-4:] == ["/usr/local/lib/troly/bin/troly", "units", "find", "xã  A"]
    assert "ExecStart=/usr/local/lib/troly/bin/troly run" in unit


@dataclass
class Machine:
    """A machine on which the page is followed."""

    home: Path
    api: BotApi
    start: ForkServer
    database: str  #: URL of an empty one
    nats: str
    lan: Officer
    services: dict[str, Program] = field(default_factory=dict)
    prometheus: "subprocess.Popen[bytes] | None" = None
    private: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    watched: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    folder: Path = ROOT

    def __post_init__(self) -> None:
        for folder in ("usr/local/bin", "etc/systemd/system", "var/lib", "media", "srv", "tmp"):
            (self.home / folder).mkdir(parents=True)
        self.surroundings = {
            "PATH": os.environ["PATH"],
            "TROLY_TELEGRAM_API_URL": self.api.url,
            "TROLY_WEB_LISTEN": f"127.0.0.1:{free_port()}",
            "TROLY_WEB_PRIVATE_LISTEN": self.private,
            "TROLY_RETENTION_DAYS": "3650",
            "TROLY_DATA_DIR": str(self.home / "var/lib/troly"),
            "TROLY_STATE_DIR": str(self.home / "var/lib/troly-state"),
        }

    def here(self, text: str) -> str:
        """Return a text of the page with what it names as it is on this machine."""
        for there, here in (
            ("postgresql:///troly?host=/var/run/postgresql", self.database),
            ("nats://127.0.0.1:4222", self.nats),
            ("127.0.0.1:8081", self.private),
            ("123456789:the-token-of-BotFather", self.api.token),
            ("--owner troly ", ""),
        ):
            text = text.replace(there, here)
        # The project may itself lie in a folder of such a name: it is put in where all others are moved.
        return str(ROOT).join(_FOLDERS.sub(f"{self.home}/", part) for part in text.split(SOURCE))

    @property
    def settings(self) -> dict[str, str]:
        """Return what the service is started with."""
        file = self.home / "etc/troly/troly.env"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return {**self.surroundings, **dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")}

    def write(self, text: str) -> None:
        """Append a block to the file that its first line names."""
        first, _, rest = text.partition("\n")
        file = self.home / first.removeprefix("# /")
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as opened:
            opened.write(self.here(rest))

    async def follow(self, line: str) -> None:
        """Do as a line of the page says; it must succeed."""
        told, words = _told(line), shlex.split(self.here(line))
        if told == "troly keys rotate":
            for step in ("add", "use", "reseal"):
                await self.troly("keys", step)
        elif told == "troly":
            await self.troly(*words[1:])
        elif told == "env":
            given = dict(word.split("=", 1) for word in words[1:] if word.startswith("TROLY_"))
            await self.troly(*words[2 + len(given) :], **given)
        elif told == "systemctl":
            await self.systemctl(*[word for word in words[1:] if word not in {"--now", "--signal"}])
        elif told == "curl":
            async with httpx.AsyncClient() as client:
                (await client.get(words[-1])).raise_for_status()
        elif told == "cd":
            self.folder = Path(words[1])
        elif told not in STANDS_IN:
            await self.run(shutil.which(words[0]) or find_program(words[0]), *words[1:])

    async def run(self, *words: str, **environment: str) -> None:
        """Run a program, while the platform and the services answer."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *words, cwd=self.folder, env=environment or None, stdout=pipe, stderr=asyncio.subprocess.STDOUT
        )
        printed, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, f"{words}\n{printed.decode()}"

    async def troly(self, *words: str, **given: str) -> None:
        """Give a command as ``deploy/troly`` does."""
        await self.run(sys.executable, "-m", "bot", *words, **{**self.settings, "TROLY_LANGUAGE": "en", **given})

    async def systemctl(self, verb: str, *names: str) -> None:
        if verb == "daemon-reload":
            return
        if verb == "kill":
            assert names[0] == "KILL"
            names = names[1:]
        for name in names:
            if name == "prometheus":
                self.start_prometheus()
            elif verb == "status":
                assert self.services[name].running
            else:
                await self._change(verb, name)

    async def _change(self, verb: str, name: str) -> None:
        service = self.services.get(name)
        if service and service.running:
            if verb == "kill":
                assert "Restart=on-failure" in (ROOT / "deploy" / f"{name}.service").read_text(encoding="utf-8")
                await service.kill()
            elif verb != "start":
                await service.stop()
                assert service.printed().rstrip().rpartition("\n")[2].count("worker_left"), service.printed()
        if verb not in {"stop", "disable"}:
            await self._launch(name)

    async def _launch(self, name: str) -> None:
        """Start what the unit of that name starts, and let a person hear from it."""
        if name.startswith("troly-worker@"):
            folder, kind = self.home / "var/lib" / name.replace("@", "-"), WorkerProcess
            own = {"TROLY_DATA_DIR": str(folder), "TROLY_KEY_FILE": str(self.home / "var/lib/troly/keys.json")}
            own |= {"TROLY_STATE_DIR": str(folder / "state"), "TROLY_WEB_PRIVATE_LISTEN": ""}
        else:
            folder, kind, own = self.home / "var/lib/troly-state", Program, {}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "program.log").touch()
        self.services[name] = service = kind(self.api, folder, {**self.settings, **own}, self.start)
        await service.launch_and_wait()
        if name == "troly":
            await (self.lan.says("/trogiup") if self.lan.user.chat.history else self.lan.consents())

    def start_prometheus(self) -> None:
        """Start it over the page's file, looking more often than it would."""
        folder = self.home / "etc/prometheus"
        often = "global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}\n"
        (folder / "quick.yml").write_text(often + (folder / "prometheus.yml").read_text(encoding="utf-8"))
        options = ("--config.file=quick.yml", "--storage.tsdb.path=series", f"--web.listen-address={self.watched}")
        with (folder / "log").open("wb") as log:
            self.prometheus = subprocess.Popen(
                (find_program("prometheus"), *options), cwd=folder, stdout=log, stderr=log
            )

    def is_watched(self) -> bool:
        """Return whether Prometheus has read the assistant and knows our alarms."""
        try:
            up = httpx.get(f"http://{self.watched}/api/v1/query", params={"query": 'up{job="troly"} * troly_store_up'})
            rules = httpx.get(f"http://{self.watched}/api/v1/rules")
        except httpx.TransportError:
            return False
        values = [one["value"][1] for one in up.json().get("data", {}).get("result", [])]
        return values == ["1"] and "TrolyDown" in rules.text


@pytest.fixture
def machine(
    api: BotApi, tmp_path: Path, fast_start: ForkServer, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    client_programs(monkeypatch)
    with ExitStack() as stack:
        server = stack.enter_context(nats_server())
        made = Machine(tmp_path, api, fast_start, empty_postgres_url, server.url, Officer(api.user("Lan")))
        stack.callback(_end, made)
        yield made


def _end(machine: Machine) -> None:
    if machine.prometheus is not None:
        machine.prometheus.kill()
        machine.prometheus.wait()


@pytest.mark.postgres
@pytest.mark.timeout(300)  # some fifty commands and a dozen starts, beside whatever else runs
@needs("nats-server", "prometheus", "promtool")
async def test_the_page_is_followed_from_an_empty_machine_to_its_end(machine: Machine) -> None:
    write: dict[str, Callable[[str], None]] = {"ini": machine.write, "yaml": machine.write}
    try:
        for language, text in blocks():
            if language in write:
                write[language](text)
                continue
            for line in text.splitlines():
                await machine.follow(line.strip())
        assert await wait_for(machine.is_watched, 20)
        assert await machine.services["troly"].stop() == 0
        assert [one.printed() for one in machine.services.values() if "Traceback" in one.printed()] == []
    finally:
        for service in machine.services.values():
            await service.kill()
