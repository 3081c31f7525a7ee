"""Exports for the admin pages on both databases: taken by whoever serves those, kept for a while, sealed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bot.services.exports import PageExportTaskService
from bot.store import Completion, ExportTask, Store, TaskResult
from handlers.core import Attachment, Reply
from handlers.model import ExportForm, ExportOrder, Filter, Role
from tests.support.database import Database, OpenStore
from tests.support.people import grant_role, load_rights
from tests.support.store import ADDRESS, CHANNEL, NOW, open_admin_transaction

SECRET = "Nguyễn Văn Kín"
ORDER = ExportOrder(wanted=Filter(), form=ExportForm.CSV)


def file(number: int) -> Callable[[], Reply]:
    content = f"{SECRET} {number}".encode()
    return lambda: Reply(paragraphs=(), attachments=(Attachment.of(f"{number}.csv", "text/csv", content),))


def result(*roles: str, files: int = 1) -> TaskResult:
    said = Reply(paragraphs=("Bản xuất gồm 1 yêu cầu.",))
    return TaskResult([file(number) for number in range(1, files + 1)], said, roles, "XD csv", None, 1)


async def ordered(store: Store) -> tuple[str, str, ExportTask]:
    """The id of a role and of a chat of Telegram, and the task that a process of the web has taken."""
    role = (await grant_role(store, ADDRESS, Role.OWNER)).id
    chat = store.chats.at(CHANNEL, ADDRESS).id
    rights = await load_rights(store, ADDRESS)
    async with open_admin_transaction(store, NOW, chat=chat) as at:
        assert await at.downloads.start(rights, ORDER, 1)
        assert await at.downloads.start(rights, ORDER, 1) is None
        await at.commit()
    assert await store.tasks.take(CHANNEL, NOW) is None  # it is none of the chat's
    task = await store.page_exports.take("web", NOW)
    assert isinstance(task, ExportTask)
    return role, chat, task


async def test_files_are_kept_sealed_until_a_session_is_over_and_no_other_try_spoils_them(
    store: Store, database: Database
) -> None:
    role, chat, task = await ordered(store)
    service, rights = PageExportTaskService(store.page_exports), await load_rights(store, ADDRESS)
    await store.page_exports.keep_files(task, [file(9), file(8)], NOW)  # killed before its end
    assert await store.page_exports.report(task, 1, 2, NOW)
    assert await service.complete(task, result(role, files=11), NOW) is Completion.DONE
    late = replace(task, tries=task.tries + 1)  # by a worker that was thought dead
    assert await service.complete(late, result(role), NOW) is Completion.ENDED
    for later, number in ((0, 11), (7, 11), (9, 0)):
        async with open_admin_transaction(store, NOW + timedelta(hours=later), chat=chat) as at:
            files = await at.downloads.files(rights)
            assert [one.facts.name for one in files] == [f"{each}.csv" for each in range(1, number + 1)]
            fetched = await at.downloads.fetch(rights, task.id, 11)
            assert (fetched[1] if fetched else b"").decode() == (f"{SECRET} 11" if number else "")
    assert SECRET.encode() not in database.bytes_at_rest()


async def test_an_export_that_was_called_off_or_lost_its_role_leaves_no_file(store: Store) -> None:
    role, chat, task = await ordered(store)
    service, rights = PageExportTaskService(store.page_exports), await load_rights(store, ADDRESS)
    assert await service.complete(task, result("QT-000099"), NOW) is Completion.LOST
    async with open_admin_transaction(store, NOW, chat=chat) as at:
        assert await at.downloads.cancel(rights)
        await at.commit()
    assert not await store.page_exports.report(task, 1, 2, NOW)
    assert await service.complete(task, result(role), NOW) is Completion.ENDED
    async with open_admin_transaction(store, NOW, chat=chat) as at:
        latest = await at.downloads.latest()
        assert latest is not None
        assert (latest.state, await at.downloads.files(rights)) == ("cancelled", ())


async def test_a_failure_is_told_on_the_page_and_what_a_killed_process_was_at_is_taken_again(
    store: Store, another: OpenStore
) -> None:
    _, chat, task = await ordered(store)
    assert await store.tasks.recover(CHANNEL) == 0  # the chat's channel has nothing to do with it
    assert await store.tasks.recover("web") == 1
    other = await another()
    again = await other.page_exports.take("web", NOW)
    assert isinstance(again, ExportTask)
    assert (again.id, again.tries) == (task.id, 2)
    assert await other.page_exports.fail(again, Reply(paragraphs=("Không viết được.",)), NOW)
    async with open_admin_transaction(store, NOW, chat=chat) as at:
        latest = await at.downloads.latest()
    assert latest is not None
    assert latest.order is not None
    assert (latest.state, latest.order.told) == ("failed", ("Không viết được.",))
