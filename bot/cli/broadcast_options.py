"""The options of ``troly broadcast new`` and ``change``: all that an author decides."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from locales import N_

Title = Annotated[str | None, typer.Option("--title", help=N_("What it is called in lists; recipients never see it."))]
TextVi = Annotated[
    Path | None, typer.Option("--text-vi", metavar="FILE", help=N_("The Vietnamese text, in UTF-8; - reads it here."))
]
TextEn = Annotated[
    Path | None, typer.Option("--text-en", metavar="FILE", help=N_("The English text, in UTF-8; - reads it here."))
]
Unit = Annotated[str | None, typer.Option("--unit", help=N_("Unit, with all below it: its code or its name."))]
OfRole = Annotated[str | None, typer.Option("--role", help=N_("Only people with this role."))]
ToDo = Annotated[
    bool | None,
    typer.Option("--to-do/--no-to-do", help=N_("Only people who owe a procedure and have not asked for it.")),
]
Owed = Annotated[
    list[str] | None,
    typer.Option("--owed", help=N_("Only people who owe this procedure and have not asked for it; may be repeated.")),
]
InState = Annotated[
    list[str] | None, typer.Option("--state", help=N_("Only people with a request in this state; may be repeated."))
]
ExpiresFrom = Annotated[
    str | None, typer.Option("--expires-from", help=N_("The certificate ends on this day or later."))
]
ExpiresUntil = Annotated[
    str | None, typer.Option("--expires-until", help=N_("The certificate ends on this day or earlier."))
]
ExpiresWithin = Annotated[
    int | None,
    typer.Option("--expires-within", min=0, max=3650, help=N_("The certificate ends within so many days; 0: any day.")),
]
OverChannel = Annotated[str | None, typer.Option("--channel", help=N_("Only over this channel, such as telegram."))]
SilentSince = Annotated[
    str | None, typer.Option("--silent-since", help=N_("Only people not heard of since before this day."))
]
SilentDays = Annotated[
    int | None,
    typer.Option("--silent-days", min=0, max=3650, help=N_("Only people not heard of for so many days; 0: all.")),
]
Listed = Annotated[
    Path | None,
    typer.Option(
        "--list",
        metavar="FILE",
        help=N_("Only people of this list (XLSX or CSV): request codes, codes of people, or telegram:ID."),
    ),
]
Buttons = Annotated[
    list[str] | None, typer.Option("--button", help=N_("A button: now, done, later or none; may be repeated."))
]
Deadline = Annotated[str | None, typer.Option("--deadline", help=N_("The last day; it fills {han} and {so_ngay}."))]
Steps = Annotated[
    str | None,
    typer.Option(
        "--plan", help=N_("Makes it a campaign: days before the deadline, such as 30,14,7,3,1,0,-1; -1 is a day after.")
    ),
]
At = Annotated[
    str | None, typer.Option("--at", help=N_("Time of day of a campaign's steps in Viet Nam, such as 08:30."))
]
Late = Annotated[
    str | None,
    typer.Option("--late", help=N_("What to do with a step that was missed: run it late, or skip it (run, skip).")),
]
StartsAt = Annotated[
    str | None,
    typer.Option("--starts-at", help=N_("Day and time of the start in Viet Nam, such as “2026-12-01 08:00”.")),
]
Document = Annotated[
    Path | None, typer.Option("--document", metavar="FILE", help=N_("A file to go along: PDF, DOCX, XLSX, PNG or JPG."))
]


@dataclass(frozen=True, slots=True)
class Typed:
    """The options as they were typed; ``None`` was not given, and an empty text takes away what was there."""

    title: str | None = None
    text_vi: Path | None = None
    text_en: Path | None = None
    unit: str | None = None
    role: str | None = None
    to_do: bool | None = None
    owed: list[str] | None = None
    state: list[str] | None = None
    expires_from: str | None = None
    expires_until: str | None = None
    expires_within: int | None = None
    channel: str | None = None
    silent_since: str | None = None
    silent_days: int | None = None
    listed: Path | None = None
    button: list[str] | None = None
    deadline: str | None = None
    plan: str | None = None
    at: str | None = None
    late: str | None = None
    starts_at: str | None = None
    document: Path | None = None

    @classmethod
    def of(cls, options: dict[str, Any]) -> "Typed":
        """Those among the arguments of a command."""
        return cls(**{field.name: options[field.name] for field in fields(cls)})
