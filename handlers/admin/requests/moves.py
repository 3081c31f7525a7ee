"""Moves of requests: all of the list in one step after confirmation, or the open one."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from handlers.admin import (
    MOVE_LABELS,
    MOVE_SYNONYMS,
    format_filter,
    format_move_not_possible,
    format_overtaken,
    list_view,
    open_request,
    to_filtered_list,
    to_list_screen,
    to_request_list,
)
from handlers.core import (
    BACK,
    NO,
    YES,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    back_option,
    current_rights,
    holder_labels,
)
from handlers.model import (
    ADMIN_STATES,
    MAX_BULK_MOVES,
    NEEDS_REASON,
    Act,
    BulkMoveResult,
    Filter,
    MoveOutcome,
    MoveResult,
    RequestState,
    to_movable_filter,
)
from handlers.requests import STATE_LABELS
from locales import N_

#: Codes that the result of a bulk move names.
_MAX_CODES_LISTED = 20


class BulkMoveScreen(OptionsOnlyScreen):
    """Asks for the new state, with the number of requests that would change for each."""

    async def page(self, here: Context) -> Page:
        """Show the states to which at least one request of the list can be moved."""
        say, wanted = here.say, list_view(here).wanted
        about = say(N_("Filter: {filter}"), filter=format_filter(wanted, here.world.units, say.t))
        numbers = {to: await _count_changes(here, to) for to in ADMIN_STATES}
        options = [
            Option(to, f"{say.t(MOVE_LABELS[to])} ({number})", MOVE_SYNONYMS[to])
            for to, number in numbers.items()
            if number
        ]
        back = back_option(say.t, N_("Back to the list"))
        title = say(N_("<b>Where shall all requests of the list be moved?</b>"))
        return Page(title, (about,), (*options, back))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Ask for the reason if the state needs one, else for confirmation."""
        if value == BACK:
            return HandlerResult(to_request_list(here))
        to = RequestState(value)
        if to in NEEDS_REASON:
            return HandlerResult(to_list_screen(here, "desk_reason", moving_to=to, note=""))
        return HandlerResult(await to_bulk_confirm(here, to, ""))


async def to_bulk_confirm(here: Context, to: RequestState, note: str) -> Session:
    """Open the confirmation, valid for exactly the requests that would change at this moment."""
    fitting = to_movable_filter(list_view(here).wanted, to)
    prospect = await here.world.admin.desk.preview_move_all(await current_rights(here), fitting) if fitting else None
    return to_list_screen(here, "desk_yes", moving_to=to, note=note, mark=prospect.mark if prospect else "")


