"""The pages of broadcasts and campaigns: the list, and one with its actions, its progress and its report."""

from collections.abc import Sequence
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from bot.certificates import LIMITS, MEBIBYTE
from bot.web.desk.compose import SHOWN, format_parts, format_sample
from bot.web.desk.site import DeskVisit
from handlers.broadcasts import (
    DELIVERY_STATES,
    format_channel,
    format_checked_costs,
    format_delivery_reason,
    format_delivery_receipt,
    format_delivery_state,
    format_state,
    format_step_name,
)
from handlers.broadcasts.admin_text import (
    RESULT_MESSAGES,
    format_approved,
    format_audience,
    format_audience_counts,
    format_authorship,
    format_buttons,
    format_check_report,
    format_possible_approvers,
    format_result,
    format_schedule,
    format_texts,
)
from handlers.broadcasts.notices import format_counts, format_skip_reasons, percent_settled
from handlers.broadcasts.screens import CHANGEABLE_STATES
from handlers.broadcasts.screens.confirm import count_affected, question_for
from handlers.broadcasts.screens.detail import (
    ACTION_LABELS,
    APPROVE,
    CANCEL,
    CHECK,
    EDIT,
    PAUSE,
    RESUME,
    SENDING_STATES,
    START,
    STARTED_STATES,
    TO_ME,
    allowed_actions,
)
from handlers.broadcasts.screens.schedule import format_planned_steps
from handlers.core import capitalize_first
from handlers.model import (
    EXPIRY_CAMPAIGN,
    Act,
    ActionResult,
    Broadcast,
    BroadcastState,
    DeliveryCounts,
    Recipient,
)
from locales import N_
from rules.calendar import to_vietnam_day

#: Broadcasts and recipients on one page.
_BROADCASTS, _RECIPIENTS = 30, 100
_MOST_STEPS = 200
RESEND = "resend"
TO = {
    APPROVE: BroadcastState.APPROVED,
    START: BroadcastState.RUNNING,
    RESUME: BroadcastState.RUNNING,
    PAUSE: BroadcastState.PAUSED,
    CANCEL: BroadcastState.CANCELLED,
}
#: Actions that ask first, as in the chat.
ASKED = frozenset({APPROVE, START, CANCEL, RESEND})
NO_BROADCAST = N_("There is no such broadcast within your reach.")
_TOLD = {
    "saved": N_("Saved as a draft. Look at it, send it to yourself, then let the whole list be checked."),
    "changed": N_("Changed: {parts}. It has to be checked again before it is approved."),
    "same": N_("Nothing was changed."),
    "people": N_(
        "It goes only to the {people} people of the list now. It has to be checked again before it is approved."
    ),
    "no_people": N_(
        "The list was taken away: it goes to all within the conditions. To have it back, choose the file again."
    ),
    "document": N_("The file goes along. Please send it to yourself to see how it arrives."),
    "no_document": N_("No file goes along any more. To have it back, choose it again."),
    "check": N_("The whole list is being checked; the result stands here in a moment."),
    "to_me": N_("It comes to you alone, in your conversation, with the values of the first recipient."),
    "not_to_me": N_("It cannot be sent to you just now. Please look whether it has a text."),
    "resend": N_("It is sent again to {number} people."),
    "nothing": N_("Nothing was sent again."),
    **{result.value: message for result, message in RESULT_MESSAGES.items()},
}
#: Where a broadcast can stand after each move.
_STANDS_AFTER = {
    APPROVE: frozenset(BroadcastState) - CHANGEABLE_STATES,
    START: frozenset({BroadcastState.RUNNING, BroadcastState.FINISHED}),
    RESUME: frozenset({BroadcastState.RUNNING, BroadcastState.FINISHED}),
    PAUSE: frozenset({BroadcastState.PAUSED}),
    CANCEL: frozenset({BroadcastState.CANCELLED}),
}
#: What is said after an action, with the way back where there is one.
_WAY_BACK = {
    APPROVE: N_("Until it is sent it can be called off."),
    START: N_("It can be paused at any moment; what was sent stays sent."),
    RESUME: N_("It can be paused at any moment; what was sent stays sent."),
    PAUSE: N_("“Go on with it” takes it up where it stopped."),
    CANCEL: N_("There is no way back. To reach the others, write a new one."),
}


async def show_broadcasts(visit: DeskVisit) -> Response:
    """Show the newest broadcasts and campaigns."""
    before = visit.param("before", 20) or None
    found = await visit.admin.broadcasts.latest(visit.rights, _BROADCASTS + 1, before)
    older = found[_BROADCASTS - 1].id if len(found) > _BROADCASTS else ""
    return visit.page(
        "desk_broadcasts.html", rows=[_broadcast_row(visit, one) for one in found[:_BROADCASTS]], older=older,
        total=await visit.admin.broadcasts.count_all(visit.rights), is_older=before is not None,
        may_write=bool(visit.rights.reach(Act.WRITE_BROADCASTS)),
    )  # fmt: skip


