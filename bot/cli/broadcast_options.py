"""Declare the options of ``troly broadcast new`` and ``change``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from locales import N_


@dataclass(frozen=True, slots=True)
class Typed:
    """The options as they were typed; ``None`` means not given, and an empty text clears the earlier value."""

    title: Annotated[
        str | None, typer.Option("--title", help=N_("What it is called in lists; recipients never see it."))
    ] = None
    text_vi: Annotated[
        Path | None,
        typer.Option("--text-vi", metavar="FILE", help=N_("The Vietnamese text, in UTF-8; - reads it here.")),
    ] = None
    text_en: Annotated[
        Path | None, typer.Option("--text-en", metavar="FILE", help=N_("The English text, in UTF-8; - reads it here."))
    ] = None
    unit: Annotated[str | None, typer.Option("--unit", help=N_("Unit, with all below it: its code or its name."))] = (
        None
    )
    role: Annotated[str | None, typer.Option("--role", help=N_("Only people with this role."))] = None
    to_do: Annotated[
        bool | None,
        typer.Option("--to-do/--no-to-do", help=N_("Only people who owe a procedure and have not asked for it.")),
    ] = None
    unfinished: Annotated[
        bool | None,
        typer.Option(
            "--unfinished/--no-unfinished", help=N_("Only people who owe a procedure for which no request is done.")
        ),
    ] = None
    owed: Annotated[
        list[str] | None,
        typer.Option(
            "--owed", help=N_("Only people who owe this procedure and have not asked for it; may be repeated.")
        ),
    ] = None
    state: Annotated[
        list[str] | None, typer.Option("--state", help=N_("Only people with a request in this state; may be repeated."))
    ] = None
    expires_from: Annotated[
        str | None, typer.Option("--expires-from", help=N_("The certificate ends on this day or later."))
    ] = None
    expires_until: Annotated[
        str | None, typer.Option("--expires-until", help=N_("The certificate ends on this day or earlier."))
    ] = None
    expires_within: Annotated[
        int | None,
        typer.Option(
            "--expires-within", min=0, max=3650, help=N_("The certificate ends within so many days; 0: any day.")
        ),
    ] = None
    channel: Annotated[str | None, typer.Option("--channel", help=N_("Only over this channel, such as telegram."))] = (
        None
    )
    silent_since: Annotated[
        str | None, typer.Option("--silent-since", help=N_("Only people not heard of since before this day."))
    ] = None
    silent_days: Annotated[
        int | None,
        typer.Option("--silent-days", min=0, max=3650, help=N_("Only people not heard of for so many days; 0: all.")),
    ] = None
    listed: Annotated[
        Path | None,
        typer.Option(
            "--list",
            metavar="FILE",
            help=N_("Only people of this list (XLSX or CSV): request codes, codes of people, or telegram:ID."),
        ),
    ] = None
    button: Annotated[
        list[str] | None, typer.Option("--button", help=N_("A button: now, done, later or none; may be repeated."))
    ] = None
    deadline: Annotated[
        str | None, typer.Option("--deadline", help=N_("The last day; it fills {han} and {so_ngay}."))
    ] = None
    plan: Annotated[
        str | None,
        typer.Option(
            "--plan",
            help=N_("Makes it a campaign: days before the deadline, such as 30,14,7,3,1,0,-1; -1 is a day after."),
        ),
    ] = None
    at: Annotated[
        str | None, typer.Option("--at", help=N_("Time of day of a campaign's steps in Viet Nam, such as 08:30."))
    ] = None
    late: Annotated[
        str | None,
        typer.Option("--late", help=N_("What to do with a step that was missed: run it late, or skip it (run, skip).")),
    ] = None
    starts_at: Annotated[
        str | None,
        typer.Option("--starts-at", help=N_("Day and time of the start in Viet Nam, such as “2026-12-01 08:00”.")),
    ] = None
    document: Annotated[
        Path | None,
        typer.Option("--document", metavar="FILE", help=N_("A file to go along: PDF, DOCX, XLSX, PNG or JPG.")),
    ] = None