class BulkMoveConfirmScreen(OptionsOnlyScreen):
    """Asks for confirmation and tells how many requests will change."""

    async def page(self, here: Context) -> Page:
        """Show how many requests change, to which state and why."""
        say, view = here.say, list_view(here)
        to = view.moving_to or RequestState.ACCEPTED
        total = await here.world.admin.desk.count(await current_rights(here), view.wanted)
        number = await _count_changes(here, to)
        what = say(
            N_("Of {total} requests of the list, <b>{number}</b> will then stand at: <b>{state}</b>."),
            total=total,
            number=number,
            state=say(STATE_LABELS[to]),
        )
        why = say(N_("Reason: {note}"), note=view.note) if view.note else Markup()
        told = say(N_("Each officer is told."))
        return Page(
            say(N_("<b>Change them all?</b>")), (what, why, told), tuple(_confirm_options(here, number)), exact=True
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Move them, or leave them; if the list has changed since it was shown, show it again instead."""
        view = list_view(here)
        to = view.moving_to
        fitting = to_movable_filter(view.wanted, to) if to and value == YES else None
        if to is None or fitting is None:
            return HandlerResult(to_request_list(here), notes=(here.say(N_("Nothing was changed.")),))
        done = await here.world.admin.desk.move_all(await current_rights(here), fitting, to, view.note, seen=view.mark)
        if done.outcome is MoveOutcome.OVERTAKEN:
            others = here.say(
                N_("The list has changed since you saw it; nothing was changed. It stands now as follows.")
            )
            return HandlerResult(await to_bulk_confirm(here, to, view.note), notes=(others,))
        note = _format_bulk_result(here, done)
        if done.outcome is not MoveOutcome.MOVED or not done.changed:
            return HandlerResult(to_request_list(here), notes=(note,))
        moved = Filter(states=(to,), changed_at=done.at)
        return HandlerResult(to_filtered_list(here, moved), notes=(note,))


async def _count_changes(here: Context, to: RequestState) -> int:
    fitting = to_movable_filter(list_view(here).wanted, to)
    rights = await current_rights(here)
    return await here.world.admin.desk.count(rights, fitting, Act.CHANGE_REQUESTS) if fitting else 0


def _confirm_options(here: Context, number: int) -> list[Option]:
    t = here.say.t
    yes = Option(YES, t(N_("Yes, change {number}"), number=number), ("co", "dong y", "yes"))
    no = Option(NO, t(N_("No, change nothing")), ("khong", "thoi", "no"))
    return [*([yes] if 0 < number <= MAX_BULK_MOVES else []), no]


def _format_bulk_result(here: Context, done: BulkMoveResult) -> Markup:
    say = here.say
    if done.outcome is MoveOutcome.TOO_MANY:
        message = N_("{number} requests are too many at one go: please narrow the list to {most}. Nothing was changed.")
        return say(message, number=done.meant, most=MAX_BULK_MOVES)
    if done.outcome is not MoveOutcome.MOVED or not done.changed:
        return say(N_("Nothing was changed."))
    told = N_("Changed: <b>{number}</b> ({codes}). Each officer is told.")
    return say(told, number=len(done.changed), codes=_format_codes(done.changed))


def _format_codes(codes: Sequence[str]) -> str:
    return ", ".join(codes[:_MAX_CODES_LISTED]) + (", …" if len(codes) > _MAX_CODES_LISTED else "")


BAD_REASON = N_("Please write the reason in 1 to 500 characters, without any personal number (CCCD).")


async def move_request(here: Context, to: RequestState, note: str) -> HandlerResult:
    """Move the open request at the revision that was seen, then show it again."""
    code, revision = here.session.about or "", list_view(here).revision
    seen = -1 if revision is None else revision
    rights = await current_rights(here)
    done = await here.world.admin.desk.move(rights, code, to, seen, note)
    told = _format_move_result(here, code, done, await holder_labels(here, rights))
    return HandlerResult(await open_request(here, code) or to_request_list(here), notes=(told,))


def _format_move_result(here: Context, code: str, done: MoveResult, labels: Mapping[str, str]) -> Markup:
    say, filed = here.say, done.filed
    if done.outcome is MoveOutcome.MOVED and filed:
        state = say(STATE_LABELS[filed.request.state])
        return say(N_("{code} now stands at: <b>{state}</b>. Its officer is told."), code=code, state=state)
    if done.outcome is MoveOutcome.OVERTAKEN and filed:
        return format_overtaken(say, filed, labels)
    if done.outcome is MoveOutcome.NO_REASON:
        return say(BAD_REASON)
    if done.outcome is MoveOutcome.NOT_ALLOWED and filed:
        return Markup("{}: {}.").format(code, format_move_not_possible(say.t, filed.request.state))
    return say(N_("There is no such request that your role lets you change."))


_TAKEN_BACK = N_("Taken back: it stands again where it stood before. The officer is told that it was a mistake.")
_TAKEN_BACK_ALL = N_(
    "Taken back: <b>{number}</b> ({codes}). They stand again where they stood before. Each officer is told that it was"
    " a mistake."
)
_TOO_LATE = N_("It cannot be taken back any more: too much time has passed, or it was changed since.")


async def take_back_one(here: Context, code: str) -> HandlerResult:
    """Take the person's own last move of a request back, and show it again."""
    done = await here.world.admin.desk.take_back(await current_rights(here), Filter(codes=(code,)))
    note = here.say(_TAKEN_BACK if done.changed else _TOO_LATE)
    return HandlerResult(await open_request(here, code) or to_request_list(here), notes=(note,))


async def take_back_all(here: Context) -> HandlerResult:
    """Take back what the person moved together, as far as it can be, and show what stands again where it stood."""
    wanted = list_view(here).wanted
    done = await here.world.admin.desk.take_back(await current_rights(here), wanted) if wanted.changed_at else None
    if done is None or not done.changed:
        return HandlerResult(to_request_list(here), notes=(here.say(_TOO_LATE),))
    note = here.say(_TAKEN_BACK_ALL, number=len(done.changed), codes=_format_codes(done.changed))
    return HandlerResult(to_filtered_list(here, Filter(changed_at=done.at)), notes=(note,))


NO_WAY_BACK = N_("It cannot be changed back afterwards.")


class FinalMoveScreen(OptionsOnlyScreen):
    """Asks for confirmation before the open request moves to a final state (``view.moving_to``)."""

    async def page(self, here: Context) -> Page:
        """Show the request and the final state."""
        say, to = here.say, list_view(here).moving_to
        no = Option(NO, say.t(N_("No, change nothing")), ("khong", "thoi", "no"))
        if to is None:
            return Page(say(N_("Nothing was changed.")), options=(no,))
        title = say(N_("<b>Move {code} to “{state}”?</b>"), code=here.session.about or "", state=say(STATE_LABELS[to]))
        yes = Option(YES, say.t(N_("Yes, change it")), ("dong y", "co", "chuyen", "co chuyen", "yes"))
        return Page(title, (say(NO_WAY_BACK),), (yes, no), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Move it, or show it again."""
        to = list_view(here).moving_to
        if value == YES and to is not None:
            return await move_request(here, to, "")
        note = here.say(N_("Nothing was changed."))
        return HandlerResult(await open_request(here, here.session.about or "") or to_request_list(here), notes=(note,))
