"""Serve the channels, help a process that does, or talk in the terminal: ``troly run``, ``worker`` and ``chat``."""

import gc
import sys
import uuid
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from bot.app import Components, has_channel, open_components, serve
from bot.channels import AcceptUpdates, Channel
from bot.channels.pace import Pace, Rate
from bot.cli.output import translator_for
from bot.clock import Clock
from bot.concurrency import run_service, run_until_signal
from bot.delivery.background import Retention
from bot.delivery.broadcast_sending import SchedulerSettings
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.intake import Intake, Throttle
from bot.delivery.pacing import Pacer
from bot.delivery.runner import StepRunner
from bot.errors import SettingsError
from bot.logs import configure_logging, log_uncaught_errors
from bot.messages import Incoming
from bot.services.opening import database_url
from bot.settings import Settings, load_settings
from bot.store import Store, sqlite_path
from bot.streams import print_if_possible
from locales import N_, translator

#: Exit status after Ctrl-C, as shells have it: 128 and the signal's number.
_INTERRUPTED = 130
#: A terminal takes whatever comes.
_UNPACED = Pace(overall=1e6, chat=Rate(1e6, 1e6))
_ALONE = N_(
    "A SQLite database is served by one process: start it with troly run."
    " For several, set TROLY_DATABASE_URL to a PostgreSQL database."
)

_OPEN = N_("Open {address} in a browser. In this terminal instead: troly chat")
_ONLY_HERE = N_("Only this machine reaches that address. Stop with Ctrl-C.")
_OTHERS = N_("Everybody who reaches that address can open the chat, links to files, and webhooks; nothing else.")


def run() -> None:
    """Start every configured channel and the web chat; the terminal chat where there is neither."""
    settings = load_settings()
    if not has_channel(settings) and not settings.web_listen:
        gc.enable()  # a service begins without it
        chat()
        return
    configure_logging(level=settings.log_level, form=settings.log_format)
    log_uncaught_errors()
    run_service(partial(serve, settings, told=lambda: _print_address(settings)))


def _print_address(settings: Settings) -> None:
    """Say where the chat opens, once it does; a service goes on where nothing can be printed."""
    if settings.web_address and settings.log_format != "json":  # a log of JSON tells the address as well
        t = translator_for(None)
        print_if_possible(t(_OPEN, address=settings.web_address))
        print_if_possible(t(_OTHERS if settings.web_url else _ONLY_HERE))


def worker() -> None:
    """Handle and deliver beside other processes, over the same PostgreSQL database."""
    settings = load_settings()
    if sqlite_path(database_url(settings), settings.data_dir):
        raise SettingsError(_ALONE)
    configure_logging(level=settings.log_level, form=settings.log_format)
    log_uncaught_errors()
    run_service(partial(serve, settings, receiving=False))


def chat(
    name: Annotated[
        str | None,
        typer.Option(
            "--as", help=N_("Name of the conversation to take up again; without it a script begins a new one.")
        ),
    ] = None,
) -> None:
    """Talk in the terminal, or run a script from a pipe."""
    settings = load_settings()
    configure_logging(level="ERROR", form=settings.log_format)
    try:
        run_until_signal(run_terminal_chat(settings, name))
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None


async def run_terminal_chat(settings: Settings, name: str | None) -> None:
    """Run the chat in the terminal, over the same inbox, turns and outbox as any channel."""
    from bot.channels.terminal import Console, TerminalChannel, TerminalChat, input_lines  # noqa: PLC0415 - a service starts without Rich

    interactive = sys.stdin.isatty()
    address = name or ("local" if interactive else f"script-{uuid.uuid4().hex}")
    async with open_components(settings) as components:
        await Retention(components.store, components.clock, settings.retention_days).forget()
        made_up = await components.store.status.is_made_up()
        channel = TerminalChannel(Console(rich=sys.stdout.isatty()), address, translator(settings.language))
        steps = _build_step_runner(components, channel, made_up=made_up)
        chat = TerminalChat(channel, accept_in_steps(components.store, components.clock, steps))
        if interactive:
            chat.print_introduction(made_up=made_up)
        await steps.recover(channel.name)
        await chat.run(input_lines(prompt=interactive))


def accept_in_steps(store: Store, clock: Clock, steps: StepRunner) -> AcceptUpdates:
    """Return what takes the updates of a person who waits: all that follows from them is done when it returns."""
    intake = Intake(store, Throttle(_UNPACED.chat, clock), clock, steps.submit)

    async def accept(updates: Sequence[Incoming]) -> None:
        await intake.accept(updates)
        await steps.step()

    return accept


def _build_step_runner(components: Components, channel: Channel, *, made_up: bool) -> StepRunner:
    """Build the steps of a terminal; people who are made up are reminded of nothing."""
    hours = SchedulerSettings.of(components.settings).hours
    dispatcher = Dispatcher(
        components.store, channel, Pacer(_UNPACED, components.clock), components.clock,
        open_at=hours.is_open_at, language=components.settings.language,
    )  # fmt: skip
    return StepRunner(
        components.store,
        components.clock,
        components.turn_handler({channel.name: channel}),
        dispatcher,
        components.exporters(channel, dispatcher.notify),
        components.broadcast_scheduler(dispatcher.notify, certificates=not made_up),
    )
