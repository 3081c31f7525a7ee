"""1,000 chats talking at once: no reply is lost or out of order, and the program stays small."""

import asyncio
import tempfile
from pathlib import Path

import psutil

from locales import translator
from tests.bench.result import Result
from tests.support.pki import issue
from tests.support.program import run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.entities import parse
from tests.support.telegram.limits import Limits
from tests.support.telegram.user import User

CHATS = 1000
#: Said without waiting for the answers, so that their order is put to the test.
LINES = ("/visao", "/xemlai", "/huy", "/trogiup", "/vanban")
MEMORY = 200.0  #: MB, of the program and its children
PATIENCE = 120.0


class Memory:
    """The most that was resident, looked at ten times a second."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.peak = 0.0

    async def watch(self) -> None:
        while True:
            family = [self._process, *self._process.children(recursive=True)]
            self.peak = max(self.peak, sum(one.memory_info().rss for one in family) / 1e6)
            await asyncio.sleep(0.1)


async def talk(user: User, certificate: bytes) -> list[str]:
    """Greeting, consent, a certificate file, then all lines in one breath; every text that came back."""
    agree, _ = parse(translator("vi")("I agree, let us begin"), None)
    await user.says("/start")
    await user.hears(PATIENCE)
    await user.taps(agree)
    await user.hears_until(lambda shown: shown.kind == "message", PATIENCE)
    await user.sends_file(certificate, "chứng thư.cer")
    await user.hears(PATIENCE)
    for line in LINES:
        await user.says(line)
    for _ in LINES:
        await user.hears(PATIENCE)
    return [shown.text for shown in user.chat.history]


async def _measure(folder: Path) -> tuple[int, float]:
    """Chats that heard something else than a chat alone, and the peak of memory in MB."""
    settings = {"TROLY_LOG_LEVEL": "WARNING"}
    async with BotApi.start(limits=Limits.off()) as api, run_program(api, folder, settings) as program:
        certificate = issue().der
        alone = await talk(api.user("một mình"), certificate)
        memory = Memory(program.pid)
        watching = asyncio.create_task(memory.watch())
        heard = await asyncio.gather(*(talk(api.user(f"Người {number}"), certificate) for number in range(CHATS)))
        watching.cancel()
        await asyncio.sleep(1)  # whatever is said too often is heard now
        others = [api.user(f"Người {number}").chat for number in range(CHATS)]
        wrong = sum(one != alone or bool(chat.unheard) for one, chat in zip(heard, others, strict=True))
        return wrong, memory.peak


def run() -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        wrong, memory = asyncio.run(_measure(Path(folder)))
    order = "no reply lost or out of order"
    return [
        Result(f"{CHATS:,} chats at once: chats with a wrong answer", wrong, None, "chats", None, order, wrong == 0),
        Result(f"{CHATS:,} chats at once: memory", memory, None, "MB", None, f"under {MEMORY:.0f}", memory < MEMORY),
    ]
