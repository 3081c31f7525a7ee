"""Renders all data stored about a person as readable text, and the messages about ordering it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from handlers import own_data_text as words
from handlers.core import MarkupTranslator, Reply
from handlers.model import ROLES
from handlers.own_data_labels import CHAT, OUTGOING, RECEIVED, REQUEST, SESSION, STANDING, DataPart
from handlers.own_data_text import choose_label, format_as_is, format_iso_day, format_iso_moment
from locales import N_


def format_data_ordered(say: MarkupTranslator) -> Markup:
    """Tell that the data is being put together."""
    return say(N_("I am putting together everything that is held about you. It comes here as files in a moment."))


def format_data_under_way(say: MarkupTranslator) -> Markup:
    """Tell that an earlier order is still under way."""
    return say(N_("Your data are being put together already. The files come here in a moment."))


def format_data_ready(say: MarkupTranslator) -> Markup:
    """Announce the files."""
    return say(N_("Here is everything that is held about you."))


def format_data_failed(say: MarkupTranslator) -> Reply:
    """Tell that the data could not be put together."""
    sentence = N_("Your data could not be put together just now. Please send /dulieu again in a while.")
    return Reply(paragraphs=(str(say(sentence)),))


_ROLE = {
    "id": DataPart(N_("Code")),
    "role": DataPart(N_("Role"), choose_label(ROLES)),
    "unit": DataPart(N_("Code of the unit")),
    "label": DataPart(N_("How you are called")),
    "granted_at": DataPart(N_("Given"), format_iso_moment),
    "ended_at": DataPart(N_("Ended"), format_iso_moment),
}
_TASK = {
    "id": DataPart(N_("Code")),
    "kind": DataPart(N_("Kind"), choose_label(words.TASK_KINDS)),
    "state": DataPart(N_("Stands at"), choose_label(words.TASK_STATES)),
    "created_at": DataPart(N_("Ordered"), format_iso_moment),
}
_DOSSIER = {
    "id": DataPart(N_("Code")),
    "unit": DataPart(N_("Unit")),
    "created_at": DataPart(N_("Begun"), format_iso_moment),
    "changed_at": DataPart(N_("Last changed"), format_iso_moment),
}
_ANSWER = {
    "broadcast": DataPart(N_("Code of the broadcast")),
    "done_at": DataPart(N_("You said that it is done"), format_iso_moment),
    "later_on": DataPart(N_("To be reminded again"), format_iso_day),
}
_REMINDERS = {
    "stopped_at": DataPart(N_("No reminders wanted since"), format_iso_moment),
    "reminded_at": DataPart(N_("First reminder"), format_iso_moment),
    "answers": DataPart(N_("Answer to a reminder"), inside=_ANSWER),
}
_EARLIER = {
    "received": DataPart(N_("From you")),
    "outgoing": DataPart(N_("To you")),
}
_WAITING_FILE = {
    "name": DataPart(N_("Name of the file")),
    "size": DataPart(N_("Size in bytes")),
    "at": DataPart(N_("Kept since"), format_iso_moment),
    "expires_at": DataPart(N_("Kept until"), format_iso_moment),
}
_WEB_MESSAGE = {
    "side": DataPart(N_("Said by"), choose_label(words.SIDES)),
    "text": DataPart(N_("Text")),
    "at": DataPart(N_("Written"), format_iso_moment),
}
_EMAIL = {
    "address": DataPart(N_("Address")),
    "confirmed": DataPart(N_("Confirmed")),
    "first": DataPart(N_("Reminders go there first")),
    "files": DataPart(N_("Papers go there as well")),
    "working": DataPart(N_("Takes messages")),
}
_CHANNEL = {
    "channel": DataPart(N_("Channel")),
    "address": DataPart(N_("Your address there")),
    "linked_at": DataPart(N_("Linked"), format_iso_moment),
    "number": DataPart(N_("Number of its parts here")),
}
_ZALO = {
    "phone": DataPart(N_("Telephone number that you sent there")),
    "last_interaction": DataPart(N_("Last time you wrote or tapped there"), format_iso_moment),
}
#: The structure is that of ``handlers.core.ports.OwnData.sections``.
OWN_DATA_PARTS = {
    "chat": DataPart(N_("This chat"), inside=CHAT),
    "session": DataPart(N_("Conversation"), inside=SESSION),
    "standings": DataPart(N_("Certificate known to your unit"), inside=STANDING),
    "roles": DataPart(N_("Role"), inside=_ROLE),
    "tasks": DataPart(N_("Work ordered"), inside=_TASK),
    "dossiers": DataPart(N_("Dossier of a unit"), inside=_DOSSIER),
    "reminders": DataPart(N_("Reminders"), inside=_REMINDERS),
    "requests": DataPart(N_("Request"), inside=REQUEST),
    "received": DataPart(N_("Message from you"), inside=RECEIVED),
    "outgoing": DataPart(N_("Message to you"), inside=OUTGOING),
    "email": DataPart(N_("Official e-mail"), inside=_EMAIL),
    "channels": DataPart(N_("Channel of yours, in the order of reminders"), inside=_CHANNEL),
    "zalo": DataPart(N_("On Zalo"), inside=_ZALO),
    "waiting_files": DataPart(N_("File that waits to be fetched"), inside=_WAITING_FILE),
    "web_messages": DataPart(N_("Message of the web chat"), inside=_WEB_MESSAGE),
    "earlier": DataPart(N_("Older messages, of which only a number and a time are kept"), inside=_EARLIER),
}
#: A section of another channel of the person.
_OF_CHANNEL = re.compile(r"([a-z_]+)_([0-9]+)")


@dataclass
class OwnDataWriter:
    """Writes the outline section by section, and long lists page by page, so that it need not be held in memory."""

    say: MarkupTranslator
    _name: str = ""  #: name of the open section
    _told: int = 0  #: entries of the open section written so far

    def title(self) -> str:
        return self.say.t(N_("All data that Trợ lý Chứng thư holds about you"))

    def section(self, name: str, value: Any) -> str:
        """Write a section, or the next page of a section that is a list; an empty page writes nothing."""
        closed = "" if name == self._name else self._close() + "\n\n"
        self._name = name
        part = self._part(name)
        if isinstance(value, list) and value and _format_whole_value(self.say, part, value) is None:
            said = "\n".join(line for entry in value for line in self._entry(part, entry))
            return (closed or ("\n" if self._told > len(value) else "")) + said
        if value in (None, "", [], {}):
            return closed
        self._told += 1
        return closed + "\n".join(_format_value(self.say, part, value))

    def _entry(self, part: DataPart, entry: Any) -> Iterator[str]:
        self._told += 1
        return _format_value(self.say, replace(part, label=f"{_format_label(self.say, part)} {self._told}"), entry)

    def end(self) -> str:
        """Return the end of the outline."""
        return self._close() + "\n"

    def _part(self, name: str) -> DataPart:
        """Return the part of a section; one of another channel of the person carries the number of that channel."""
        found = _OF_CHANNEL.fullmatch(name)
        if found is None or found[1] not in OWN_DATA_PARTS:
            return OWN_DATA_PARTS.get(name, DataPart(name))
        part = OWN_DATA_PARTS[found[1]]
        label = self.say.t(N_("{what} (channel {number})"), what=_format_label(self.say, part), number=found[2])
        return replace(part, label=label)

    def _close(self) -> str:
        """Close the open section; one without any content gets a dash."""
        nothing = self._name and not self._told
        said = f"{_format_label(self.say, self._part(self._name))}: –" if nothing else ""
        self._name, self._told = "", 0
        return said


def _format_value(say: MarkupTranslator, part: DataPart, value: Any) -> Iterator[str]:
    """Write a value under its label; empty values are left out, and a part without a label is named as in the JSON."""
    label = _format_label(say, part)
    if value is None or value in ("", [], {}):
        return
    worded = _format_whole_value(say, part, value)
    if worded is not None:
        yield from _indent_under(label, worded)
    elif isinstance(value, dict):
        yield f"{label}:"
        yield from _format_parts(say, part.inside, value)
    else:
        for number, entry in enumerate(value, 1):
            yield from _format_value(say, replace(part, label=f"{label} {number}"), entry)


def _format_label(say: MarkupTranslator, part: DataPart) -> str:
    label = say.t(part.label)
    return label[:1].upper() + label[1:]


def _format_parts(say: MarkupTranslator, parts: Mapping[str, DataPart], value: dict[str, Any]) -> Iterator[str]:
    for name, inner in value.items():
        yield from (f"  {line}" for line in _format_value(say, parts.get(name, DataPart(name)), inner))


def _format_whole_value(say: MarkupTranslator, part: DataPart, value: Any) -> str | None:
    """Format a value in one piece; return ``None`` if it must be written part by part."""
    if not isinstance(value, list):
        return _format_list_entry(say, part, value)
    entries = [_format_list_entry(say, part, entry) for entry in value]
    said = [entry for entry in entries if entry is not None]
    return ("\n" if part.apart else ", ").join(said) if len(said) == len(value) else None


def _format_list_entry(say: MarkupTranslator, part: DataPart, value: Any) -> str | None:
    if part.wording is not format_as_is or not isinstance(value, (dict, list)):
        try:
            return part.wording(say, value)
        except (KeyError, TypeError, ValueError):  # stored by an earlier version of the program
            return None if isinstance(value, (dict, list)) else str(value)
    return None


def _indent_under(label: str, text: str) -> Iterator[str]:
    first, *more = text.splitlines() or [""]
    yield from (f"{label}:", *(f"  {line}" for line in (first, *more))) if more else (f"{label}: {first}",)
