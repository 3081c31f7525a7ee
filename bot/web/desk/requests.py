"""The page of one request: what it says, its papers, and where it can be moved."""

import asyncio
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from urllib.parse import quote, urlencode

from starlette.responses import Response

from bot.pages import attachment_headers
from bot.web.desk.filters import columns_value, find_unit, parse_columns, parse_filter, to_query
from bot.web.desk.site import Afterwards, DeskRoute, DeskVisit
from handlers.access import format_actor
from handlers.admin import (
    MOVE_LABELS,
    format_move_not_possible,
)
from handlers.core import capitalize_first, format_pack
from handlers.forms import build_filed_forms
from handlers.forms.fields import FORM_LABELS
from handlers.model import (
    ADMIN_STATES,
    FINAL_STATES,
    NEEDS_REASON,
    PDF,
    TAKE_BACK_WITHIN,
    UNFINISHED,
    Act,
    FormContent,
    MoveOutcome,
    MoveResult,
    RequestRow,
    RequestState,
    RequestStep,
    check_reason,
    find_way_back,
    locate_unit,
    transitions_from,
)
from handlers.requests import STATE_LABELS, format_content
from locales import N_, translator
from rules.calendar import to_vietnam_day
from rules.offices import OfficeDirectory
from rules.pack import Pack

LONGEST_NOTE = 2000
#: Characters of the address of a list.
_LONGEST_VIEW = 4000
#: Units that the form proposes.
_MOST_PROPOSED = 300
_NO_UNIT = N_("There is no such unit within your reach.")
_NO_FORM = N_("No official form is due for this request.")
_NO_REQUEST = N_("There is no such request within your reach.")
BAD_REASON = N_("Please write the reason in 1 to 500 characters, without any personal number (CCCD).")
#: Outcomes that a page tells after it was opened anew, by the word in its address.
TOLD = {
    "moved": N_("Changed. The officer is told."),
    "moved_all": N_("Changed: these requests were just moved together. Each officer is told."),
    "taken_back": N_("Taken back: it stands again where it stood before. The officer is told that it was a mistake."),
    "too_late": N_("It cannot be taken back any more: too much time has passed, or it was changed since."),
    "placed": N_(
        "The request is on that unit now; whoever looks after it there is told. It can be put back the same way."
    ),
    "imported": N_("The list was applied: these requests were changed. Each officer is told."),
    "overtaken": N_("Somebody has changed this request in the meantime. Nothing of it was overwritten."),
    "overtaken_all": N_("The list has changed since you saw it; nothing was changed. It stands now as follows."),
    "reason": BAD_REASON,
    "not_allowed": N_("It cannot be moved like that from where it stands now. Nothing was changed."),
    "nothing": N_("Nothing was changed."),
    "none_marked": N_("No request was marked, so nothing was chosen. Mark some in the list first."),
    "invited": N_("Invitation made."),
    "ended": N_("Ended."),
    "ordered": N_("The export is under way."),
    "busy": N_("Another export of yours is under way: please wait for it, or call it off."),
    "called_off": N_("The export was called off. Nothing is sent."),
}


def today_of(visit: DeskVisit) -> date:
    """Return the day in Viet Nam."""
    return to_vietnam_day(visit.now)


def told(visit: DeskVisit) -> str:
    """Return the sentence that the address asks for: one of ours, or none."""
    return TOLD.get(visit.param("done", 20), "")


