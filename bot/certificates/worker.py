"""The process that reads files of strangers: ``python -m bot.certificates.worker MEMORY SECONDS [TRUST_FOLDER]``.

It gets a file as a frame on standard input and answers with a reading as JSON on standard output; it knows no setting,
no secret and no chat. It ends when its input ends, when
its parent ends, and over a file that takes longer than the seconds given.
"""

import gc
import os
import sys
from pathlib import Path
from typing import BinaryIO

from bot.bounds import at_most, bound_memory, end_with_parent, give_way
from bot.certificates.frames import LENGTH, READY, frame
from bot.certificates.reading import read
from bot.certificates.trust import EMPTY, TrustStore


def main(arguments: list[str]) -> None:
    """Serve until the input ends."""
    memory, seconds, *folders = arguments
    # What a library prints must not be taken for an answer.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        trust = TrustStore.load(Path(folders[0])) if folders else EMPTY
        end_with_parent()
        give_way()
        bound_memory(int(memory))
        _serve(sys.stdin.buffer, answers, trust, float(seconds))


def _serve(files: BinaryIO, answers: BinaryIO, trust: TrustStore, seconds: float) -> None:
    gc.freeze()  # what was imported is never garbage; without it every collection walks all of it
    _answer(answers, READY)
    while header := files.read(LENGTH.size):
        (length,) = LENGTH.unpack(header)
        data = files.read(length)
        with at_most(seconds):
            answer = read(data, trust=trust).model_dump_json().encode()
        _answer(answers, answer)
        gc.collect()


def _answer(answers: BinaryIO, payload: bytes) -> None:
    answers.write(frame(payload))
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
