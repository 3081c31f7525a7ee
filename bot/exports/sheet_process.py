"""The process that reads one spreadsheet: bytes on standard input, ``Sheet`` as JSON on standard output."""

import os
import sys

from bot.bounds import at_most, bound_memory, end_with_parent
from bot.exports.reading import LIMITS, read_list


def main() -> None:
    """Read it inside the limits; the process ends with the file."""
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a library prints must not be taken for an answer
        end_with_parent()
        data = sys.stdin.buffer.read()
        bound_memory(LIMITS.memory)
        with at_most(LIMITS.seconds):
            answers.write(read_list(data).model_dump_json().encode())


if __name__ == "__main__":
    main()
