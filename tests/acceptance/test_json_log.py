"""With TROLY_LOG_FORMAT=json everything that a program prints is a line of JSON."""

import asyncio
import json
import socket
import sys
from pathlib import Path


async def test_from_its_first_line_to_the_error_it_ends_with_a_program_prints_json(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = {
            "TROLY_DATA_DIR": str(tmp_path / "data"),
            "TROLY_STATE_DIR": str(tmp_path / "state"),
            "TROLY_LOG_FORMAT": "json",
            "TROLY_WEB_LISTEN": f"127.0.0.1:{taken.getsockname()[1]}",
            "TROLY_WEB_PRIVATE_LISTEN": "",
        }
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=settings, cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        printed, _ = await asyncio.wait_for(program.communicate(), 60)
    lines = [json.loads(line) for line in printed.splitlines()]
    assert program.returncode == 2
    assert "keys.json" in lines[0]["event"]
    assert "TROLY_WEB_LISTEN" in lines[-1]["event"]
