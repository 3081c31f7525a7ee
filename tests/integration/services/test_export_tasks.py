"""Exports as tasks: ordered in a chat, worked off once, cancelled, begun anew."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.messages import Chat
from bot.services.exports import ExportTaskService
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.sealing import Keyring
from bot.store.tasks import Completion, ExportTask, TaskResult
from handlers.admin.exports import format_export_rights_lost
from handlers.core import MarkupTranslator, Reply
from handlers.model import ExportForm, ExportOrder, Filter, Role
from tests.support.database import Database
from tests.support.people import OPERATOR, admin_transaction, grant_role, insert_units, load_rights
from tests.support.store import (
    ADDRESS,
    CHANNEL,
    NOW,
    claim_next_turn,
    claim_rows,
    deliver_all,
    make_reply,
    open_chat,
    reply_texts,
)

ORDER = ExportOrder(wanted=Filter(unit="DN.NT", text="Nguyễn Thị Bí Mật"), form=ExportForm.XLSX)
SHOWN = make_reply("waiting")


@pytest.fixture
async def chat(store: Store, database: Database) -> Chat:
    """Of an admin of one commune."""
    insert_units(database.sql)
    await grant_role(store, ADDRESS, Role.ADMIN, "DN.NT")
    return await open_chat(store)


async def ordered(store: Store, chat: Chat, order: ExportOrder = ORDER) -> str | None:
    held = await load_rights(store, ADDRESS)
    async with admin_transaction(store, chat) as at:
        return await at.admin.lists.start(held, order, 7, SHOWN)


def tasks(store: Store) -> ExportTaskService:
    return ExportTaskService(store.tasks)


async def taken(store: Store) -> ExportTask:
    task = await tasks(store).take(CHANNEL, NOW)
    assert task is not None
    return task


async def cancelled(store: Store, chat: Chat) -> bool:
    held = await load_rights(store, ADDRESS)
    async with admin_transaction(store, chat) as at:
        return await at.admin.lists.cancel(held, make_reply("cancelled"))


def result(*messages: str, grants: Sequence[str] = ("QT-000001",)) -> TaskResult:
    return TaskResult(
        [lambda text=text: make_reply(text) for text in messages],
        make_reply("done"),
        tuple(grants),
        "XD xlsx",
        "DN.NT",
        7,
    )


def states(database: Database) -> list[str]:
    return [state for (state,) in database.sql("SELECT state FROM tasks ORDER BY id")]


def acts(database: Database) -> list[str]:
    return [act for (act,) in database.sql("SELECT act FROM audit ORDER BY number") if act.startswith("export")]


async def test_an_order_waits_until_it_is_taken_and_is_taken_once(store: Store, chat: Chat) -> None:
    name = await ordered(store, chat)

    task = await taken(store)
    assert (task.id, task.order, task.chat) == (name, ORDER, chat)
    assert await tasks(store).take(CHANNEL, NOW) is None


async def test_another_channels_order_is_left_to_it(store: Store, chat: Chat) -> None:
    await ordered(store, chat)

    assert await tasks(store).take("terminal:1", NOW) is None
    assert await store.tasks.recover("terminal:1") == 0


async def test_a_chat_has_one_export_at_a_time(store: Store, chat: Chat, database: Database) -> None:
    assert await ordered(store, chat)
    assert await ordered(store, chat) is None

    await tasks(store).complete(await taken(store), result("file"), NOW)
    assert await ordered(store, chat)
    assert acts(database) == ["export_start", "export", "export_start"]


async def test_files_are_sealed_beside_the_event_loop_before_anybody_has_to_wait(
    store: Store, chat: Chat, database: Database
) -> None:
    made: list[bool] = []

    def large() -> Reply:
        database.sql("UPDATE counters SET value = value + 0")  # locked out where a transaction were open
        made.append(threading.current_thread() is not threading.main_thread())
        return make_reply("file")

    await ordered(store, chat)
    order = replace(result(), messages=[large, large])
    assert await tasks(store).complete(await taken(store), order, NOW) is Completion.DONE
    assert made == [True, True]
    assert [reply.paragraphs for reply in await deliver_all(store)].count(make_reply("file").paragraphs) == 2


@pytest.mark.parametrize("unit", [None, "DN", "DN.NT"])
async def test_start_and_end_are_told_to_those_of_the_unit_within_reach(
    store: Store, chat: Chat, database: Database, unit: str | None
) -> None:
    await ordered(store, chat, ExportOrder(wanted=Filter(unit=unit), form=ExportForm.XLSX))
    assert await cancelled(store, chat)
    database.sql("UPDATE tasks SET state = 'running', spec = ?", b"broken" * 20)
    assert await cancelled(store, chat)

    rows = database.sql("SELECT act, unit FROM audit WHERE act LIKE 'export%' ORDER BY number")
    assert rows == [("export_start", "DN.NT"), ("export_cancel", "DN.NT"), ("export_cancel", "DN.NT")]


async def test_what_is_ordered_is_sealed(store: Store, chat: Chat, database: Database) -> None:
    await ordered(store, chat)

    assert "Bí Mật".encode() not in database.bytes_at_rest()


async def test_somebody_without_the_right_orders_nothing(store: Store, database: Database) -> None:
    insert_units(database.sql)
    assert await ordered(store, await open_chat(store)) is None
    assert states(database) == []


async def test_the_message_that_shows_it_moves_once_it_is_sent(store: Store, chat: Chat) -> None:
    await ordered(store, chat)
    task = await taken(store)
    assert await store.tasks.report(task, 1, 7, NOW, make_reply("1 / 7"))
    assert reply_texts([*(await claim_rows(store))]) == ["waiting"]
    await store.outbox.recover(CHANNEL, NOW)
    await deliver_all(store)

    assert await store.tasks.report(task, 3, 7, NOW, make_reply("3 / 7"))
    assert await store.tasks.report(task, 4, 7, NOW, make_reply("4 / 7")), "one state at a time waits to be told"
    (moved,) = await deliver_all(store)
    assert (moved.action, moved.target, moved.paragraphs) == ("edit", "42", ("3 / 7",))
    async with admin_transaction(store, chat) as at:
        running = await at.admin.lists.running()
    assert running
    assert (running.done, running.total) == (4, 7)


async def test_results_come_in_order_and_then_the_end(store: Store, chat: Chat) -> None:
    await ordered(store, chat)
    await deliver_all(store)

    assert await tasks(store).complete(await taken(store), result("1", "2"), NOW) is Completion.DONE
    replies = await deliver_all(store)
    assert [reply.paragraphs[0] for reply in replies] == ["1", "2", "done"]
    assert (replies[-1].action, replies[-1].target) == ("edit", "42")


async def test_where_messages_have_no_id_the_end_is_a_message_of_its_own(store: Store, chat: Chat) -> None:
    await ordered(store, chat)
    await deliver_all(store, message=None)
    task = await taken(store)

    assert await store.tasks.report(task, 1, 7, NOW, make_reply("1 / 7"))
    await tasks(store).complete(task, result("1"), NOW)
    assert [(reply.action, reply.paragraphs[0]) for reply in await deliver_all(store)] == [
        ("send", "1"),
        ("send", "done"),
    ]


async def test_a_cancelled_export_hands_nothing_over(store: Store, chat: Chat, database: Database) -> None:
    await ordered(store, chat)
    await deliver_all(store)
    task = await taken(store)

    assert await cancelled(store, chat)
    assert not await store.tasks.report(task, 1, 7, NOW)
    assert await tasks(store).complete(task, result("file"), NOW) is Completion.ENDED
    assert [reply.paragraphs[0] for reply in await deliver_all(store)] == ["cancelled"]
    assert states(database) == ["cancelled"]
    assert not await cancelled(store, chat)
    assert acts(database) == ["export_start", "export_cancel"]


async def test_an_export_cancelled_while_it_waits_is_never_taken(store: Store, chat: Chat) -> None:
    await ordered(store, chat)
    await cancelled(store, chat)

    assert await tasks(store).take(CHANNEL, NOW) is None


async def test_what_a_killed_process_was_at_is_begun_anew_and_handed_over_once(
    store: Store, chat: Chat, database: Database
) -> None:
    await ordered(store, chat)
    first = await taken(store)

    assert await store.tasks.recover(CHANNEL) == 1
    again = await taken(store)
    assert again == first
    assert await tasks(store).complete(again, result("file"), NOW) is Completion.DONE
    assert await tasks(store).complete(first, result("file"), NOW) is Completion.ENDED
    assert [reply.paragraphs[0] for reply in await deliver_all(store)].count("file") == 1
    assert states(database) == ["done"]


async def test_a_role_lost_before_the_end_hands_nothing_over(store: Store, chat: Chat, database: Database) -> None:
    await ordered(store, chat)
    task = await taken(store)
    database.sql("UPDATE grants SET ended_at = 1")

    assert await tasks(store).complete(task, result("file"), NOW) is Completion.LOST
    assert await store.tasks.fail(task, make_reply("lost"), NOW)
    assert not await store.tasks.fail(task, make_reply("lost"), NOW)
    assert "file" not in [reply.paragraphs[0] for reply in await deliver_all(store)]
    assert states(database) == ["failed"]


async def test_a_message_that_cannot_be_made_leaves_nothing_half_done(
    store: Store, chat: Chat, database: Database
) -> None:
    await ordered(store, chat)
    await deliver_all(store)
    task = await taken(store)

    def gone() -> Reply:
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        await tasks(store).complete(
            task, TaskResult([lambda: make_reply("1"), gone], make_reply("done"), (), "XD", None, 7), NOW
        )
    assert states(database) == ["running"]
    assert await deliver_all(store) == []


async def test_an_order_that_cannot_be_read_fails_alone(
    store: Store, chat: Chat, database: Database, keyring: Keyring
) -> None:
    await ordered(store, chat)
    database.sql("UPDATE tasks SET spec = ?", b"\x00" * 64)

    assert await tasks(store).take(CHANNEL, NOW) is None
    assert states(database) == ["failed"]
    assert "/xuat" in str(await deliver_all(store))
    await store.inbox.chats_waiting(CHANNEL)
    assert database.sql("SELECT place FROM unreadable") == [("tasks.spec XD-000001",)]


async def test_an_order_goes_when_its_time_is_over(store: Store, chat: Chat, database: Database) -> None:
    await ordered(store, chat)
    await store.retention.delete_expired(NOW + timedelta(days=179), 180)
    assert states(database) == ["queued"]

    await store.retention.delete_expired(NOW + timedelta(days=181), 180)
    assert states(database) == []


async def test_whoever_is_forgotten_leaves_no_order(store: Store, chat: Chat, database: Database) -> None:
    await ordered(store, chat)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [])

    assert states(database) == []


async def ended(store: Store, *grants: str) -> None:
    async with admin_transaction(store) as at:
        for grant in grants:
            await at.admin.people.end(OPERATOR, grant)


async def test_an_open_export_ends_with_the_role(store: Store, chat: Chat, database: Database) -> None:
    name = await ordered(store, chat)
    await deliver_all(store)
    task = await taken(store)

    await ended(store, "QT-000001")

    assert states(database) == ["cancelled"]
    assert await tasks(store).complete(task, result("file"), NOW) is Completion.ENDED
    (said,) = await deliver_all(store)
    assert (said.action, said.paragraphs) == ("edit", format_export_rights_lost(MarkupTranslator("vi")).paragraphs)
    assert database.sql("SELECT subject, unit FROM audit WHERE act = 'export_cancel'") == [
        (f"{name} QT-000001", "DN.NT")
    ]


async def test_files_that_have_not_left_do_not_leave_after_the_role(
    store: Store, chat: Chat, database: Database
) -> None:
    await ordered(store, chat)
    await deliver_all(store)
    await tasks(store).complete(await taken(store), result("index", "file"), NOW)
    (leaving,) = await claim_rows(store, 1)

    await ended(store, "QT-000001")
    await store.outbox.retry(leaving, NOW)

    assert "file" not in reply_texts([leaving, *await claim_rows(store)])
    assert {reply.paragraphs[0] for reply in await deliver_all(store)} & {"index", "file"} == set()
    files = database.sql("SELECT state, payload FROM outbox WHERE origin LIKE ? ORDER BY id", "export:%:file:_")
    assert files == [("unknown", None), ("skipped", None)]


@pytest.mark.parametrize(
    ("left", "unit", "delivered"),
    [
        (Role.ADMIN, "DN", True),
        (Role.OWNER, None, True),
        (Role.ADMIN, "DN.NT.VP", False),  # reaches less
        (Role.FOCAL, "DN", False),  # sees less
    ],
)
async def test_an_export_that_the_roles_that_are_left_allow_is_delivered(
    store: Store, chat: Chat, left: Role, unit: str | None, delivered: bool
) -> None:
    await grant_role(store, ADDRESS, left, unit)
    await ordered(store, chat)
    await tasks(store).complete(await taken(store), result("file"), NOW)

    await ended(store, "QT-000001")

    said = [paragraph for reply in await deliver_all(store) for paragraph in reply.paragraphs]
    assert ("file" in said) is delivered
    assert (format_export_rights_lost(MarkupTranslator("vi")).paragraphs[0] in said) is not delivered


async def test_an_order_that_cannot_be_read_ends_with_the_role(store: Store, chat: Chat, database: Database) -> None:
    await ordered(store, chat)
    await deliver_all(store)
    database.sql("UPDATE tasks SET spec = ?", b"\x00")

    await ended(store, "QT-000001")

    assert states(database) == ["cancelled"]
