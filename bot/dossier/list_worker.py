"""Run the process that reads a stranger's list of certificates and answers with a ``ListReading`` as JSON."""

from bot.dossier.list_reader import read_certificate_list
from bot.exports.list_reader import LIMITS
from bot.process_sandbox import give_way, serve


def main() -> None:
    """Answer requests until the input ends."""
    give_way()
    serve(
        lambda data: read_certificate_list(data).model_dump_json().encode(),
        memory=LIMITS.memory + LIMITS.file,
        seconds=LIMITS.seconds,
    )


if __name__ == "__main__":
    main()
