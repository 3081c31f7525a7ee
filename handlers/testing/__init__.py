"""The services of the conversation in memory, complete and as strict as the real ones: for tests and for previews.

``build_memory_services`` gives one person's world. ``MemoryHouse`` is for several people, and for what those with a
role do: requests, exports, imports, roles, statistics, the journal, units and broadcasts::

    house = MemoryHouse(MemoryTables(units))
    chat = house.hear("telegram", "123", now)
    with house.turn(chat, now) as turn:
        said = await respond(session, event, turn.services(pack))
        turn.finish(said.session.model_dump_json(), said.replies)

Rights are demanded and checked, revisions and states compared, invitations taken once, approvals by a second person
asked for, and what rights do not show is masked, as in the services over a database: one suite of tests holds both to
it (``tests/contract``). Nothing is sealed, the journal is not chained, and nothing goes on by itself:
``house.broadcasts`` checks, makes rows and delivers when it is called.
"""

from handlers.testing.broadcast_operations import MemoryBroadcastOperations
from handlers.testing.channels import link_chats
from handlers.testing.person import MemoryInterviewRegister, MemoryOwnRequests, MemoryReminders
from handlers.testing.services import (
    MemoryHouse,
    MemoryTurn,
    add_reminder,
    build_memory_admin_services,
    build_memory_services,
)
from handlers.testing.tables import MemoryContext, MemoryTables, MemoryTransaction, chat_id
from handlers.testing.tasks import MemoryOwnData

__all__ = [
    "MemoryBroadcastOperations",
    "MemoryContext",
    "MemoryHouse",
    "MemoryInterviewRegister",
    "MemoryOwnData",
    "MemoryOwnRequests",
    "MemoryReminders",
    "MemoryTables",
    "MemoryTransaction",
    "MemoryTurn",
    "add_reminder",
    "build_memory_admin_services",
    "build_memory_services",
    "chat_id",
    "link_chats",
]
