"""The process that reads files of strangers: ``python -m bot.certificates.worker MEMORY [TRUST_FOLDER]``.

It gets a file as a frame on standard input and answers with a reading as JSON on standard output; it knows no setting,
no secret and no chat. It ends when its input ends.
"""

import gc
import os
import sys
from pathlib import Path
from typing import BinaryIO

from bot.certificates.frames import LENGTH, READY, frame
from bot.certificates.reading import read
from bot.certificates.trust import EMPTY, TrustStore


def main(arguments: list[str]) -> None:
    """Serve until the input ends."""
    memory, *folders = arguments
    # What a library prints must not be taken for an answer.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        trust = TrustStore.load(Path(folders[0])) if folders else EMPTY
        _bound(int(memory))
        _serve(sys.stdin.buffer, answers, trust)


def _serve(files: BinaryIO, answers: BinaryIO, trust: TrustStore) -> None:
    gc.freeze()  # what was imported is never garbage; without it every collection walks all of it
    _answer(answers, READY)
    while header := files.read(LENGTH.size):
        (length,) = LENGTH.unpack(header)
        _answer(answers, read(files.read(length), trust=trust).model_dump_json().encode())
        gc.collect()


def _answer(answers: BinaryIO, payload: bytes) -> None:
    answers.write(frame(payload))
    answers.flush()


def _bound(extra: int) -> None:
    """Let the address space grow by so many bytes and no more, where the system can hold to that."""
    try:
        import resource  # noqa: PLC0415 - Unix only

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + extra
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        return


if __name__ == "__main__":
    main(sys.argv[1:])
