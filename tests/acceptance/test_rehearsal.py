"""A rehearsal on Telegram: the made-up province over a real channel, and every message says so."""

import asyncio
import re
import sys
from pathlib import Path

from tests.support.telegram.api import BotApi

BANNER = "DIỄN TẬP – dữ liệu giả"


async def troly(folder: Path, api: BotApi, *arguments: str) -> asyncio.subprocess.Process:
    known = {
        "TROLY_DATA_DIR": str(folder / "data"),
        "TROLY_TELEGRAM_TOKEN": api.token,
        "TROLY_TELEGRAM_API_URL": api.url,
        "TROLY_WEB_LISTEN": "",
        "TROLY_LANGUAGE": "vi",
        "PYTHONUNBUFFERED": "1",
        "PATH": "",
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=folder,
        env=known,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def test_a_rehearsal_hands_out_the_roles_and_marks_every_message(tmp_path: Path) -> None:
    async with BotApi.start() as api:
        program = await troly(tmp_path, api, "demo", "--telegram", "--officers", "20", "--units", "12")
        assert program.stdout is not None
        try:
            codes = []
            while len(codes) < 3:
                line = (await asyncio.wait_for(program.stdout.readline(), 60)).decode()
                codes += re.findall(r"/start ([a-z2-7]{32})", line)
            lan = api.user("Lan")
            await lan.says(f"/start {codes[1]}")
            shown = await lan.hears_until(lambda one: "Tôi đồng ý" in "".join(one.labels), 30)
            await lan.taps(next(label for label in shown.labels if "đồng ý" in label), shown)
            shown = await lan.hears_until(lambda one: "Bàn làm việc" in one.text)
            assert {BANNER in one.text for one in lan.chat.history if one.kind == "message"} == {True}
        finally:
            program.terminate()
            await asyncio.wait_for(program.wait(), 30)


async def test_what_is_real_is_never_rehearsed_with(tmp_path: Path) -> None:
    async with BotApi.start() as api:
        migrated = await troly(tmp_path, api, "admins", "add", "terminal:chu")
        assert await asyncio.wait_for(migrated.wait(), 60) == 0
        program = await troly(tmp_path, api, "demo", "--telegram", "--officers", "20", "--units", "12")
        assert await asyncio.wait_for(program.wait(), 60) != 0
        assert api.calls_of("getUpdates") == []
