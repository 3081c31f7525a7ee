"""Writing a broadcast on a page: the form, what stands against it, whom it means, and how each recipient reads it."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from bot.web.desk.draft_form import PART_LABELS, TEXTS, USUAL, DraftReader, changed_parts, form_choices, form_values
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.broadcasts.admin_text import RESULT_MESSAGES, format_audience, format_audience_counts
from handlers.broadcasts.rendering import BUTTON_LABELS
from handlers.broadcasts.screens import CHANGEABLE_STATES
from handlers.broadcasts.screens.compose import widest_unit
from handlers.broadcasts.screens.message import (
    MARKUP_HELP,
    MAX_TEXT_LENGTH,
    PLACEHOLDERS_HELP,
    TEXT_STAYS,
    ReadyText,
    build_ready_text,
    is_custom_text,
    slot_names,
)
from handlers.core import Reply
from handlers.model import (
    Act,
    ActionResult,
    Audience,
    Broadcast,
    BroadcastDraft,
    CampaignPlan,
    Recipient,
    default_steps,
)
from locales import N_
from rules.calendar import to_vietnam_day

#: Recipients whose message is shown at a time, and the last that can be turned to.
SHOWN, _MOST_SKIPPED = 3, 300
_MOST_PROPOSED = 300
_NO_BROADCAST = N_("There is no such broadcast within your reach.")
_NOT_CHANGEABLE = N_("This broadcast cannot be changed any more.")
_NOT_SAVED = N_("Nothing was saved yet. Please put right what is marked below.")
NEW_PATH = "/desk/broadcasts/new"


@dataclass(frozen=True, slots=True)
class Writing:
    """The subject of the page with the form."""

    draft: BroadcastDraft
    values: dict[str, str]
    wrong: dict[str, Markup]
    found: Broadcast | None = None  #: ``None``: it is new
    revision: str = ""
    skip: int = 0
    said: tuple[Markup, ...] = ()

    @property
    def campaign(self) -> bool:
        """Return whether it is a campaign; of a new one the form decides."""
        return self.found.is_campaign if self.found else self.values["kind"] == "campaign"


def _new_draft(visit: DeskVisit) -> BroadcastDraft:
    language = "en" if visit.say.language == "en" else "vi"
    return BroadcastDraft(title="", audience=Audience(unit=widest_unit(visit.rights)), language=language)


async def show_new(visit: DeskVisit) -> Response:
    """Show an empty form; a campaign is for those with something to do."""
    draft = _new_draft(visit)
    values = {**form_values(draft), "owed": USUAL}
    if visit.param("kind", 20) == "campaign":
        draft = draft.model_copy(update={"audience": draft.audience.model_copy(update={"to_do": True})})
        values |= {"kind": "campaign", "at": f"{CampaignPlan.model_fields['at'].default:%H:%M}"}
    return await _page(visit, Writing(draft, values, {}))


async def show_edit(visit: DeskVisit) -> Response:
    """Show the form of a draft."""
    found = await _changeable(visit, str(visit.request.path_params["code"]))
    if isinstance(found, Response):
        return found
    return await _page(visit, Writing(found.draft, form_values(found.draft), {}, found, str(found.revision)))


async def preview(visit: DeskVisit) -> Response:
    """Show the form as it was filled in, with what it would send; nothing is stored."""
    read = await _read(visit, visit.form.get("code"))
    return read if isinstance(read, Response) else await _page(visit, _with_ready_text(visit, read))


async def save_new(visit: DeskVisit) -> Response:
    """Keep a new draft, if nothing stands against it."""
    read = await _read(visit, "")
    if isinstance(read, Response):
        return read
    if read.wrong:
        return await _page(visit, read, 400)
    made = await visit.admin.broadcasts.new(visit.rights, read.draft)
    if made is None:
        return visit.sorry(RESULT_MESSAGES[ActionResult.NOT_YOURS], 403)
    return visit.to(f"/desk/broadcasts/{made.id}?done=saved")


async def save_edit(visit: DeskVisit) -> Response:
    """Keep the changes of a draft, at the revision that was seen."""
    code = str(visit.request.path_params["code"])[:20].upper()
    read = await _read(visit, code)
    if isinstance(read, Response) or read.found is None:
        return read if isinstance(read, Response) else visit.sorry(_NO_BROADCAST, 404)
    if read.wrong:
        return await _page(visit, read, 400)
    parts = changed_parts(read.found.draft, read.draft)
    if not parts:
        return visit.to(f"/desk/broadcasts/{code}?done=same")
    revision = int(read.revision) if read.revision.isdecimal() and len(read.revision) < 16 else -1
    became = await visit.admin.broadcasts.change(visit.rights, code, revision, read.draft)
    if became is not ActionResult.DONE:
        return visit.to(f"/desk/broadcasts/{code}?done={became}")
    return visit.to(f"/desk/broadcasts/{code}?{urlencode({'done': 'changed', 'parts': ' '.join(parts)})}")


def format_parts(visit: DeskVisit) -> str:
    """Name the parts that the address says were changed."""
    named = [PART_LABELS[one] for one in visit.param("parts").split() if one in PART_LABELS]
    return ", ".join(visit.say.t(label) for label in dict.fromkeys(named))


async def _changeable(visit: DeskVisit, code: str) -> Broadcast | Response:
    """Return a draft that the person may change, or the page that says why not."""
    found = await visit.admin.broadcasts.get(visit.rights, code[:20].upper())
    if found is None:
        return visit.sorry(_NO_BROADCAST, 404)
    if not visit.rights.may(Act.WRITE_BROADCASTS, found.unit):
        return visit.sorry(RESULT_MESSAGES[ActionResult.NOT_YOURS], 403)
    if found.state not in CHANGEABLE_STATES or found.parent is not None:
        return visit.sorry(_NOT_CHANGEABLE, 409)
    return found


async def _read(visit: DeskVisit, code: str) -> Writing | Response:
    found: Broadcast | None = None
    if code:
        changeable = await _changeable(visit, code)
        if isinstance(changeable, Response):
            return changeable
        found = changeable
    form, was = visit.form, found.draft if found else _new_draft(visit)
    reader = DraftReader(form, was, visit.rights, visit.say, visit.now)
    campaign = found.is_campaign if found else form.get("kind") == "campaign"
    draft = reader.read(campaign=campaign)
    shown = form_values(was)
    values = {name: form.get(name)[: MAX_TEXT_LENGTH if name in TEXTS else 1000] for name in shown}
    values["kind"] = "campaign" if campaign else "single"
    skip = form.get("skip")
    skipped = min(int(skip), _MOST_SKIPPED) if skip.isascii() and skip.isdecimal() and len(skip) < 5 else 0
    return Writing(draft, values, reader.wrong, found, form.get("revision")[:16], skipped)


def _with_ready_text(visit: DeskVisit, read: Writing) -> Writing:
    """Put in the ready-made text that was asked for, in each language in which nobody wrote a text."""
    asked = visit.form.get("act")
    if asked not in set(ReadyText):
        return read
    ready, values, said = build_ready_text(ReadyText(asked)), dict(read.values), []
    for one in TEXTS:
        if is_custom_text(values[one]):
            said.append(visit.say(TEXT_STAYS[one]))
        else:
            values[one] = getattr(ready, one)
    text = read.draft.text.model_copy(update={one: values[one] for one in TEXTS})
    wrong = {name: why for name, why in read.wrong.items() if name not in TEXTS or is_custom_text(values[name])}
    draft = read.draft.model_copy(update={"text": text})
    return Writing(draft, values, wrong, read.found, read.revision, read.skip, tuple(said))


async def _page(visit: DeskVisit, read: Writing, status: int = 200) -> Response:
    t, rights, broadcasts = visit.say.t, visit.rights, visit.admin.broadcasts
    today = to_vietnam_day(visit.now)
    counts = await broadcasts.count(rights, read.draft.audience)
    samples = await broadcasts.preview(rights, read.draft, SHOWN + 1, read.skip) if read.draft.text.vi else ()
    deadline = read.draft.deadline
    usual = default_steps(deadline, visit.now) if deadline else CampaignPlan(deadline=today).steps
    return visit.page(
        "desk_compose.html", status=status, code=read.found.id if read.found else "", revision=read.revision,
        campaign=read.campaign, values=read.values, wrong=read.wrong,
        choices=form_choices(read.draft, t, new=read.found is None),
        said=[*([visit.say(_NOT_SAVED)] if status == 400 else []), *read.said],
        buttons=[(f"b_{one}", t(label)) for one, label in BUTTON_LABELS.items()],
        placeholders=visit.say(PLACEHOLDERS_HELP, **slot_names(visit.say)), markup=visit.say(MARKUP_HELP),
        audience=format_audience(read.draft.audience, visit.units, t),
        counts=format_audience_counts(visit.say, counts).splitlines(), most=MAX_TEXT_LENGTH,
        samples=[format_sample(visit, *each) for each in samples[:SHOWN]], skip=read.skip,
        following=read.skip + SHOWN if len(samples) > SHOWN else 0, proposed=_proposed_units(visit, visit.now),
        usual=", ".join(map(str, usual)),
        document=read.draft.document or "",
    )  # fmt: skip


def _proposed_units(visit: DeskVisit, now: datetime) -> list[tuple[str, str]]:
    today = to_vietnam_day(now)
    within = (
        one for one in visit.units.in_order
        if one.is_open(today) and visit.rights.may(Act.WRITE_BROADCASTS, one.code)
    )  # fmt: skip
    return [(one.code, one.name) for one, _ in zip(within, range(_MOST_PROPOSED), strict=False)]


def format_sample(visit: DeskVisit, to: Recipient, reply: Reply) -> dict[str, object]:
    """Return the message as one recipient reads it: whose it is, its lines, its buttons."""
    unit = visit.units.name(to.unit) if to.unit else ""
    return {
        "whose": " · ".join(part for part in (to.code, to.name, unit) if part),
        "lines": [Markup(line) for text in reply.paragraphs for line in text.split("\n")],  # noqa: S704 - rendered by the template, values escaped
        "buttons": [choice.label for choice in reply.choices],
    }


COMPOSE_ROUTES = (
    DeskRoute("GET", NEW_PATH, Act.WRITE_BROADCASTS, show_new),
    DeskRoute("POST", NEW_PATH, Act.WRITE_BROADCASTS, save_new),
    DeskRoute("POST", "/desk/broadcasts/preview", Act.WRITE_BROADCASTS, preview, reads=True),
    DeskRoute("GET", "/desk/broadcasts/{code}/edit", Act.WRITE_BROADCASTS, show_edit),
    DeskRoute("POST", "/desk/broadcasts/{code}/edit", Act.WRITE_BROADCASTS, save_edit),
)
