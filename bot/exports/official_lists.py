"""Sort requests into official lists, one per managing body and form.

``Eligibility`` selects what may be sent, ``ListSorter`` keeps the entries in files so that memory stays flat, and
``merge_entries`` joins an extension and a change of one certificate.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.streams import sanitize
from handlers.core import EVENT_LABELS
from handlers.model import (
    AUTHORITY_WORDS,
    MASK,
    UNFINISHED,
    ExportRemarks,
    Filter,
    Form,
    FormField,
    RequestContent,
    RequestRow,
    RequestState,
    Unit,
    UnitDirectory,
    expand_short_forms,
    find_form,
)
from handlers.requests import clean_email
from locales import translator
from rules.facts import Subject
from rules.language.spelling import fold
from rules.outcome import Procedure

#: The texts of a row by field, and "certificate", which is empty if the certificate cannot be told from others; what is
#: not known is absent.
ListEntry = dict[str, str]
_BOXES = (FormField.EXTEND, FormField.CHANGE)
#: These fields are filled only for a change.
_OF_CHANGE = (FormField.OLD_VALUE, FormField.NEW_VALUE)

#: Requests in these states are never sent: nobody wants them sent, or not yet.
_NEVER_SENT = frozenset({RequestState.DRAFT, RequestState.SENT_BACK, RequestState.REFUSED, RequestState.WITHDRAWN})
#: An admin has accepted these, and nobody has sent them on yet.
_READY_TO_SEND = frozenset({RequestState.ACCEPTED})

#: These have a column for the serial number.
WITH_SERIAL = frozenset({Form.CHANGE, Form.REVOKE, Form.HANDOVER, Form.LOSS})
#: The beginnings of a province's name, folded.
_PROVINCE_WORDS = ("tinh ", "thanh pho ")
#: The fields of Mẫu 05 that do not apply to a subscriber of a kind.
_NUMBERS = (FormField.IDENTITY_NUMBER, FormField.IDENTITY_ISSUED_ON, FormField.IDENTITY_ISSUED_BY)
_CODES = (FormField.TAX_CODE, FormField.BUDGET_CODE)
_NOT_APPLICABLE = {
    Subject.INDIVIDUAL: _CODES,
    Subject.ORGANISATION: _NUMBERS,
    Subject.DEVICE: (*_NUMBERS, *_CODES),
}
#: An official document is in Vietnamese, whatever the language of the person who exports.
_VIETNAMESE = translator("vi")
TICK = "X"
#: The subjects of a change, in the form's words.
CHANGED_FIELDS = {
    "new_name": "Tên",
    "new_address": "Địa chỉ",
    "new_superior": "Cơ quan quản lý cấp trên",
    "new_unit": "Cơ quan, tổ chức công tác",
    "new_email": "Thư điện tử công vụ",
}


def merge_entries(read: Callable[[], Iterator[ListEntry]]) -> Iterator[ListEntry]:
    """Yield the entries of a list; a pair for one certificate becomes one entry, in the place of its first.

    ``read`` is called three times. Memory holds only the keys of the certificates, and the merged entries.
    """
    both = _ticked_certificates(read(), "extend") & _ticked_certificates(read(), "change")
    pairs: dict[str, ListEntry] = {}
    for entry in read() if both else ():
        if (certificate := entry["certificate"]) in both:
            pairs[certificate] = _merge_pair(pairs[certificate], entry) if certificate in pairs else entry
    for entry in read():
        if (certificate := entry["certificate"]) not in both:
            yield entry
        elif pair := pairs.pop(certificate, None):
            yield pair


def _ticked_certificates(entries: Iterator[ListEntry], box: str) -> set[str]:
    return {entry["certificate"] for entry in entries if entry["certificate"] and entry[box]}


def _merge_pair(first: ListEntry, second: ListEntry) -> ListEntry:
    """Merge two entries; several statements about a change stand below each other."""
    boxes = {box.value: first[box] or second[box] for box in _BOXES}
    changes = [entry for entry in (first, second) if entry[FormField.CHANGE]]
    told = {
        name.value: "\n".join(dict.fromkeys(entry[name] for entry in changes if entry.get(name))) for name in _OF_CHANGE
    }
    kept = {name: text for name, text in first.items() if name not in _OF_CHANGE}
    return {**kept, **boxes, **{name: text for name, text in told.items() if text}}


def eligible_states(wanted: Filter) -> frozenset[RequestState]:
    """Return the states to send: accepted, or those of the filter, so that a forwarded list can be printed again.

    A list of whatever is not finished, as it opens by itself, chooses none.
    """
    if frozenset(wanted.states) == frozenset(UNFINISHED):
        return _READY_TO_SEND
    return frozenset(wanted.states) - _NEVER_SENT if wanted.states else _READY_TO_SEND


def count_unreadable(batch: Sequence[RequestRow]) -> ExportRemarks:
    """Return how many requests of a batch are unreadable, for a file that has their rows all the same."""
    return ExportRemarks(unreadable=sum(filed.request.content.unreadable for filed in batch))


@dataclass(slots=True)
class Eligibility:
    """Selects the requests that may be sent, and counts the others by reason."""

    states: frozenset[RequestState]  #: states that may be sent
    written: int = 0
    others: int = 0  #: requests for which the file is not meant
    serials: int = 0  #: included requests without a serial number
    joined: int = 0  #: included requests that share a row with another
    unreadable: int = 0  #: requests whose content cannot be decrypted
    _kept_back: Counter[RequestState] = field(default_factory=Counter)

    def select_sendable(self, batch: Sequence[RequestRow]) -> Iterator[RequestRow]:
        """Yield the requests in a sendable state; report each to ``count_included`` or ``count_excluded``."""
        for filed in batch:
            if filed.request.content.unreadable:
                self.unreadable += 1
            elif filed.request.state in self.states:
                yield filed
            else:
                self._kept_back[filed.request.state] += 1

    def count_included(self, *, blank: bool) -> None:
        """Count a request in the file; ``blank`` means that its serial number is needed there and unknown."""
        self.written += 1
        self.serials += blank

    def count_excluded(self) -> None:
        """Count a request for which the file is not meant."""
        self.others += 1

    @property
    def remarks(self) -> ExportRemarks:
        """Return the remarks so far, the states in the order of a request's life."""
        return ExportRemarks(
            sending=tuple(state for state in RequestState if state in self.states),
            states={state: self._kept_back[state] for state in RequestState if state in self._kept_back},
            others=self.others,
            serials=self.serials,
            joined=self.joined,
            unreadable=self.unreadable,
            missing=self.unreadable,
        )


