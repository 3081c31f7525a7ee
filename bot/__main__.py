"""Run the command line: ``python -m bot`` is the same as ``troly``."""

from bot.loading import begin_uncollected


def start() -> None:
    """Start a process of the program."""
    begin_uncollected()  # until the modules of the command are there
    from bot.cli import main  # noqa: PLC0415 - as above

    main()


if __name__ == "__main__":
    start()
