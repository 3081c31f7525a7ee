"""Writing a draft: the kind and title of a new one, its parts in order, and later changes of single parts."""

from dataclasses import replace
from datetime import date
from typing import Any

from markupsafe import Markup

from handlers.access import ONE_LINE, clean_label
from handlers.broadcasts.admin_text import format_result
from handlers.broadcasts.screens import (
    broadcast_view,
    current_draft,
    open_broadcast,
    to_broadcast_list,
    to_broadcast_screen,
    to_current_broadcast,
)
from handlers.core import (
    BACK,
    BroadcastView,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    back_option,
    current_rights,
    format_day,
    join_lines,
)
from handlers.model import Act, ActionResult, Audience, Broadcast, BroadcastDraft, CampaignPlan, Rights, default_steps
from locales import N_

#: The parts of a new draft, in the order in which they are asked for after the title. An English text can be added to
#: the whole draft: the Vietnamese one is enough.
_DRAFT_PARTS = ("broadcast_vi", "broadcast_whom", "broadcast_buttons")
_CAMPAIGN_PARTS = ("broadcast_plan", "broadcast_hour", "broadcast_late")
_SINGLE_PARTS = ("broadcast_start",)


async def create_draft(here: Context, title: str) -> HandlerResult:
    """Create a draft with a title.

    Its audience is everybody within reach, for a campaign those with something to do.
    """
    rights, view = await current_rights(here), broadcast_view(here)
    plan = _default_plan(here, view.deadline) if view.campaign and view.deadline else None
    audience, language = Audience(unit=widest_unit(rights), to_do=plan is not None), here.session.language
    draft = BroadcastDraft(title=title, plan=plan, deadline=view.deadline, audience=audience, language=language)
    made = await here.world.admin.broadcasts.new(rights, draft)
    if made is None:
        return HandlerResult(
            to_broadcast_screen(here, "broadcasts"), notes=(format_result(here.say, ActionResult.NOT_YOURS),)
        )
    view = BroadcastView(name=made.id, revision=made.revision, turned=view.turned, guided=True)
    return HandlerResult(here.session.with_screen(_DRAFT_PARTS[0], broadcast=view))


def _default_plan(here: Context, deadline: date) -> CampaignPlan:
    return CampaignPlan(deadline=deadline, steps=default_steps(deadline, here.world.now))


def widest_unit(rights: Rights) -> str | None:
    """Return the widest unit whose people the person may write to; ``None`` stands for everybody."""
    reach = rights.reach(Act.WRITE_BROADCASTS)
    return None if reach.everything or not reach.units else reach.units[0]


async def change_draft(here: Context, part: str, stay: str | None = None, **changes: Any) -> HandlerResult:
    """Save changes of the draft and open the next part, or the screen ``stay``."""
    found = await current_draft(here)
    if found is None:
        return HandlerResult(
            await to_current_broadcast(here), notes=(format_result(here.say, ActionResult.NOT_ALLOWED),)
        )
    became = await _save_changes(here, found, changes)
    if became is not ActionResult.DONE:
        return HandlerResult(await to_current_broadcast(here), notes=(format_result(here.say, became),))
    there = here.with_session(await _with_new_revision(here))
    return HandlerResult(to_broadcast_screen(there, stay) if stay else await to_next_part(there, part))


async def _save_changes(here: Context, found: Broadcast, changes: dict[str, Any]) -> ActionResult:
    draft = found.draft.model_copy(update=changes)
    if draft == found.draft:
        return ActionResult.DONE
    seen = broadcast_view(here).revision
    revision = -1 if seen is None else seen
    return await here.world.admin.broadcasts.change(await current_rights(here), found.id, revision, draft)


async def _with_new_revision(here: Context) -> Session:
    """Take over the revision that one's own change has made."""
    view, found = broadcast_view(here), await current_draft(here)
    return here.session.with_changes(broadcast=view.model_copy(update={"revision": found.revision if found else None}))


async def to_next_part(here: Context, part: str) -> Session:
    """Open the next part of a new draft; after a single change, or the last part, open the whole draft."""
    found = await current_draft(here)
    if found is None or not broadcast_view(here).guided:
        return await to_current_broadcast(here)
    parts = (*_DRAFT_PARTS, *(_CAMPAIGN_PARTS if found.draft.plan else _SINGLE_PARTS))
    left = parts[parts.index(part) + 1 :] if part in parts else ()
    return (
        to_broadcast_screen(here, left[0])
        if left
        else await open_broadcast(here, found.id) or await to_current_broadcast(here)
    )


def render_not_changeable(here: Context) -> Page:
    """Return the page for a broadcast that cannot be changed any more."""
    return Page(here.say(N_("This broadcast cannot be changed any more.")), options=(back_to_broadcast_option(here),))


def back_to_broadcast_option(here: Context) -> Option:
    """Return the button that leads back to the whole draft."""
    return back_option(here.say.t, N_("Back to the broadcast"))


def keep_option(here: Context, value: str) -> Option:
    """Return the button that leaves a part unchanged."""
    return Option(value, here.say.t(N_("Leave it so")), ("giu nguyen", "bo qua", "tiep", "keep"))