def _broadcast_row(visit: DeskVisit, one: Broadcast) -> dict[str, object]:
    t = visit.say.t
    uncounted = one.is_campaign or one.id == EXPIRY_CAMPAIGN or one.state is BroadcastState.DRAFT
    recipients = None if uncounted else one.recipients
    state, title = capitalize_first(format_state(t, one)), format_step_name(t, one.step) or one.draft.title
    return {
        "id": one.id,
        "title": title,
        "state": state,
        "mark": one.state.value,
        "at": one.created_at,
        "recipients": recipients,
    }


async def find_broadcast(visit: DeskVisit) -> Broadcast | None:
    name = str(visit.request.path_params["code"])[:20].upper()
    return await visit.admin.broadcasts.get(visit.rights, name)


async def show_broadcast(visit: DeskVisit) -> Response:
    """Show one broadcast: its text, its plan, how far it is, and what became of each recipient."""
    one = await find_broadcast(visit)
    if one is None:
        return visit.sorry(NO_BROADCAST, 404)
    asked = visit.param("ask", 20)
    is_over = visit.param("done", 20) == CHECK and not one.checking  # its result stands on the page
    told = "" if is_over or not _is_so(visit, one) else visit.told(
        _TOLD, parts=format_parts(visit), number=visit.param("number", 9), people=len(one.draft.audience.chats or ())
    )  # fmt: skip
    return await broadcast_page(visit, one, _after_move(visit, one) or told, asked if asked in ASKED else "")


def _is_so(visit: DeskVisit, one: Broadcast) -> bool:
    """Tell whether what the address says of a file is so: an address proves nothing."""
    has_list, has_file = one.draft.audience.chats is not None, one.draft.document is not None
    said = {"people": has_list, "no_people": not has_list, "document": has_file, "no_document": not has_file}
    return said.get(visit.param("done", 20), True)


def _after_move(visit: DeskVisit, one: Broadcast) -> str:
    """Tell what a move did and how to take it back; the address names the move."""
    done = visit.param("done", 20)
    if one.state not in _STANDS_AFTER.get(done, ()):  # an address proves nothing
        return ""
    approved = done == APPROVE
    said = format_approved(visit.say, one) if approved else format_result(visit.say, ActionResult.DONE, TO[done])
    return f"{said} {visit.say.t(_WAY_BACK[done])}"


async def broadcast_page(  # noqa: PLR0913 - what a page tells beside the broadcast
    visit: DeskVisit,
    one: Broadcast,
    message: str,
    asked: str,
    *,
    status: int = 200,
    wrong_lines: Sequence[str] = (),
) -> Response:
    """Show a broadcast with a message above it; ``wrong_lines`` are those of a file that cannot be used."""
    say, rights, broadcasts, t = visit.say, visit.rights, visit.admin.broadcasts, visit.say.t
    labels = await visit.labels()
    tally = await broadcasts.tally(rights, one.id)
    steps = await broadcasts.steps(rights, one.id)
    actions = list(allowed_actions(rights, one))
    waits = APPROVE in actions and await broadcasts.needs_second_person(rights, one.id)
    draft = one.draft
    return visit.page(
        "desk_broadcast.html", status=status, id=one.id, title=draft.title, told=message, mark=one.state.value,
        parent=one.parent or "", revision=one.revision, question=await _question(visit, one, asked, tally),
        lines=[*format_authorship(say, one, labels).splitlines(), *format_schedule(say, one).splitlines()],
        audience=format_audience(draft.audience, visit.units, t), buttons=format_buttons(say, draft).splitlines(),
        texts=[text.splitlines() for text in format_texts(say, draft)],
        actions=[_action(visit, name) for name in actions if name != EDIT and not (name == APPROVE and waits)],
        wrong_lines=wrong_lines, document=draft.document or "", listed=draft.audience.chats is not None,
        most=LIMITS.file // MEBIBYTE, may_edit=EDIT in actions, waits=await _approvers(visit, one) if waits else [],
        moves_by_itself=one.checking or one.state in SENDING_STATES,
        progress=_progress(visit, one, tally), again=_resend_count(visit, one, tally),
        **await _draft_parts(visit, one), **await _recipients(visit, one, tally), **_steps(visit, one, steps),
    )  # fmt: skip


def _action(visit: DeskVisit, name: str) -> dict[str, str]:
    way = {CHECK: "check", TO_ME: "test"}.get(name, "move")
    return {"name": name, "label": visit.say.t(ACTION_LABELS[name][0]), "way": way}


