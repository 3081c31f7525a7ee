"""LibreOffice, without a window and with a profile of its own: opens what the program writes as an office would."""

import subprocess
import tempfile
from pathlib import Path

from tests.support.programs import program

#: A first start makes the profile.
SECONDS = 100


def converted(path: Path, to: str, *options: str) -> Path:
    """The file in another format, such as ``pdf`` or ``csv:...``, in a folder ``converted`` beside it."""
    out = path.parent / "converted"
    with tempfile.TemporaryDirectory() as profile:
        command = [program("soffice"), f"-env:UserInstallation=file://{profile}", "--headless", *options]
        done = subprocess.run(
            [*command, "--convert-to", to, "--outdir", str(out), str(path)],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    made = out / f"{path.stem}.{to.partition(':')[0]}"
    assert made.exists(), done.stdout + done.stderr
    return made


def text_of(path: Path) -> str:
    """What a document says, by its pages: converted to PDF, and that to text."""
    pdf = converted(path, "pdf")
    done = subprocess.run(
        [program("pdftotext"), "-layout", str(pdf), "-"], capture_output=True, timeout=SECONDS, check=True
    )
    return done.stdout.decode()
