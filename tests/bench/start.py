"""A small install, a fast start, little memory; beside a bare python-telegram-bot on the same Bot API server.

Starts are measured until the first poll, one of each side in turn, in a folder that an earlier start has made. A busy
machine makes them slower by the clock; processor time hardly depends on it.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from tests.bench import telegram_peer
from tests.bench.result import Result
from tests.support.program import COMMAND, Program
from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits
from tests.support.web import free_port

ROUNDS = 7
IDLE = 3.0  #: seconds after the first poll
ROOT = Path(__file__).resolve().parents[2]
QUIET = {"TROLY_LOG_LEVEL": "WARNING"}
FIRST_POLL, DECIDE, CHAT, IDLE_MEMORY, INSTALLED = 0.6, 0.34, 1.0, 90.0, 110.0
_MEGABYTE = 1024 * 1024


@dataclass
class Side:
    """Starts of one program."""

    name: str
    command: tuple[str, ...]
    settings: dict[str, str]
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    pss: float = 0.0  #: megabytes, of all its processes together
    rss: float = 0.0

    async def start(self, api: BotApi, folder: Path, *, counts: bool) -> None:
        """Start the program and end it; the start that does not count makes the folder, and tells the idle memory."""
        program = Program(api, folder, {**QUIET, **self.settings}, self.command)
        began, before = time.perf_counter(), api.listened
        await program.launch()
        await program.until(lambda: api.listened != before)
        took, process = time.perf_counter() - began, psutil.Process(program.pid)
        spent = process.cpu_times()
        if counts:
            self.wall.append(took)
            self.processor.append(spent.user + spent.system)
        else:
            await asyncio.sleep(IDLE)
            held = [one.memory_full_info() for one in (process, *process.children(recursive=True))]
            self.pss, self.rss = (sum(getattr(one, kind) for one in held) / _MEGABYTE for kind in ("pss", "rss"))
        await program.stop()


async def _starts(folder: Path, sides: list[Side]) -> None:
    for number in range(ROUNDS + 1):
        for side in sides if number % 2 else sides[::-1]:
            async with BotApi.start(limits=Limits.off()) as api:
                place = folder / side.name
                (place / "data").mkdir(parents=True, exist_ok=True)
                await side.start(api, place, counts=number > 0)


def _command(folder: Path, name: str, script: str) -> tuple[float, float]:
    """Seconds by the clock until a command has said something, and of the processor until it ends."""
    environment = {"PATH": os.environ["PATH"], "TROLY_DATA_DIR": str(folder / name)}
    before = os.times()
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "bot", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(script.encode())
        process.stdin.close()
        assert process.stdout.read(1)
        took = time.perf_counter() - began
        process.stdout.read()
    after = os.times()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return took, used


def _commands(folder: Path) -> list[Result]:
    facts = '{"subject": "organisation"}'
    rows = []
    for name, script, most in (("decide", facts, DECIDE), ("chat", "xin chào\n", CHAT)):
        _command(folder, name, script)
        found = [_command(folder, name, script) for _ in range(ROUNDS)]
        wall, processor = (median(times) for times in zip(*found, strict=True))
        rows += [
            Result(f"troly {name}: its first word", wall, None, "s", None, f"at most {most} s", wall <= most),
            Result(f"troly {name}: processor", processor, None, "s", None, "told beside it", holds=True),
        ]
    return rows


def _installed_size(folder: Path) -> float:
    """Megabytes of a wheel and all that it needs, without pip and with everything compiled."""
    kept = subprocess.run(
        ["git", "ls-files", "bot", "handlers", "rules", "locales", "*.toml", "setup.py", "README.md", "LICENSE"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    source, place = folder / "source", folder / "installed"
    for name in filter(None, kept):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(place), "install", "--quiet", "--constraint",
         str(ROOT / "constraints.txt"), str(source)],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    files = (path for path in place.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.lstat().st_blocks * 512 for path in files) / _MEGABYTE


def run() -> list[Result]:
    ours = Side("ours", COMMAND, {})
    served = Side("served", COMMAND, {"TROLY_WEB_LISTEN": f"127.0.0.1:{free_port()}"})
    peer = Side("peer", (sys.executable, "-P", str(telegram_peer.__file__)), {})
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_starts(Path(folder), [ours, served, peer]))
        commands = _commands(Path(folder))
        size = _installed_size(Path(folder))
    rows = []
    for side, told in ((ours, "polling alone"), (served, "with the web chat")):
        wall, processor = median(side.wall), median(side.processor)
        theirs = (median(peer.wall), median(peer.processor))
        name = f"start to the first poll, {told}"
        goal = f"under {FIRST_POLL} s"
        rows += [
            Result(name, wall, theirs[0], "s", wall / theirs[0], goal, wall < FIRST_POLL),
            Result(f"{name}: processor", processor, theirs[1], "s", processor / theirs[1],
                   "told beside it", holds=True),
            Result(f"idle memory, {told}: PSS", side.pss, peer.pss, "MB", None,
                   f"under {IDLE_MEMORY:.0f} MB", side.pss < IDLE_MEMORY),
            Result(f"idle memory, {told}: RSS", side.rss, peer.rss, "MB", None, "told beside it", holds=True),
        ]  # fmt: skip
    installed = Result(
        "installed without extras", size, None, "MB", None, f"at most {INSTALLED:.0f} MB", size <= INSTALLED
    )
    return [*rows, *commands, installed]