async def _question(visit: DeskVisit, one: Broadcast, asked: str, tally: DeliveryCounts) -> dict[str, object] | None:
    """Return what an action asks first: its title, what a yes does, the words of the button."""
    if not asked:
        return None
    question = question_for(one, asked)
    number = visit.number(count_affected(one, tally, asked))
    told = visit.say(question.told, number=number)
    checked = await visit.admin.broadcasts.last_check(visit.rights, one.id) if asked == APPROVE else None
    lines = [line for part in format_checked_costs(visit.say, checked) for line in part.splitlines()]
    words = {"title": visit.say(question.title), "told": told, "yes": visit.say.t(question.yes)}
    return {**words, "name": asked, "costs": lines}


async def _approvers(visit: DeskVisit, one: Broadcast) -> list[Markup]:
    holders = await visit.admin.people.holders(visit.rights)
    who = format_possible_approvers(visit.say, holders, visit.rights, one)
    return [format_result(visit.say, ActionResult.SECOND_PERSON), *who.splitlines()]


async def _draft_parts(visit: DeskVisit, one: Broadcast) -> dict[str, object]:
    """Return what is shown before anything leaves: how many are meant, what the check found, how it reads."""
    say, rights, broadcasts = visit.say, visit.rights, visit.admin.broadcasts
    counts: list[Markup] = []
    findings: list[list[Markup]] = []
    if one.state in CHANGEABLE_STATES:
        if rights.may(Act.WRITE_BROADCASTS, one.unit):
            counts = format_audience_counts(say, await broadcasts.count(rights, one.draft.audience)).splitlines()
        checked = await broadcasts.last_check(rights, one.id)
        if checked and not one.checking:
            findings = [part.splitlines() for part in format_check_report(say, checked)]
    samples = await broadcasts.sample(rights, one.id, SHOWN) if one.draft.text.vi else ()
    return {"counts": counts, "findings": findings, "samples": [format_sample(visit, *each) for each in samples]}


def _progress(visit: DeskVisit, one: Broadcast, tally: DeliveryCounts) -> dict[str, object] | None:
    if not tally.total or one.state not in STARTED_STATES:
        return None
    return {
        "percent": percent_settled(tally),
        "lines": format_counts(visit.say, tally).splitlines(),
        "reasons": format_skip_reasons(visit.say, tally).splitlines(),
    }


def _resend_count(visit: DeskVisit, one: Broadcast, tally: DeliveryCounts) -> int:
    """Return how many messages may be sent once more: it is not known whether they arrived."""
    return tally.states.get("unknown", 0) if visit.rights.may(Act.WRITE_BROADCASTS, one.unit) else 0


async def _recipients(visit: DeskVisit, one: Broadcast, tally: DeliveryCounts) -> dict[str, object]:
    wanted, after = visit.param("state", 20), visit.param("after", 20)
    state = wanted if wanted in tally.states else None
    found = await visit.admin.broadcasts.recipients(visit.rights, one.id, _RECIPIENTS + 1, after, state)
    more = len(found) > _RECIPIENTS
    last = found[_RECIPIENTS - 1].code if more else ""
    shown = [person for person in found if not more or person.code <= last]
    t = visit.say.t
    kinds = [
        (word, capitalize_first(t(label)), tally.states[word])
        for word, label in DELIVERY_STATES.items()
        if word in tally.states
    ]
    following = urlencode({**({"state": state} if state else {}), "after": last}) if more else ""
    return {
        "people": [_recipient(visit, person) for person in shown],
        "following": following, "state": state or "", "kinds": kinds, "after": after,
        "total": tally.states[state] if state else tally.total, "everybody": tally.total,
    }  # fmt: skip


def _recipient(visit: DeskVisit, one: Recipient) -> dict[str, object]:
    t = visit.say.t
    state = format_delivery_state(t, one.state)
    reason = format_delivery_reason(t, one.reason) or format_delivery_receipt(t, one.receipt)
    return {
        "code": one.code,
        "name": one.name or "",
        "unit": visit.units.name(one.unit) if one.unit else "",
        "channel": format_channel(t, one.channel),
        "state": f"{state} ({reason})" if state and reason else state,
    }


def _steps(visit: DeskVisit, one: Broadcast, made: tuple[Broadcast, ...]) -> dict[str, object]:
    """Return the plan of a campaign with what became of each day, and the broadcasts that it made, the newest first."""
    plan, today = one.draft.plan, to_vietnam_day(visit.now)
    planned = list(format_planned_steps(visit.say, today, plan, made)) if plan else []
    shown = [_broadcast_row(visit, step) for step in made[::-1][:_MOST_STEPS]]
    return {"planned": planned, "steps": shown, "steps_total": len(made)}
