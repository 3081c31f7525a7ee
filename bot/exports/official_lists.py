"""Requests sorted into official lists: one per managing body and form, kept in files so that memory stays flat."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.exports.joining import Entry, joined
from bot.exports.sending import Sieve
from bot.harmless import harmless
from handlers.folding import fold
from handlers.office.masking import MASK
from handlers.office.model import Filed
from handlers.office.units import Unit, UnitDirectory
from handlers.requests.model import Content
from handlers.requests.words import EVENTS
from handlers.unit_words import AUTHORITY, spelt_out
from locales import translator
from rules.outcome import Procedure

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
_T = translator("vi")
TICK = "X"
#: What a change is about, as the form names it.
CHANGING = {
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

    def entries(self) -> Iterator[Entry]:
        """In the order they came; an extension and a change of one certificate are one entry, both boxes ticked."""
        yield from joined(self._lines)

    def _lines(self) -> Iterator[Entry]:
        with self.path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


@dataclass(slots=True)
class Sorting:
    """Where each request goes."""

    folder: Path
    units: UnitDirectory
    sieve: Sieve
    lists: dict[tuple[str, str], OfficialList] = field(default_factory=dict)

    def add(self, batch: Sequence[Filed]) -> None:
        """Each to its list."""
        self.folder.mkdir(exist_ok=True)
        sorted_out: dict[OfficialList, list[Content]] = {}
        for filed in self.sieve.select_sendable(batch):
            content = filed.request.content
            if form := FORMS.get(content.procedure):
                sorted_out.setdefault(self._list_of(form, filed), []).append(content)
                self.sieve.count_included(blank=not content.serial and form in WITH_SERIAL)
            else:
                self.sieve.count_excluded()
        for found, contents in sorted_out.items():
            _append(found.path, map(entry, contents))

    def _list_of(self, form: str, filed: Filed) -> OfficialList:
        typed = filed.request.content.unit
        key = form, f"code {filed.unit}" if filed.unit else fold(typed)
        if key not in self.lists:
            unit = self.units.get(filed.unit)
            superior = self.units.get(unit.parent) if unit else None
            path = self.folder / f"{len(self.lists) + 1}.jsonl"
            body, above = _body(unit, typed), superior.body if superior else ""
            self.lists[key] = OfficialList(form, harmless(body), harmless(above), path)
        return self.lists[key]


def _body(unit: Unit | None, typed: str) -> str:
    """The agency that signs; as it was typed where the tree knows the unit by the name of its territory alone."""
    if unit is None or (unit.body == unit.name and spelt_out(typed).startswith(AUTHORITY)):
        return typed
    return unit.body


def _append(path: Path, entries: Iterable[Entry]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(one, ensure_ascii=False)}\n" for one in entries)


def entry(content: Content) -> Entry:
    """What stands in a row of any of the forms; what is not held is not here."""
    extends = content.procedure is Procedure.EXTEND
    told = {
        "certificate_name": content.certificate_name or content.subscriber,
        "serial": content.serial or "",
        "changing": "\n".join(CHANGING[name] for name in content.news),
        "news": "\n".join(_new(content.news)),
        "extend": TICK if extends else "",
        "change": "" if extends else TICK,
        "reason": ", ".join(_T(EVENTS[event]) for event in content.events),
        "works_for": content.unit,
        "certificate": _certificate(content),
    }
    return {name: harmless(text) for name, text in told.items()}


def _certificate(content: Content) -> str:
    """What is the same of two requests for one certificate; empty where its serial number is not known in full."""
    serial = content.serial or ""
    return "" if MASK in serial or not serial else f"{serial} {fold(content.subscriber)}"


def _new(news: Mapping[str, str]) -> Iterator[str]:
    """Each new value; with its name where there are several."""
    for name, value in news.items():
        yield f"{CHANGING[name]}: {value}" if len(news) > 1 else value
