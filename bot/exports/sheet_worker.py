"""The process that reads spreadsheets of strangers: it gets a file and answers with a ``Sheet`` as JSON."""

from bot.exports.list_reader import LIMITS, read_list
from bot.process_sandbox import serve


def main() -> None:
    """Serve until the input ends; the file itself does not count against the memory."""
    serve(
        lambda data: read_list(data).model_dump_json().encode(),
        memory=LIMITS.memory + LIMITS.file,
        seconds=LIMITS.seconds,
    )


if __name__ == "__main__":
    main()
