"""The commands of those with a role: in nobody's menu, in the help of those who may use them."""

from handlers.command import Command
from handlers.office.broadcast_view import code_typed
from handlers.office.broadcast_view import listed as broadcasts
from handlers.office.desk_view import listed, searched
from handlers.office.looking import picture
from handlers.office.ordering import ordered
from handlers.office.rights import Act
from handlers.office.screens.broadcast_list import looked_up
from handlers.page import Answered
from handlers.screen import Here
from locales import N_


async def _roles(here: Here, holder: str) -> Answered:
    return Answered(
        here.session.with_screen("role", about=holder.upper()) if holder else here.session.with_screen("roles")
    )


async def _journal(here: Here, _: str) -> Answered:
    return Answered(here.session.with_screen("journal"))


async def _export(here: Here, form: str) -> Answered:
    opened = here.session.open_visit("export")
    return await ordered(here.with_session(opened), form) if form else Answered(opened)


async def _list(here: Here, words: str) -> Answered:
    return Answered(await searched(here, words) if words else listed(here))


async def _broadcasts(here: Here, code: str) -> Answered:
    return await looked_up(here, code_typed(code) or code) if code else Answered(broadcasts(here))


ADMIN_COMMANDS = (
    Command("danhsach", N_("the request list; with words, those that have them"), _list, needs=Act.SEE_REQUESTS),
    Command("xuat", N_("export the requests of the list as a file"), _export, needs=Act.EXPORT_REQUESTS),
    Command(
        "thongbao",
        N_("broadcasts and reminders: write one, see how far it is"),
        _broadcasts,
        ("broadcast",),
        needs=Act.SEE_BROADCASTS,
    ),
    Command("thongke", N_("numbers of the units I look after"), picture, ("stats", "bieudo"), needs=Act.SEE_PICTURE),
    Command("vaitro", N_("roles: who has which, invite, end"), _roles, needs=Act.SEE_HOLDERS),
    Command("nhatky", N_("the journal: who did what"), _journal, needs=Act.SEE_JOURNAL),
)