@dataclass(frozen=True, slots=True)
class OfficialList:
    """The list of one body for one form."""

    form: Form
    body: str
    superior: str  #: empty if unknown
    path: Path  #: the file of its entries, one JSON object per line

    def entries(self) -> Iterator[ListEntry]:
        """Yield the entries in order.

        An extension and a change of one certificate are one entry with both boxes ticked.
        """
        yield from merge_entries(self._lines)

    def _lines(self) -> Iterator[ListEntry]:
        with self.path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


@dataclass(slots=True)
class ListSorter:
    """Sorts requests into lists by managing body and form."""

    folder: Path
    units: UnitDirectory
    sieve: Eligibility
    lists: dict[tuple[Form, str], OfficialList] = field(default_factory=dict)

    def add(self, batch: Sequence[RequestRow]) -> None:
        """Add each request to its list."""
        self.folder.mkdir(exist_ok=True)
        sorted_out: dict[OfficialList, list[ListEntry]] = {}
        for filed in self.sieve.select_sendable(batch):
            content = filed.request.content
            if form := find_form(content.procedure, content.subject):
                entry = to_entry(content, find_province(content, filed.unit, self.units))
                sorted_out.setdefault(self._list_of(form, filed), []).append(entry)
                self.sieve.count_included(blank=not content.serial and form in WITH_SERIAL)
            else:
                self.sieve.count_excluded()
        for found, entries in sorted_out.items():
            _append_entries(found.path, entries)

    def _list_of(self, form: Form, filed: RequestRow) -> OfficialList:
        typed = filed.request.content.unit
        key = form, f"code {filed.unit}" if filed.unit else fold(typed)
        if key not in self.lists:
            unit = self.units.get(filed.unit)
            superior = self.units.get(unit.parent) if unit else None
            path = self.folder / f"{len(self.lists) + 1}.jsonl"
            body, above = _signing_agency(unit, typed), superior.body if superior else ""
            self.lists[key] = OfficialList(form, sanitize(body), sanitize(above), path)
        return self.lists[key]


