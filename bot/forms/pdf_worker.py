"""Convert the Word files of a folder to PDF: ``python -m bot.forms.pdf_worker CONVERTER FOLDER SECONDS``.

LibreOffice is a child of this process and dies with it. It is given a new profile, so that no setting, macro or add-on
has a say, and no other LibreOffice of the same user is disturbed.
"""

import os
import resource
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from bot.process_sandbox import exit_with_parent, give_way

#: LibreOffice's own word for "start me again": the first start with a new profile may end so.
_START_AGAIN = 81
_LIMITS = {
    resource.RLIMIT_CPU: 120,
    resource.RLIMIT_AS: 4 * 1024**3,
    resource.RLIMIT_FSIZE: 200 * 1024**2,
    resource.RLIMIT_CORE: 0,
}


def main(arguments: list[str]) -> int:
    """Return the exit status of the conversion."""
    converter, folder, seconds = arguments
    exit_with_parent()
    give_way()
    os.umask(0o077)
    documents = sorted(str(path) for path in Path(folder).glob("*.docx"))
    with tempfile.TemporaryDirectory(dir=folder) as profile:
        command = [
            _find_binary(converter), f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--norestore",
            "--nolockcheck", "--nodefault", "--convert-to", "pdf:writer_pdf_Export", "--outdir", folder, *documents,
        ]  # fmt: skip
        status = _run(command, profile, float(seconds))
        return _run(command, profile, float(seconds)) if status == _START_AGAIN else status


def _find_binary(converter: str) -> str:
    """Return the program itself: the script before it starts it as a grandchild, which would outlive us."""
    binary = Path(converter).resolve().with_name("soffice.bin")
    return str(binary) if binary.is_file() else converter


def _run(command: list[str], profile: str, seconds: float) -> int:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": profile, "TMPDIR": profile, "LANG": "C.UTF-8"}
    with subprocess.Popen(  # noqa: S603 - our own command; the texts are in the files
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, preexec_fn=_confine,  # noqa: PLW1509 - this process has one thread
    ) as process:  # fmt: skip
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return process.wait()


def _confine() -> None:
    exit_with_parent()
    for limit, most in _LIMITS.items():
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
