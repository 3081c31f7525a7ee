"""Broadcasts in words, for those who make them: what each part of a draft says, and what became of a wish."""

from collections.abc import Mapping

from markupsafe import Markup, escape

from handlers.broadcasts.model import STANDING, Broadcast, Checked, Draft, Life, Outcome, Plan, Problem, Tally
from handlers.broadcasts.progress_words import bar, counts, share
from handlers.broadcasts.rendering import LABELS
from handlers.broadcasts.report_words import life, rows, trouble, why
from handlers.dates import day, moment
from handlers.office.journal_words import doer
from handlers.office.list_words import clipped
from handlers.office.rights import Act, Rights, Role, held_by
from handlers.screen import Here
from handlers.voice import Voice, bold, bullets, lines
from locales import N_, Translator

#: Each outcome in one sentence; what is done says what comes of it (``DONE``).
OUTCOMES = {
    Outcome.DONE: N_("Done."),
    Outcome.UNKNOWN: N_("There is no such broadcast within your reach."),
    Outcome.NOT_ALLOWED: N_("That cannot be done as the broadcast stands now. This is how it stands:"),
    Outcome.NOT_YOURS: N_("Your role does not allow this for this broadcast."),
    Outcome.SECOND_PERSON: N_("So many recipients need a second person to approve; you wrote this one yourself."),
    Outcome.OVERTAKEN: N_(
        "The broadcast has changed since you saw it, so nothing was done. Please look at it as it is now:"
    ),
    Outcome.PROBLEMS: N_("It has no check without problems yet. Please check it, and put right what is found."),
}
#: What comes of moving it there.
DONE = {
    Life.APPROVED: N_("Approved. Text and recipients are fixed now; the list of recipients is being made."),
    Life.RUNNING: N_("It is under way. How far it is stands in a message of its own."),
    Life.PAUSED: N_("Paused: nothing more leaves until you go on."),
    Life.CANCELLED: N_("Called off. Whoever has not got it yet will not get it."),
}
_APPROVED = N_("Approved. The campaign reminds by itself from now on, on the days of its plan.")
#: Letters of a title on a button.
_TITLE = 28


def approved(say: Voice, one: Broadcast) -> Markup:
    """What follows from an approval."""
    return say(_APPROVED if one.is_campaign else DONE[Life.APPROVED])


def outcome(say: Voice, became: Outcome, to: Life | None = None) -> Markup:
    """What became of a wish."""
    return say(DONE[to] if became is Outcome.DONE and to in DONE else OUTCOMES[became])


def row(say: Voice, one: Broadcast) -> str:
    """``TB-000012 · Nhắc hạn · đang chạy · 214``."""
    many = () if one.is_campaign or not one.recipients else (str(one.recipients),)
    return " · ".join((one.id, clipped(one.draft.title, _TITLE), life(say.t, one), *many))


def heading(one: Broadcast) -> Markup:
    """``TB-000012: Nhắc hạn``."""
    return bold(f"{one.id}: {one.draft.title}")


def standing(say: Voice, one: Broadcast, labels: Mapping[str, str]) -> Markup:
    """Where it stands, and by whom it was written and approved."""
    state = N_("Being checked: the result comes as a message.") if one.checking else ""
    because = f" – {why(say.t, one.why)}" if one.why else ""
    author = say(N_("Written by {author}, {at}"), author=doer(say.t, one.author, labels), at=moment(one.created_at))
    approver = say(N_("Approved by {who}"), who=doer(say.t, one.approver, labels)) if one.approver else ""
    held = say(N_("Nothing leaves before {at}."), at=moment(one.held_until)) if one.held_until else ""
    return lines(
        say(N_("Stands at: <b>{state}</b>{why}"), state=life(say.t, one), why=because),
        say(state) if state else "",
        held,
        author,
        approver,
    )


