"""Run the process that reads spreadsheets of strangers and answers each with an ``ImportSheet`` as JSON."""

from bot.exports.list_reader import LIMITS, read_list
from bot.process_sandbox import serve


def main() -> None:
    """Answer requests until the input ends; the file itself does not count against the memory."""
    serve(
        lambda data: read_list(data).model_dump_json().encode(),
        memory=LIMITS.memory + LIMITS.file,
        seconds=LIMITS.seconds,
    )


if __name__ == "__main__":
    main()