TITLE_QUESTION = N_("A few words by which you find it again, such as: Change of information before 15/12.")
SINGLE, CAMPAIGN = "single", "campaign"


class BroadcastKindScreen(OptionsOnlyScreen):
    """Asks whether to send one message or a campaign until a deadline."""

    async def page(self, here: Context) -> Page:
        """Show the two kinds."""
        say = here.say
        if not (await current_rights(here)).reach(Act.WRITE_BROADCASTS):
            return Page(
                say(N_("Writing broadcasts is for those who look after a unit.")), options=(back_option(here.say.t),)
            )
        single = Option(SINGLE, say.t(N_("One message")), ("mot tin", "mot thong bao", "1 tin", "message"))
        campaign = Option(CAMPAIGN, say.t(N_("A campaign until a deadline")), ("chien dich", "co han", "campaign"))
        told = say(
            N_("A campaign reminds several times until a deadline, and each time only those who still have to act.")
        )
        return Page(say(N_("<b>What do you want to send?</b>")), (told,), (single, campaign, back_option(here.say.t)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Go on to the deadline."""
        if value == BACK:
            return HandlerResult(to_broadcast_list(here))
        return HandlerResult(
            to_broadcast_screen(here, "broadcast_deadline", name=None, revision=None, campaign=value == CAMPAIGN)
        )


class BroadcastTitleScreen:
    """Asks for a title that recipients never see, and creates the draft with it."""

    async def page(self, here: Context) -> Page:
        """Ask for the title."""
        say, view = here.say, broadcast_view(here)
        ask = say(N_("<b>What shall it be called?</b> Type a short title; recipients do not see it."))
        deadline = say(N_("Deadline: <b>{day}</b>"), day=format_day(view.deadline)) if view.deadline else Markup()
        example = say(N_("For example: Change of information before 15/12"))
        back = replace(back_option(here.say.t), gives_up=True)
        return Page(ask, (deadline, example), (back,), exact=True, help=join_lines(say(ONE_LINE), say(TITLE_QUESTION)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:  # noqa: ARG002 - there is one option
        """Return to the kind."""
        return HandlerResult(to_broadcast_screen(here, "broadcast_kind"))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Create the draft and open its first part."""
        title = clean_label(text)
        if title is None:
            return HandlerResult(here.session, notes=(here.say(ONE_LINE),))
        return await create_draft(here, title)


_PART_LABELS = {
    "broadcast_name": (N_("Title"), ("tieu de", "title")),
    "broadcast_vi": (N_("Vietnamese text"), ("noi dung tieng viet", "tieng viet", "vietnamese")),
    "broadcast_en": (N_("English text"), ("noi dung tieng anh", "tieng anh", "english")),
    "broadcast_whom": (N_("Recipients"), ("nguoi nhan", "gui cho ai", "recipients")),
    "broadcast_buttons": (N_("Buttons"), ("nut", "buttons")),
    "broadcast_deadline": (N_("Deadline"), ("han", "thoi han", "deadline")),
}
_CAMPAIGN_PART_LABELS = {
    "broadcast_plan": (N_("Days of the reminders"), ("ngay nhac", "lich nhac", "days")),
    "broadcast_hour": (N_("Time of the day"), ("gio", "gio nhac", "time")),
    "broadcast_late": (N_("Missed reminders"), ("lo gio", "nhac lo", "missed")),
}
_SINGLE_PART_LABELS = {"broadcast_start": (N_("Time of sending"), ("gio gui", "khi nao gui", "start"))}


class BroadcastEditScreen(OptionsOnlyScreen):
    """Shows every part of the draft as a button."""

    async def page(self, here: Context) -> Page:
        """Show the parts."""
        found = await current_draft(here)
        if found is None:
            return render_not_changeable(here)
        parts = [Option(name, here.say.t(label), typed) for name, (label, typed) in _part_labels(found.draft).items()]
        told = here.say(N_("After a change it has to be checked again."))
        return Page(here.say(N_("<b>What shall be changed?</b>")), (told,), (*parts, back_to_broadcast_option(here)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open a part, or go back."""
        return HandlerResult(await to_current_broadcast(here) if value == BACK else to_broadcast_screen(here, value))


class BroadcastRenameScreen:
    """Asks for another title."""

    async def page(self, here: Context) -> Page:
        """Ask for the title."""
        found = await current_draft(here)
        if found is None:
            return render_not_changeable(here)
        say = here.say
        now = say(N_("Now: {title}."), title=found.draft.title)
        ask = say(N_("<b>What shall it be called?</b> Type a short title; recipients do not see it."))
        return Page(
            ask,
            (now,),
            (back_to_broadcast_option(here),),
            exact=True,
            help=join_lines(say(ONE_LINE), say(TITLE_QUESTION)),
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:  # noqa: ARG002 - there is one option
        """Go back."""
        return HandlerResult(await to_current_broadcast(here))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Save the title."""
        title = clean_label(text)
        if title is None:
            return HandlerResult(here.session, notes=(here.say(ONE_LINE),))
        return await change_draft(here, "broadcast_name", title=title)


def _part_labels(draft: BroadcastDraft) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {**_PART_LABELS, **(_CAMPAIGN_PART_LABELS if draft.plan else _SINGLE_PART_LABELS)}
