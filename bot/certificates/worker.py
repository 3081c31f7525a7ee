"""Run the process that reads files of strangers: ``python -m bot.certificates.worker MEMORY SECONDS [TRUST_FOLDER]``.

It gets a file and answers with a reading as JSON; it knows no setting, no secret and no chat.
"""

import sys
from pathlib import Path

from bot.certificates.parsing import read
from bot.certificates.trust import EMPTY_TRUST_STORE, TrustStore
from bot.process_sandbox import give_way, serve


def main(arguments: list[str]) -> None:
    """Answer requests until the input ends."""
    memory, seconds, *folders = arguments
    trust = TrustStore.load(Path(folders[0])) if folders else EMPTY_TRUST_STORE
    give_way()
    serve(lambda data: read(data, trust=trust).model_dump_json().encode(), memory=int(memory), seconds=float(seconds))


if __name__ == "__main__":
    main(sys.argv[1:])