def to_number(text: str) -> int | None:
    """Read a number of an address; ``None`` for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


@dataclass(frozen=True, slots=True)
class RequestPages:
    """One request: what it says, its papers, and where it can be moved."""

    pack: Pack
    office: str | None  #: the receiving office of the settings
    templates: Path  #: of the office's own forms
    _making: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    def routes(self) -> tuple[DeskRoute, ...]:
        """Return their addresses."""
        return (
            DeskRoute("GET", "/desk/requests/{code}", Act.SEE_REQUESTS, self._show),
            DeskRoute("POST", "/desk/requests/{code}/move", Act.CHANGE_REQUESTS, self._move),
            DeskRoute("POST", "/desk/requests/{code}/place", Act.CHANGE_REQUESTS, self._place),
            DeskRoute("POST", "/desk/requests/{code}/form", Act.SEE_PERSONAL, self._fetch_form),
        )

    async def _show(self, visit: DeskVisit) -> Response:
        """Show what it says, the answer it came from, its history, and where it can be moved."""
        filed = await _find(visit)
        return visit.sorry(_NO_REQUEST, 404) if filed is None else await self._page(visit, filed, told(visit))

    async def _page(  # noqa: PLR0913 - what is on the page
        self, visit: DeskVisit, filed: RequestRow, message: str, *, status: int = 200, note: str = "", asked: str = ""
    ) -> Response:
        t, state, labels = visit.say.t, filed.request.state, await visit.labels()
        may_change = visit.rights.may(Act.CHANGE_REQUESTS, filed.unit)
        moves = [
            {"to": to.value, "label": t(MOVE_LABELS[to])} for to in (transitions_from(state) if may_change else ())
        ]
        reasons = [t(MOVE_LABELS[to]) for to in transitions_from(state) if to in NEEDS_REASON]
        content = filed.request.content
        return visit.page(
            "desk_request.html", status=status, code=filed.request.code, revision=filed.revision, moves=moves,
            state=capitalize_first(t(STATE_LABELS[state])), mark=state.value, told=message, reasons=reasons,
            history=[_step(visit, step, labels) for step in filed.request.history],
            lines=format_content(visit.say, content).splitlines(), answer=_paragraphs(content.decision),
            pack=content.pack and format_pack(self.pack, t, content.pack), note=note, asked=asked,
            forms=self._forms(visit, filed),
            asked_label=t(MOVE_LABELS[RequestState(asked)]) if asked else "",
            unit=visit.units.name(filed.unit) if filed.unit else "", may_change=may_change,
            units=_units(visit) if may_change and state in UNFINISHED else (),
            may_take_back=may_change and find_way_back(filed, visit.rights.actor, visit.now) is not None,
            minutes=TAKE_BACK_WITHIN.seconds // 60,
            nowhere=format_move_not_possible(t, state) if may_change and not moves else "",
            **await _neighbours(visit, filed),
        )  # fmt: skip

    async def _move(self, visit: DeskVisit) -> Response:
        """Move one request at the revision that was seen; what cannot be undone is asked twice."""
        form, filed = visit.form, await _find(visit)
        to, note = form.get("to"), form.get("note")[:LONGEST_NOTE].strip()
        if filed is None:
            return visit.sorry(_NO_REQUEST, 404)
        if to not in set(ADMIN_STATES):
            return await self._page(visit, filed, TOLD["not_allowed"], status=400)
        if check_reason(RequestState(to), note) is None:
            return await self._page(visit, filed, BAD_REASON, status=400, note=note)
        if RequestState(to) in FINAL_STATES and form.get("sure") != "1":
            return await self._page(visit, filed, "", note=note, asked=to)
        seen, code = to_number(form.get("revision")), filed.request.code
        result = await visit.admin.desk.move(visit.rights, code, RequestState(to), -1 if seen is None else seen, note)
        told_as = {"done": _outcome_word(result), **_kept_view(visit)}
        return visit.to(f"/desk/requests/{quote(code)}?{urlencode(told_as)}")

    async def _place(self, visit: DeskVisit) -> Response:
        """Put a request on the unit that it belongs to; its admins are told. The way back is to put it there again."""
        filed, typed = await _find(visit), visit.form.get("unit").strip()[:300]
        if filed is None:
            return visit.sorry(_NO_REQUEST, 404)
        unit = find_unit(typed, visit.units, today_of(visit)) if typed else None
        done = await visit.admin.desk.assign_unit(visit.rights, filed.request.code, unit) if unit else None
        if done is None or done.outcome is MoveOutcome.NOT_THERE:
            return await self._page(visit, filed, _NO_UNIT, status=400)
        word = "placed" if done.outcome is MoveOutcome.MOVED else "overtaken"
        return visit.to(f"/desk/requests/{quote(filed.request.code)}?{urlencode({'done': word, **_kept_view(visit)})}")

    def _forms(self, visit: DeskVisit, filed: RequestRow) -> list[dict[str, object]]:
        """Return the forms that are due, for those who see the request in full."""
        if not visit.rights.may(Act.SEE_PERSONAL, filed.unit):
            return []
        made = self._contents(visit, filed)
        return [
            {"form": one.form.value, "label": visit.say.t(FORM_LABELS[one.form]), "missing": len(list(one.missing()))}
            for one in made
        ]

    def _contents(self, visit: DeskVisit, filed: RequestRow) -> tuple[FormContent, ...]:
        pack = self.pack.covering(locate_unit(visit.units, filed.unit))
        offices = OfficeDirectory.of(pack.offices, self.office, visit.chosen_offices)
        return build_filed_forms(filed.request, visit.units, offices, today_of(visit))

    async def _fetch_form(self, visit: DeskVisit) -> Response:
        """Hand a filled form over; it is made once the journal has its row, for it takes its time."""
        filed = await _find(visit)
        if filed is None or not visit.rights.may(Act.SEE_PERSONAL, filed.unit):
            return visit.sorry(_NO_REQUEST, 404)
        made = self._contents(visit, filed)
        wanted = [one for one in made if one.form.value == visit.form.get("which")]
        if not wanted:
            return visit.sorry(_NO_FORM, 404)
        code = filed.request.code
        await visit.admin.journal.record(visit.rights, "request.form", code, unit=filed.unit)
        pdf = visit.form.get("as") == "pdf"
        return Afterwards(partial(self._make, wanted, pdf=pdf))

    async def _make(self, contents: list[FormContent], *, pdf: bool) -> Response:
        """Make one form at a time; a PDF takes a second and much memory. Where there can be none, it is a Word file."""
        await asyncio.to_thread(import_module, "bot.forms")
        from bot.forms import make_forms  # noqa: PLC0415 - heavy: loaded where a form is made

        async with self._making:
            files = await asyncio.to_thread(
                make_forms, contents, (), templates=self.templates, t=translator("vi"), pdf=pdf
            )
        file = next((one for one in files if one.media_type == PDF), files[0])
        headers = attachment_headers(file.name, len(file.content))
        return Response(file.content, media_type="application/octet-stream", headers=headers)


async def _find(visit: DeskVisit) -> RequestRow | None:
    code = str(visit.request.path_params["code"])[:40].upper()
    return await visit.admin.desk.get(visit.rights, code)


def _paragraphs(text: str) -> list[list[str]]:
    return [part.splitlines() for part in text.split("\n\n") if part.strip()]


def _step(visit: DeskVisit, step: RequestStep, labels: dict[str, str]) -> dict[str, object]:
    t = visit.say.t
    by = format_actor(t, step.by, labels)
    return {"at": step.at, "state": t(STATE_LABELS[step.state]), "by": by, "note": step.note}


def _view_of(visit: DeskVisit) -> str:
    """Return the list from which the request was opened, as its address has it; empty where that is not known."""
    return visit.form.get("list")[:_LONGEST_VIEW] or visit.param("list", _LONGEST_VIEW)


def _kept_view(visit: DeskVisit) -> dict[str, str]:
    view = _view_of(visit)
    return {"list": view} if view else {}


def _units(visit: DeskVisit) -> list[tuple[str, str]]:
    """Return open units that a request can be put on, as the form proposes them."""
    fitting = (
        (unit.code, unit.name)
        for unit in visit.units.in_order
        if unit.is_open(today_of(visit)) and visit.rights.may(Act.CHANGE_REQUESTS, unit.code)
    )
    return list(islice(fitting, _MOST_PROPOSED))


async def _neighbours(visit: DeskVisit, filed: RequestRow) -> dict[str, object]:
    """Return the way back to that list, and to the next request in it."""
    view = _view_of(visit)
    read = parse_filter(view, visit.units, today_of(visit))
    cols = columns_value(parse_columns(view))
    following = await visit.admin.desk.page(visit.rights, read.wanted, 1, before=filed.number) if view else ()
    view = to_query(read.wanted, cols=cols) if view else ""
    onward = following[0].request.code if following else ""
    return {"view": view, "onward": f"{onward}?{urlencode({'list': view})}" if onward else ""}


def _outcome_word(result: MoveResult) -> str:
    words = {MoveOutcome.MOVED: "moved", MoveOutcome.OVERTAKEN: "overtaken", MoveOutcome.NO_REASON: "reason"}
    return words.get(result.outcome, "not_allowed")
