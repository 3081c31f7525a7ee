"""What the author of a broadcast is told: what a check found, that it is ready, paused, or over."""

from markupsafe import Markup, escape

from handlers.broadcasts.model import Broadcast, Checked, Problem, Tally, Why
from handlers.broadcasts.progress_words import counts, heading, opening, skipped
from handlers.broadcasts.report_words import reachable, rows, step_name, trouble, why
from handlers.dates import moment
from handlers.office.export_words import number
from handlers.replies import Reply
from handlers.voice import Voice, bullets, capital, lines
from locales import N_


def checked(say: Voice, broadcast: Broadcast, found: Checked, *, second_person: bool) -> Reply:
    """Whom it would reach, what stands against it, and what comes next."""
    head = say(N_("<b>Check of {code}</b> {title}"), code=broadcast.id, title=broadcast.draft.title)
    return _notice(say, broadcast, head, _meant(say, found), *_problems(say, found), _next(say, found, second_person))


def ready(say: Voice, broadcast: Broadcast, tally: Tally) -> Reply:
    """Everybody meant has a row; when it starts."""
    begins = say(N_("Everybody on the list has a row: {count}."), count=number(say, tally.total))
    starts = broadcast.starts_at or broadcast.draft.starts_at
    when = (
        say(N_("It starts by itself: {moment}."), moment=moment(starts))
        if starts
        else say(N_("It starts when you start it."))
    )
    return _notice(say, broadcast, heading(say, broadcast), lines(begins, when), skipped(say, tally))


def paused(say: Voice, broadcast: Broadcast, tally: Tally, percent: int) -> Reply:
    """It paused by itself: too much went wrong."""
    because = say(
        N_("<b>{code}</b> has paused by itself: {percent} % of the messages could not be delivered."),
        code=broadcast.id,
        percent=percent,
    )
    todo = say(
        N_(
            "Please look at the report first. Where the text or the channel is at fault, call it off and put that"
            " right; where the fault has passed, let it go on."
        )
    )
    return _notice(say, broadcast, because, counts(say, tally), todo)


def finished(say: Voice, broadcast: Broadcast, tally: Tally) -> Reply:
    """What became of everybody."""
    if not tally.total:
        nobody = say(N_("<b>{code}</b> is finished: nobody was left to be reminded."), code=broadcast.id)
        return _notice(say, broadcast, nobody)
    head = say(
        N_("<b>{code}</b> {title} is finished: {count} people."),
        code=broadcast.id,
        title=broadcast.draft.title,
        count=number(say, tally.total),
    )
    reasons = skipped(say, tally)
    because = lines(say(N_("Of these, with a reason:")), reasons) if reasons else Markup()
    return _notice(say, broadcast, head, _late(say, broadcast), counts(say, tally), because, _unknown(say, tally))


def left_out(say: Voice, campaign: Broadcast, step: str) -> Reply:
    """A step that is not carried out."""
    said = say(
        N_("<b>{code}</b> {title}: the reminder “{step}” was left out, because its time was over."),
        code=campaign.id,
        title=campaign.draft.title,
        step=step_name(say.t, step),
    )
    return _notice(say, campaign, said)


def not_sent(say: Voice, step: Broadcast, found: Checked) -> Reply:
    """A step whose check found problems."""
    said = say(
        N_("<b>{code}</b> {title}: the reminder “{step}” was not sent to anybody, because its check found problems."),
        code=step.id,
        title=step.draft.title,
        step=step_name(say.t, step.step),
    )
    todo = say(N_("Please put that right in a new broadcast, to be sent to the same people."))
    return _notice(say, step, said, *_problems(say, found), todo)


def needs_another(say: Voice, broadcast: Broadcast) -> Reply:
    """More people are meant than its author may decide about."""
    said = say(
        N_(
            "<b>{code}</b> {title}: {count} people are meant by now, more than one person may approve."
            " Nothing was sent."
        ),
        code=broadcast.id,
        title=broadcast.draft.title,
        count=number(say, broadcast.recipients),
    )
    todo = say(N_("Those who may approve it have been asked. It goes on as soon as one of them approves it."))
    return _notice(say, broadcast, said, todo)


def over(say: Voice, campaign: Broadcast) -> Reply:
    """A campaign all of whose steps have ended."""
    said = say(
        N_("<b>{code}</b> {title} is over: every step of its plan has ended. Open it to see what became of each."),
        code=campaign.id,
        title=campaign.draft.title,
    )
    return _notice(say, campaign, said)


def _meant(say: Voice, found: Checked) -> Markup:
    total = say(N_("Recipients: {count}"), count=number(say, found.recipients))
    return lines(total, bullets(reachable(say.t, one) for one in found.counted))


def _problems(say: Voice, found: Checked) -> tuple[Markup, ...]:
    return tuple(_problem(say, one) for one in found.problems)


def _problem(say: Voice, problem: Problem) -> Markup:
    return lines(escape(trouble(say.t, problem)), escape(rows(say.t, problem)))


def _next(say: Voice, found: Checked, second_person: bool) -> Markup:
    if found.problems:
        return say(N_("Nothing was sent. Please put this right, then check it again."))
    if second_person:
        return say(N_("Nothing stands against it. So many recipients need the approval of a second person."))
    return say(N_("Nothing stands against it. Send it to yourself first, then approve it."))


def _late(say: Voice, broadcast: Broadcast) -> Markup:
    return escape(capital(why(say.t, broadcast.why))) if broadcast.why == Why.LATE else Markup()


def _unknown(say: Voice, tally: Tally) -> Markup:
    """Never sent again by itself: it may have arrived."""
    count = tally.states.get("unknown", 0)
    if not count:
        return Markup()
    return say(
        N_(
            "Of {count} people it is not known whether the message arrived. Nothing is sent twice by itself:"
            " open the broadcast to see who they are, and to send it to them again."
        ),
        count=number(say, count),
    )


def _notice(say: Voice, about: Broadcast, *paragraphs: Markup) -> Reply:
    return Reply(paragraphs=tuple(str(one) for one in paragraphs if one), choices=(opening(say, about.id),))
