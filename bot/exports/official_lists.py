"""Requests sorted into official lists: one per managing body and form, kept in files so that memory stays flat."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.sanitizing import sanitize
from handlers.access.masking import MASK
from handlers.folding import fold
from handlers.model.exports import ExportRemarks
from handlers.model.request import RequestContent, RequestState
from handlers.model.request_list import Filter, RequestRow
from handlers.model.unit import AUTHORITY_WORDS, Unit, expand_short_forms
from handlers.model.unit_directory import UnitDirectory
from handlers.requests.text import EVENT_LABELS
from locales import translator
from rules.outcome import Procedure

#: What stands in a row; its "certificate" is empty where it cannot be told from others.
ListEntry = dict[str, str]
_BOXES = ("extend", "change")
#: What only a change says.
_OF_CHANGE = ("changing", "news")


def merge_entries(read: Callable[[], Iterator[ListEntry]]) -> Iterator[ListEntry]:
    """The entries of a list, which is read three times; each pair stands where the first of the two stood.

    In memory are the names of the certificates, and the entries that are joined.
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
    """One entry of two; what several say of a change stands below each other."""
    boxes = {box: first[box] or second[box] for box in _BOXES}
    changes = [entry for entry in (first, second) if entry["change"]]
    said = {name: "\n".join(filter(None, (entry[name] for entry in changes))) for name in _OF_CHANGE}
    return {**first, **boxes, **said}


#: Never on a list to be sent: nobody wants these sent on, or not yet.
_NEVER_SENT = frozenset({RequestState.DRAFT, RequestState.SENT_BACK, RequestState.REFUSED, RequestState.WITHDRAWN})
#: What an admin has checked, and nobody has sent on yet.
_READY_TO_SEND = frozenset({RequestState.ACCEPTED})


def eligible_states(wanted: Filter) -> frozenset[RequestState]:
    """Accepted ones; where the filter names states, those of it, so that a forwarded list can be printed again."""
    return frozenset(wanted.states) - _NEVER_SENT if wanted.states else _READY_TO_SEND


def count_unreadable(batch: Sequence[RequestRow]) -> ExportRemarks:
    """How many of a batch can no longer be read, of a file that has their rows all the same."""
    return ExportRemarks(unreadable=sum(filed.request.content.unreadable for filed in batch))


@dataclass(slots=True)
class Eligibility:
    """Lets through what may be sent, and counts what may not, and why."""

    states: frozenset[RequestState]  #: that may be sent
    written: int = 0
    others: int = 0  #: the list is not for them
    serials: int = 0  #: written ones without a serial number
    joined: int = 0  #: written ones that share the row of another
    unreadable: int = 0  #: nobody knows what they say
    _kept_back: Counter[RequestState] = field(default_factory=Counter)

    def select_sendable(self, batch: Sequence[RequestRow]) -> Iterator[RequestRow]:
        """Those whose state lets them through; each has to be told to ``took`` or ``passed``."""
        for filed in batch:
            if filed.request.content.unreadable:
                self.unreadable += 1
            elif filed.request.state in self.states:
                yield filed
            else:
                self._kept_back[filed.request.state] += 1

    def count_included(self, *, blank: bool) -> None:
        """One is in the file; ``blank``: its serial number is wanted there and not known."""
        self.written += 1
        self.serials += blank

    def count_excluded(self) -> None:
        """The file is not for it."""
        self.others += 1

    @property
    def remarks(self) -> ExportRemarks:
        """So far, the states in the order of a request's life."""
        return ExportRemarks(
            sending=tuple(state for state in RequestState if state in self.states),
            states={state: self._kept_back[state] for state in RequestState if state in self._kept_back},
            others=self.others,
            serials=self.serials,
            joined=self.joined,
            unreadable=self.unreadable,
            missing=self.unreadable,
        )


#: Which form a procedure is asked for on (facts: Mẫu 04, 05, 06); the others have forms of their own.
FORMS = {
    Procedure.CHANGE_INFORMATION: "04",
    Procedure.EXTEND: "04",
    Procedure.REVOKE: "05",
    Procedure.RESTORE_DEVICE: "06",
}
#: Forms with a column for the serial number.
WITH_SERIAL = frozenset({"04", "05"})
#: What an official document is written in, whatever the language of the one who exports.
_VIETNAMESE = translator("vi")
TICK = "X"
#: What a change is about, as the form names it.
CHANGED_FIELDS = {
    "new_name": "Tên",
    "new_address": "Địa chỉ",
    "new_superior": "Cơ quan quản lý cấp trên",
    "new_unit": "Cơ quan, tổ chức công tác",
    "new_email": "Thư điện tử công vụ",
}


@dataclass(frozen=True, slots=True)
class OfficialList:
    """The list of one body for one form."""

    form: str
    body: str
    superior: str  #: empty where it is not known
    path: Path  #: its entries, a JSON object a line

    def entries(self) -> Iterator[ListEntry]:
        """In the order they came; an extension and a change of one certificate are one entry, both boxes ticked."""
        yield from merge_entries(self._lines)

    def _lines(self) -> Iterator[ListEntry]:
        with self.path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


@dataclass(slots=True)
class ListSorter:
    """Where each request goes."""

    folder: Path
    units: UnitDirectory
    sieve: Eligibility
    lists: dict[tuple[str, str], OfficialList] = field(default_factory=dict)

    def add(self, batch: Sequence[RequestRow]) -> None:
        """Each to its list."""
        self.folder.mkdir(exist_ok=True)
        sorted_out: dict[OfficialList, list[RequestContent]] = {}
        for filed in self.sieve.select_sendable(batch):
            content = filed.request.content
            if form := FORMS.get(content.procedure):
                sorted_out.setdefault(self._list_of(form, filed), []).append(content)
                self.sieve.count_included(blank=not content.serial and form in WITH_SERIAL)
            else:
                self.sieve.count_excluded()
        for found, contents in sorted_out.items():
            _append_entries(found.path, map(to_entry, contents))

    def _list_of(self, form: str, filed: RequestRow) -> OfficialList:
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
    """The agency that signs; as it was typed where the tree knows the unit by the name of its territory alone."""
    if unit is None or (unit.body == unit.name and expand_short_forms(typed).startswith(AUTHORITY_WORDS)):
        return typed
    return unit.body


def _append_entries(path: Path, entries: Iterable[ListEntry]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(one, ensure_ascii=False)}\n" for one in entries)


def to_entry(content: RequestContent) -> ListEntry:
    """What stands in a row of any of the forms; what is not held is not here."""
    extends = content.procedure is Procedure.EXTEND
    told = {
        "certificate_name": content.certificate_name or content.subscriber,
        "serial": content.serial or "",
        "changing": "\n".join(CHANGED_FIELDS[name] for name in content.news),
        "news": "\n".join(_format_new_values(content.news)),
        "extend": TICK if extends else "",
        "change": "" if extends else TICK,
        "reason": ", ".join(_VIETNAMESE(EVENT_LABELS[event]) for event in content.events),
        "works_for": content.unit,
        "certificate": _certificate_key(content),
    }
    return {name: sanitize(text) for name, text in told.items()}


def _certificate_key(content: RequestContent) -> str:
    """What is the same of two requests for one certificate; empty where its serial number is not known in full."""
    serial = content.serial or ""
    return "" if MASK in serial or not serial else f"{serial} {fold(content.subscriber)}"


def _format_new_values(news: Mapping[str, str]) -> Iterator[str]:
    """Each new value; with its name where there are several."""
    for name, value in news.items():
        yield f"{CHANGED_FIELDS[name]}: {value}" if len(news) > 1 else value
