"""The import of an exported list with changes: shows its plan and applies it after confirmation."""

from handlers.access.current_rights import current_rights, holder_labels
from handlers.admin.imports import text
from handlers.core.screen import NO, YES, Context, HandlerResult, Option, OptionsOnlyScreen, Page, back_option
from handlers.core.text import format_count
from handlers.model.imports import ImportPlan, ImportSheet
from handlers.model.rights import Act, Rights
from locales import N_


class ImportScreen(OptionsOnlyScreen):
    """Shows the plan, computed again each time, and asks whether to apply it."""

    async def page(self, here: Context) -> Page:
        """Show the changes; a yes is offered only if all of them can be made."""
        say, found = here.say, await _load_plan(here)
        back = back_option(say.t, value=NO, also=("khong", "thoi"))
        if found is None:
            return Page(say(N_("No list waits here any more.")), options=(back,))
        rights, plan = found
        told = text.format_import_plan(say, plan, labels=await holder_labels(here, rights))
        if plan.applicable:
            return Page(say(N_("<b>Import changed states?</b>")), told, _confirm_options(here, plan), exact=True)
        why = say(N_("Nothing can be applied as the list stands."))
        return Page(say(N_("<b>This list was not imported</b>")), (*told, why), (back,), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Apply the whole plan, or drop the list."""
        found = await _load_plan(here) if value == YES else None
        if found is not None:
            return await _apply_plan(here, *found)
        await _drop_lines(here)
        return HandlerResult(here.session.to_previous_screen(), notes=(here.say(N_("Nothing was changed.")),))


def _confirm_options(here: Context, plan: ImportPlan) -> tuple[Option, Option]:
    t = here.say.t
    yes = t(N_("Yes, change {number}"), number=format_count(here.say, len(plan.changes)))
    return (
        Option(YES, yes, ("co", "dong y", "yes")),
        Option(NO, t(N_("No, change nothing")), ("khong", "thoi", "no")),
    )


async def handle_sheet(here: Context, sheet: ImportSheet) -> HandlerResult | None:
    """Handle a list that was sent; return ``None`` if the sender may not import."""
    rights, say = await current_rights(here), here.say
    if not rights.reach(Act.IMPORT_REQUESTS):
        return None
    if sheet.trouble is not None:
        return HandlerResult(here.session, notes=(say(text.SHEET_PROBLEMS[sheet.trouble]),))
    plan = await here.world.admin.imports.plan(rights, sheet.lines)
    if not (plan.changes or plan.conflicts or plan.bad):
        return HandlerResult(
            here.session, notes=(say(N_("The list changes nothing.")), *text.format_import_plan(say, plan))
        )
    name = await here.world.admin.imports.save_lines(sheet.lines)
    visit = here.session.open_visit("import")
    return HandlerResult(visit.with_changes(about=_format_about(name, plan)))


async def _load_plan(here: Context) -> tuple[Rights, ImportPlan] | None:
    """Return the plan as of now; ``None`` if no list is waiting or the right to import is gone."""
    rights = await current_rights(here)
    if not rights.reach(Act.IMPORT_REQUESTS):
        return None
    lines = await here.world.admin.imports.load_lines(_waiting_name(here))
    return None if lines is None else (rights, await here.world.admin.imports.plan(rights, lines))


async def _apply_plan(here: Context, rights: Rights, _: ImportPlan) -> HandlerResult:
    imports = here.world.admin.imports
    imported = await imports.apply(rights, await imports.load_lines(_waiting_name(here)) or (), _plan_mark(here))
    note = text.format_import_result(here.say, imported)
    if not imported.applied:
        return HandlerResult(
            here.session.with_changes(about=_format_about(_waiting_name(here), imported.plan)), notes=(note,)
        )
    await _drop_lines(here)
    return HandlerResult(here.session.to_previous_screen(), notes=(note,))


async def _drop_lines(here: Context) -> None:
    if (await current_rights(here)).grants:
        await here.world.admin.imports.drop_lines(_waiting_name(here))


def _format_about(name: str, plan: ImportPlan) -> str:
    """Combine the id of the stored list and the mark of the plan that is shown."""
    return f"{name} {plan.mark}"


def _waiting_name(here: Context) -> str:
    return (here.session.about or "").partition(" ")[0]


def _plan_mark(here: Context) -> str:
    return (here.session.about or "").partition(" ")[2]
