"""The dossier of 200 certificates: from files to the folder, with time and memory of the command and its children."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.result import Result
from tests.support.pki import make_personal

_CERTIFICATES = 200
SECONDS, MEGABYTES = 10.0, 300
_FACTS = {"events": ["merged_into_new"], "information_matches": False, "token": "in_hand", "key_exposed": False}


def run() -> list[Result]:
    """Make it once; every fourth officer has left or lost a token."""
    with tempfile.TemporaryDirectory() as folder:
        seconds, memory, rows = _make(Path(folder))
    name = f"the dossier of {_CERTIFICATES} certificates"
    whole = rows == _CERTIFICATES
    return [
        Result(name, seconds, None, "s", None, f"under {SECONDS:.0f}", whole and seconds < SECONDS),
        Result(f"{name}, memory", memory, None, "MB", None, f"under {MEGABYTES}", whole and memory < MEGABYTES),
    ]


def _name(number: int) -> str:
    return f"Nguyễn Văn {chr(65 + number % 26)} {chr(65 + number // 26)}"


def _make(folder: Path) -> tuple[float, float, int]:
    """Return seconds, megabytes, and how many certificates were decided."""
    people: dict[str, dict[str, object]] = {}
    for number in range(_CERTIFICATES):
        serial = 0xC000 + number
        file = folder / f"{number:03}.cer"
        file.write_bytes(make_personal(_name(number), serial=serial, email=f"cb{number}@dongnai.gov.vn"))
        if number % 4 == 0:
            people[f"{serial:X}"] = {"token": "lost"} if number % 8 else {"events": ["left_state_service"]}
    facts = folder / "facts.json"
    facts.write_text(json.dumps({**_FACTS, "people": people}))
    command = [sys.executable, "-m", "bot", "dossier", "--facts", str(facts), "--out", str(folder / "out"), "--json"]
    environment = {**os.environ, "TROLY_DATA_DIR": str(folder / "data")}
    begun = time.monotonic()
    with subprocess.Popen(
        [*command, *map(str, sorted(folder.glob("*.cer")))], env=environment, stdout=subprocess.PIPE
    ) as started:
        printed = started.stdout.read() if started.stdout else b""
        _, _, used = os.wait4(started.pid, 0)
        started.returncode = 0
    taken = time.monotonic() - begun
    told = json.loads(printed)
    decided = sum(one["status"] == "decided" for one in told["certificates"])
    return taken, used.ru_maxrss / 1024, decided