def _signing_agency(unit: Unit | None, typed: str) -> str:
    """Return the agency that signs: the typed name if the tree knows only the name of the unit's territory."""
    if unit is None or (unit.body == unit.name and expand_short_forms(typed).startswith(AUTHORITY_WORDS)):
        return typed
    return unit.body


def _append_entries(path: Path, entries: Iterable[ListEntry]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(one, ensure_ascii=False)}\n" for one in entries)


def find_province(content: RequestContent, unit: str | None, units: UnitDirectory) -> str:
    """Return the province of the unit in the tree, as it is today; else the one that the certificate names."""
    line = [one.name for one in (units.get(unit), *units.ancestors(unit)) if one is not None]
    found = next((name for name in reversed(line) if fold(name).startswith(_PROVINCE_WORDS)), None)
    return found or content.province or ""


def to_entry(content: RequestContent, province: str = "") -> ListEntry:
    """Return the texts of a row for any of the forms; what is not stored is absent, what does not apply is empty.

    A new certificate bears the new name, and needs an address of a state body.
    """
    extends, new = content.procedure is Procedure.EXTEND, content.procedure is Procedure.ISSUE_NEW
    news = content.news if new else {}
    email = news.get("new_email") or content.email or ""
    known = {
        FormField.NAME: news.get("new_name") or content.certificate_name or content.subscriber,
        FormField.SERIAL: content.serial,
        FormField.OLD_SERIAL: content.serial,
        FormField.EMAIL: clean_email(email) if new else email,
        FormField.PROVINCE: province,
        FormField.ADDRESS: content.news.get("new_address"),
        FormField.OLD_VALUE: "\n".join(_format_changing(content, name) for name in content.news),
        FormField.NEW_VALUE: "\n".join(_format_new_values(content.news)),
        FormField.REASON: ", ".join(_VIETNAMESE(EVENT_LABELS[event]) for event in content.events),
        FormField.WORKPLACE: news.get("new_unit") or content.unit,
    }
    blank = {
        FormField.EXTEND: TICK if extends else "",
        FormField.CHANGE: "" if extends else TICK,
        **dict.fromkeys(_NOT_APPLICABLE[content.subject], ""),
        **dict.fromkeys(_OF_CHANGE if extends else (), ""),
    }
    told = {**blank, **{field: text for field, text in known.items() if text}}
    cells = {field.value: sanitize(text) for field, text in told.items()}
    return {**cells, "certificate": sanitize(_certificate_key(content))}


def _format_changing(content: RequestContent, name: str) -> str:
    """Return the field to change with the value that the certificate has for it, where it was read."""
    old = content.old.get(name)
    return f"{CHANGED_FIELDS[name]}: {old}" if old else CHANGED_FIELDS[name]


def _certificate_key(content: RequestContent) -> str:
    """Return a key that two requests for one certificate share; empty if its serial number is not fully known."""
    serial = content.serial or ""
    return "" if MASK in serial or not serial else f"{serial} {fold(content.subscriber)}"


def _format_new_values(news: Mapping[str, str]) -> Iterator[str]:
    """Yield each new value, with its label if there are several."""
    for name, value in news.items():
        yield f"{CHANGED_FIELDS[name]}: {value}" if len(news) > 1 else value