def when(say: Voice, one: Broadcast) -> Markup:
    """Its plan, or its start and its deadline."""
    if one.draft.plan:
        return planned(say, one.draft.plan)
    if one.id == STANDING:
        return say(N_("It reminds by itself of certificates that are about to end."))
    due, at = one.draft.deadline, one.starts_at or one.draft.starts_at
    starts = say(N_("Is sent: at {at}"), at=moment(at)) if at else say(N_("Is sent: when you tap “Send”"))
    return lines(say(N_("Deadline: <b>{day}</b>"), day=day(due)) if due else "", starts)


def planned(say: Voice, plan: Plan) -> Markup:
    """Deadline, days and hour of a campaign, and what becomes of a step that was missed."""
    late = (
        N_("A reminder missed at its time: sent late")
        if plan.late == "run"
        else N_("A reminder missed at its time: left out")
    )
    return lines(
        say(N_("Deadline: <b>{day}</b>"), day=day(plan.deadline)),
        say(N_("Reminders: {steps}; at {at}"), steps=steps(say.t, plan.steps), at=f"{plan.at:%H:%M}"),
        say(late),
    )


def steps(t: Translator, days: tuple[int, ...]) -> str:
    """``30, 14, 7 ngày trước hạn; đúng ngày hạn; 1 ngày sau hạn``."""
    before, after = [str(one) for one in days if one > 0], [str(-one) for one in days if one < 0]
    parts = (
        t(N_("{days} days before the deadline"), days=", ".join(before)) if before else "",
        t(N_("on the day of the deadline")) if 0 in days else "",
        t(N_("{days} days after the deadline"), days=", ".join(after)) if after else "",
    )
    return "; ".join(part for part in parts if part)


def texts(say: Voice, draft: Draft) -> tuple[Markup, ...]:
    """The text in both languages, as it was written."""
    titles = {"vi": N_("<b>In Vietnamese</b>"), "en": N_("<b>In English</b>")}
    missing = say(N_("<i>(not written yet)</i>"))
    return tuple(lines(say(title), escape(getattr(draft.text, code)) or missing) for code, title in titles.items())


def buttons(say: Voice, draft: Draft) -> Markup:
    """The buttons that recipients can tap, and the file that comes along."""
    labels = ", ".join(f"“{say.t(LABELS[one])}”" for one in draft.buttons) or say.t(N_("none"))
    document = say(N_("File: <b>{name}</b>"), name=draft.document) if draft.document else ""
    return lines(say(N_("Buttons: {buttons}"), buttons=labels), document)


def problem(say: Voice, found: Problem) -> Markup:
    """What stands against it, what to do, and whom it is about."""
    more = rows(say.t, found)
    return lines(escape(f"⚠ {trouble(say.t, found)}"), escape(more))


def findings(say: Voice, found: Checked) -> tuple[Markup, ...]:
    """What the last check found."""
    head = say(N_("Check of {at}: {count} recipients"), at=moment(found.at), count=found.recipients)
    if not found.problems:
        return (lines(head, say(N_("Nothing stands against it."))),)
    todo = say(N_("Please put this right, then check it again:"))
    return (lines(head, todo), lines(*(problem(say, one) for one in found.problems)))


def progress(say: Voice, tally: Tally) -> Markup:
    """How far it is: a bar, and how many are in which state."""
    return lines(escape(bar(share(tally))), counts(say, tally))


async def second_person(here: Here, rights: Rights, one: Broadcast) -> Markup:
    """Who else can approve it, and what they send to get there."""
    say = here.say
    holders = await here.world.admin.people.holders(rights)
    mine = {grant.id for grant in rights.grants}
    able = [
        f"{holder.label or holder.id} ({holder.id})"
        for holder in holders
        if holder.id not in mine and _approves(rights, one, holder.role, holder.unit)
    ]
    how = say(N_("They send <b>/thongbao {code}</b> and tap “Approve”."), code=one.id)
    if able:
        return lines(say(N_("These can approve it:")), bullets(able[:8]), how)
    return lines(say(N_("An owner, or another admin of the unit, can approve it.")), how)


def _approves(rights: Rights, one: Broadcast, role: str, unit: str | None) -> bool:
    if not held_by((Role(role),), Act.APPROVE_BROADCASTS):
        return False
    return unit is None or (one.unit is not None and rights.units.is_within(one.unit, unit))
