"""Formats the values of stored data in words; values written by an earlier version are shown as they are."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from handlers.broadcasts.screens.audience import CONDITION_SCREENS
from handlers.core import EVENT_LABELS, MarkupTranslator, format_day, format_moment, strip_markup
from handlers.forms.fields import FORM_FIELDS
from handlers.interview import FACT_LABELS
from handlers.interview.screens.certificate import format_key
from handlers.model import FILE_PROBLEMS, DeliveryReason, FileProblemKind, Recognition
from handlers.requests import STATE_LABELS, SUBJECT_LABELS
from locales import N_
from rules.facts import MergerRole, Token

#: Formats a value, or an entry of a list, in a language.
ValueFormatter = Callable[[MarkupTranslator, Any], str]

ROLES = {
    MergerRole.DESIGNATED: N_("Ours: our certificate is kept for the new body"),
    MergerRole.OTHER: N_("Another body's: its certificate is kept, ours is not"),
    MergerRole.UNDECIDED: N_("Nobody has decided that yet"),
    MergerRole.SURVIVING: N_("Ours: our name stays, others were merged into us"),
    MergerRole.ABSORBED: N_("Another body's: we were merged into it"),
}
TOKEN_STATES = {
    Token.IN_HAND: N_("In hand and working"),
    Token.LOCKED: N_("Locked (too many wrong PINs)"),
    Token.DAMAGED: N_("Damaged"),
    Token.LOST: N_("Lost"),
    Token.REMOTE: N_("No token: signing remotely"),
}
RECOGNITIONS = {
    Recognition.VERIFIED: N_("signature chain verified"),
    Recognition.BY_NAME_ONLY: N_("recognised by name only"),
    Recognition.UNRECOGNISED: N_("not an issuer that I know"),
    Recognition.INVALID: N_("its signature does not verify"),
}
SCREENS = {
    "welcome": N_("greeting and consent"),
    "question": N_("a question"),
    "condition": N_("the condition of certificate, token and key"),
    "unit": N_("the question for your unit"),
    "former_unit": N_("what became of a former unit"),
    "belonging": N_("being a former unit, or belonging to it"),
    "certificate": N_("confirming the certificate"),
    "understood": N_("confirming what was understood"),
    "restart": N_("beginning anew: about which certificate"),
    "retraction": N_("confirming that something you said no longer holds"),
    "answer": N_("the answer"),
    "review": N_("reviewing the answers"),
    "form": N_("filling in a request"),
    "leave_form": N_("leaving a request that is being filled in"),
    "confirm": N_("reviewing a request"),
    "papers": N_("filling in the papers"),
    "papers_review": N_("reviewing the papers"),
    "next": N_("after a request"),
    "requests": N_("the list of requests"),
    "request": N_("one request"),
    "withdraw": N_("withdrawing a request"),
    "language": N_("choosing the language"),
    "email": N_("the official e-mail"),
    "channels": N_("my channels"),
    "channel_part": N_("taking a channel out"),
    "stopped": N_("the pause"),
    "erase": N_("deleting my data"),
    "stop_reminders": N_("stopping reminders"),
    "no_reminders": N_("no reminders wanted"),
    "roles": N_("who has which role"),
    "role": N_("one role"),
    "end_role": N_("ending a role"),
    "invite": N_("an invitation: which role"),
    "invite_unit": N_("an invitation: which unit"),
    "invite_label": N_("an invitation: to whom"),
    "invitations": N_("open invitations"),
    "invitation": N_("one invitation"),
    "journal": N_("the journal"),
    "desk": N_("the request list of an admin"),
    "export": N_("exporting the request list"),
    "import": N_("taking back a changed list"),
    "dossiers": N_("the dossiers of units"),
    "dossier": N_("the dossier of a unit"),
    "dossier_what": N_("the dossier of a unit: what happened"),
    "dossier_ask": N_("the dossier of a unit: an open question"),
    "dossier_unit": N_("the dossier of a unit: which unit"),
    "dossier_hand": N_("the dossier of a unit: to whom it is given"),
    "dossier_register": N_("the dossier of a unit: registering its requests"),
    "offices": N_("receiving offices"),
    "office": N_("one receiving office"),
    "office_unit": N_("receiving offices: which unit"),
    "office_what": N_("a new receiving office: what it receives"),
    "office_field": N_("a receiving office: one field"),
    "office_yes": N_("a receiving office: confirming the change"),
    "office_back": N_("taking back a receiving office"),
    "broadcasts": N_("the broadcasts"),
    "broadcast": N_("one broadcast"),
    "broadcast_kind": N_("a new broadcast: its kind"),
    "broadcast_deadline": N_("a broadcast: its deadline"),
    "broadcast_title": N_("a new broadcast: its title"),
    "broadcast_name": N_("a broadcast: its title"),
    "broadcast_vi": N_("a broadcast: its Vietnamese text"),
    "broadcast_en": N_("a broadcast: its English text"),
    **dict.fromkeys(("broadcast_whom", *CONDITION_SCREENS), N_("a broadcast: its recipients")),
    "broadcast_buttons": N_("a broadcast: its buttons"),
    "broadcast_plan": N_("a campaign: its days"),
    "broadcast_hour": N_("a campaign: its hour"),
    "broadcast_late": N_("a campaign: missed reminders"),
    "broadcast_start": N_("a broadcast: its start"),
    "broadcast_edit": N_("changing a broadcast"),
    "broadcast_preview": N_("the preview of a broadcast"),
    "broadcast_yes": N_("confirming what is done to a broadcast"),
    "broadcast_results": N_("what became of a broadcast"),
    "broadcast_steps": N_("the reminders of a campaign"),
    "home": N_("the desk"),
    "desk_filter": N_("the filter of the request list"),
    "desk_state": N_("narrowing the list by state"),
    "desk_procedure": N_("narrowing the list by procedure"),
    "desk_unit": N_("narrowing the list by unit"),
    "desk_period": N_("narrowing the list by day of registration"),
    "desk_expiry": N_("narrowing the list by the end of the certificate"),
    "desk_request": N_("one request of the list"),
    "desk_reason": N_("the reason of a change"),
    "desk_final": N_("confirming a change that cannot be undone"),
    "desk_all": N_("changing all requests of the list"),
    "desk_yes": N_("confirming a change of all requests"),
    "picture": N_("the numbers"),
}
EVENT_KINDS = {
    "said": N_("a text"),
    "tapped": N_("a tapped button"),
    "file": N_("a file"),
    "file_read": N_("a file, read"),
    "draw_chart": N_("a chart to be drawn"),
    "chart_drawn": N_("a drawn chart"),
    "make_report": N_("the report of a broadcast, asked for"),
    "print_answer": N_("the answer for print, asked for"),
    "make_forms": N_("papers to be made"),
    "make_dossier": N_("the papers of a unit, asked for"),
    "make_list": N_("an empty list of certificates, asked for"),
    "unreadable": N_("something I cannot read"),
    "edited": N_("a change of an earlier message"),
    "too_much": N_("too many messages at once"),
}
UNREADABLE_KINDS = {
    "photo": N_("a photo"),
    "audio": N_("a voice message"),
    "video": N_("a video"),
    "sticker": N_("a sticker"),
    "text": N_("a text too long to read"),
    "other": N_("something else"),
}
CHART_PROBLEMS = {
    "no_files": N_("the channel sends no files"),
    "not_installed": N_("the drawing library is not installed"),
    "failed": N_("drawing failed"),
}
RECEIVED_STATES = {"waiting": N_("waiting"), "done": N_("handled"), "failed": N_("could not be handled")}
OUTGOING_STATES = {
    "queued": N_("waiting to be sent"),
    "sending": N_("being sent"),
    "sent": N_("sent"),
    "blocked": N_("not sent: the assistant was stopped"),
    "invalid": N_("not sent: the channel refused it"),
    "failed": N_("could not be sent"),
    "skipped": N_("left out"),
    "unknown": N_("perhaps sent"),
}
OUTGOING_REASONS = {
    DeliveryReason.STOPPED: N_("you want no reminders"),
    DeliveryReason.NO_CONSENT: N_("you have not agreed that data about you is kept"),
    DeliveryReason.CAPPED: N_("you had as many reminders this week as one person may get"),
    DeliveryReason.DONE: N_("you said that it is done"),
    DeliveryReason.LATER: N_("you wanted to be reminded another day"),
    DeliveryReason.CANCELLED: N_("it was called off"),
    DeliveryReason.NEXT_CHANNEL: N_("it goes on to your next channel"),
    DeliveryReason.RESTORED: N_("it was waiting in a copy of the database that was put back"),
    DeliveryReason.BLOCKED_BEFORE: N_("you had stopped the assistant"),
    DeliveryReason.CRASH: N_("the assistant stopped while it was sending"),
    DeliveryReason.NO_ANSWER: N_("the channel did not answer"),
    DeliveryReason.REFUSED: N_("the channel refused it"),
    DeliveryReason.WINDOW: N_("you had not written there for seven days"),
    DeliveryReason.MONEY: N_("it would have cost more than this month may cost"),
    DeliveryReason.TEMPLATE: N_("the channel refused the approved template"),
    DeliveryReason.BY_TEMPLATE: N_("by an approved template, for you had not written there for seven days"),
    DeliveryReason.GAVE_UP: N_("it was tried as often as it may be"),
    DeliveryReason.NO_SEND_MESSAGE: N_("the channel's server cannot send messages (sendMessage)"),
    DeliveryReason.NO_SEND_DOCUMENT: N_("the channel's server cannot send files (sendDocument)"),
    DeliveryReason.NO_DELETE_MESSAGE: N_("the channel's server cannot delete messages (deleteMessage)"),
    DeliveryReason.NOT_OFFERED: N_("the channel's server cannot do this"),
}
SIDES = {"person": N_("you"), "assistant": N_("the assistant")}
TASK_KINDS = {
    "export": N_("export of requests"),
    "import": N_("list that waits for your yes"),
    "units": N_("list of units that waits for your yes"),
    "page_export": N_("export for the admin pages"),
    "own_data": N_("the data held about you"),
}
TASK_STATES = {
    "queued": N_("waiting"),
    "running": N_("under way"),
    "done": N_("handled"),
    "failed": N_("could not be handled"),
    "cancelled": N_("called off"),
}
ACTIONS = {
    "send": N_("send"),
    "edit": N_("change an earlier message"),
    "buttons": N_("change the buttons of an earlier message"),
    "delete": N_("take a message away"),
}
ALL_PROBLEMS = {
    **FILE_PROBLEMS,
    FileProblemKind.PRIVATE_KEY: N_("It holds a private key."),
    FileProblemKind.PKCS12: N_("It is a file with a private key (.p12, .pfx)."),
}
#: Labels of option values, for all questions together.
OPTIONS: Mapping[Any, str] = {
    **EVENT_LABELS,
    **SUBJECT_LABELS,
    **ROLES,
    **TOKEN_STATES,
    "nothing": N_("nothing changed"),
}
TOPICS = {**FACT_LABELS, **{name: field.title for name, field in FORM_FIELDS.items()}}
#: Actions on broadcasts that wait for confirmation.
WISHES = {
    "approve": N_("approve it"),
    "start": N_("send it"),
    "cancel": N_("call it off"),
    "resend": N_("send it again"),
}
YES, NO = N_("yes"), N_("no")


def choose_label(words: Mapping[Any, str]) -> ValueFormatter:
    """Return a formatter that gives known values a label."""
    return lambda say, value: say.t(words[value]) if value in words else format_as_is(say, value)


def format_as_is(say: MarkupTranslator, value: Any) -> str:
    """Format a value that needs no label; booleans become yes or no."""
    return say.t(YES if value else NO) if isinstance(value, bool) else str(value)


def format_iso_moment(_: MarkupTranslator, value: Any) -> str:
    return format_moment(datetime.fromisoformat(value))


def format_iso_day(_: MarkupTranslator, value: Any) -> str:
    return format_day(date.fromisoformat(value))


def format_without_markup(_: MarkupTranslator, value: Any) -> str:
    """Remove the markup from a paragraph of a message."""
    return strip_markup(Markup(value))  # noqa: S704 - the markup is taken away, nothing is rendered


def format_attribute(_: MarkupTranslator, value: Any) -> str:
    """Format an attribute of a distinguished name."""
    return f"{value['name']} ({value['oid']}): {value['value']}"


def format_public_key(say: MarkupTranslator, value: Any) -> str:
    """Format a public key by its kind and size."""
    return format_key(say.t, value)


def format_request_step(say: MarkupTranslator, value: Any) -> str:
    """Format a move of a request."""
    by = say.t(N_("you")) if value["by"] == "subscriber" else value["by"]
    note = f": {value['note']}" if value["note"] else ""
    return f"{format_iso_moment(say, value['at'])} – {choose_label(STATE_LABELS)(say, value['state'])} ({by}){note}"


def format_file_problem(say: MarkupTranslator, value: Any) -> str:
    """Format a problem of a file, or of an entry of it."""
    trouble = choose_label(ALL_PROBLEMS)(say, value["trouble"])
    return f"{value['where']}: {trouble}" if value["where"] else trouble


def format_choice(say: MarkupTranslator, value: Any) -> str:
    """Format a button."""
    told = f"{value['label']} [{value['tap']}]"
    if value.get("zero", False) is not False:
        return say.t(N_("{button}, with the number 0"), button=told)
    return told if value.get("numbered", True) else say.t(N_("{button}, without a number"), button=told)


def format_attachment(say: MarkupTranslator, value: Any) -> str:
    """Describe a file without its content."""
    size = say.t(N_("{number} bytes"), number=value["size"])
    return f"{value['name']} ({value['media_type']}; {size})"


def format_size(say: MarkupTranslator, value: Any) -> str:
    """Tell the size of Base64 data; the data itself is in the JSON."""
    return say.t(N_("{number} characters of Base64 in the JSON file"), number=len(value))


def format_chart_bar(_: MarkupTranslator, value: Any) -> str:
    return f"{value['label']}: {', '.join(map(str, value['values']))}"
