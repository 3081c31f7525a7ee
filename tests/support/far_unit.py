"""Two communes: all that belongs to the second is marked, and whoever has a role in the first must not see the mark."""

from bot.store.store import Store
from handlers.model.broadcast import Audience, BroadcastDraft, BroadcastText
from handlers.model.rights import Role
from tests.support.office import OPERATOR, given, invited, office
from tests.support.opening import open_turn
from tests.support.storing import NOW, content, next_turn, one_chat

#: Stands in everything that belongs to the other unit, in what is told of it and in what it is found by.
SECRET = "Mật Đại Phước"
FAR_REQUEST = "YC-2026-000001"
FAR_BROADCAST = "TB-000001"
#: Arguments of a command: nothing, what belongs to the other unit, and what no command expects.
ARGUMENTS = (
    "",
    "QT-000006",
    "LM-000007",
    FAR_REQUEST,
    FAR_BROADCAST,
    "DN.DP",
    "Xã Đại Phước",
    "x" * 300,
    "\N{BELL}",
    "<b>",
)
#: People who must neither see nor change anything of Xã Đại Phước; ``None``: nobody ever gave them a role.
PEOPLE: dict[str, Role | None] = {"an": Role.ADMIN, "tâm": Role.FOCAL, "cũ": None, "lạ": None}
#: How many buttons are followed from a command.
DEPTH = 3


async def furnish_two_communes(store: Store) -> None:
    """Add an owner, people of Xã Nhơn Trạch, and in Xã Đại Phước an admin and one of all there can be.

    The request belongs to no unit yet.
    """
    await given(store, "chủ", Role.OWNER)
    await given(store, "an", Role.ADMIN, "DN.NT")
    await given(store, "tâm", Role.FOCAL, "DN.NT")
    ended = await given(store, "cũ", Role.ADMIN, "DN")
    await given(store, "bình", Role.FOCAL, "DN.NT.VP")
    await given(store, "xa", Role.ADMIN, "DN.DP", label=SECRET)
    await invited(store, Role.FOCAL, "DN.DP", label=SECRET)
    async with office(store) as at:
        await at.admin.people.end(OPERATOR, ended.id)
        await at.admin.journal.record(OPERATOR, "export", SECRET, unit="DN.DP")
        draft = BroadcastDraft(title=SECRET, text=BroadcastText(vi=SECRET, en=SECRET), audience=Audience(unit="DN.DP"))
        far = await at.admin.broadcasts.new(OPERATOR, draft)
        assert far is not None
        assert far.id == FAR_BROADCAST
    chat = await one_chat(store, "of an officer", "cán bộ")
    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        wanted = content().model_copy(update={"subscriber": SECRET, "certificate_name": SECRET})
        assert (await unit.requests.register(wanted)).code == FAR_REQUEST
        await unit.finish("{}", [])
