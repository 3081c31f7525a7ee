"""LibreOffice without a window and with its own profile, to open files as an office would."""

import subprocess
import tempfile
from pathlib import Path

from tests.support.programs import program

#: Seconds for a conversion; the first start creates the profile.
SECONDS = 100


def converted(path: Path, to: str, *options: str) -> Path:
    """Convert a file to another format, such as ``pdf`` or ``csv:...``, in a folder ``converted`` beside it."""
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
    """Return the text of a document by page, by way of PDF."""
    pdf = converted(path, "pdf")
    done = subprocess.run(
        [program("pdftotext"), "-layout", str(pdf), "-"], capture_output=True, timeout=SECONDS, check=True
    )
    return done.stdout.decode()
