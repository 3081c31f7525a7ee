import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import stamina
import structlog.testing

from bot.channels import Gone, MaybeSent, TooLarge
from bot.delivery.event_preparation import EventPreparer
from bot.delivery.turn_pool import Handled, SlowTask, SlowTaskKind
from bot.messages import MOST_SESSION, Incoming
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.errors import StoreLocked
from bot.store.sealing import open_keyring, sealed_columns
from handlers.core import Attachment, Event, FileRead, FileSent, Reply, Services, Session, TextReceived
from handlers.model import FileProblem, FileProblemKind, Reading
from tests.support.delivery import (
    Answer,
    DeliveryPipeline,
    ManualClock,
    ScriptedChannel,
    echo,
    make_conversation,
    make_text_update,
)

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"


def file(update: int = 1, **details: Any) -> Incoming:
    return Incoming("telegram", str(update), "1", FileSent(reference="f1", name="a.cer", message="9", **details))


class Heard:
    """Remembers the events it was given."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def __call__(self, session: Session | None, event: Event, world: Services) -> Answer:
        self.events.append(event)
        return Answer(session, ["ok"])


async def test_a_message_is_answered_from_the_session_it_meets(store: Store, clock: ManualClock) -> None:
    roads = DeliveryPipeline(store, clock)
    await roads.flow(make_text_update("a", 1), make_text_update("b", 2))
    await roads.flow(make_text_update("c", 3))
    assert roads.channel.texts() == ["1: a", "2: b", "3: c"]


async def test_the_last_update_of_a_chat_is_told_apart_unless_something_follows_from_it(
    store: Store, clock: ManualClock
) -> None:
    async def follows(session: Session | None, event: Event, world: Services) -> Answer:
        return Answer(session, ["ok"], [TextReceived(text="again")] if event == said.event else [])

    said = make_text_update("follow", 3)
    roads = DeliveryPipeline(store, clock, make_conversation(follows))
    await roads.intake.accept([make_text_update("a", 1), make_text_update("b", 2)])
    chat = roads.submitted[0]
    assert [await roads.turns.step(chat) for _ in range(3)] == [True, Handled.LAST, False]
    await roads.intake.accept([said])
    assert [await roads.turns.step(chat) for _ in range(2)] == [True, Handled.LAST]
    assert not roads.turns._handled  # of the many who write nothing is kept


async def test_a_redelivered_update_is_handled_once(store: Store, clock: ManualClock) -> None:
    roads = DeliveryPipeline(store, clock)
    await roads.flow(make_text_update("a", 1))
    await roads.flow(make_text_update("a", 1), make_text_update("b", 2))
    assert roads.channel.texts() == ["1: a", "2: b"]


async def test_what_was_stored_but_not_handled_is_picked_up_by_the_next_process(
    store: Store, clock: ManualClock
) -> None:
    await DeliveryPipeline(store, clock).intake.accept([make_text_update("a", 1)])
    later = DeliveryPipeline(store, clock)
    for chat in await store.inbox.chats_waiting("telegram"):
        await later.turns.handle(chat)
    await later.dispatcher.deliver()
    assert later.channel.texts() == ["1: a"]


async def test_follow_up_events_are_handled_before_what_came_later(store: Store, clock: ManualClock) -> None:
    async def respond(session: Session | None, event: Event, world: Services) -> Answer:
        assert isinstance(event, TextReceived)
        return Answer(session, [event.text], [TextReceived(text="again")] if event.text == "a" else [])

    roads = DeliveryPipeline(store, clock, make_conversation(respond))
    await roads.flow(make_text_update("a", 1), make_text_update("b", 2))
    assert roads.channel.texts() == ["a", "again", "b"]


async def test_a_long_reply_is_queued_as_one_row_a_message(store: Store, clock: ManualClock) -> None:
    async def respond(session: Session | None, event: Event, world: Services) -> Answer:
        return Answer(session, [Reply(paragraphs=("a" * 3000, "b" * 3000))])

    roads = DeliveryPipeline(store, clock, make_conversation(respond))
    roads.channel.failures.extend([None, MaybeSent()])
    await roads.flow(make_text_update("x", 1))
    clock.seconds += 60
    await roads.dispatcher.deliver()
    assert roads.channel.texts() == ["a" * 3000, "b" * 3000]


async def test_a_turn_that_fails_once_is_repeated_and_leaves_nothing_behind(store: Store, clock: ManualClock) -> None:
    failures = [RuntimeError("first")]

    async def respond(session: Session | None, event: Event, world: Services) -> Answer:
        if failures:
            raise failures.pop()
        return await echo(session, event, world)

    roads = DeliveryPipeline(store, clock, make_conversation(respond))
    await roads.flow(make_text_update("a", 1))
    assert roads.channel.texts() == ["1: a"]


async def test_poison_is_set_aside_with_an_apology_and_the_answers_are_kept(store: Store, clock: ManualClock) -> None:
    async def respond(session: Session | None, event: Event, world: Services) -> Answer:
        if isinstance(event, TextReceived) and event.text == "poison Nguyễn Văn A":
            raise ValueError(event.text)
        return await echo(session, event, world)

    roads = DeliveryPipeline(store, clock, make_conversation(respond))
    with structlog.testing.capture_logs() as logs:
        await roads.flow(make_text_update("a", 1), make_text_update("poison Nguyễn Văn A", 2), make_text_update("c", 3))
    first, apology, third = roads.channel.texts()
    assert (first, third) == ("1: a", "2: c")
    assert apology
    assert await store.inbox.chats_waiting("telegram") == []
    assert {log["error"] for log in logs if log["event"] == "turn_failed"} == {"ValueError"}
    assert "Nguyễn" not in str(logs)


async def test_a_session_nobody_can_read_any_more_gets_an_apology_and_no_loop(store: Store, clock: ManualClock) -> None:
    roads = DeliveryPipeline(store, clock)
    await roads.take(make_text_update("a", 1))
    (chat,) = await store.inbox.receive([make_text_update("b", 2)], clock.now())
    pending = await store.inbox.claim_turn(chat)
    assert pending is not None
    async with open_turn(store, pending, clock.now()) as unit:
        await unit.finish('{"version": "not a number"}', ())
    await roads.flow(make_text_update("c", 3))
    assert len(roads.channel.texts()) == 2
    assert await store.inbox.chats_waiting("telegram") == []


class Locked:
    """The real thing, which somebody else locks for the first calls of each of these methods."""

    def __init__(self, really: Any, times: int, *methods: str) -> None:
        self._really = really
        self._left = dict.fromkeys(methods, times)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._really, name)
        if name not in self._left:
            return method

        async def locked(*args: Any, **kwargs: Any) -> Any:
            self._left[name] -= 1
            if self._left[name] >= 0:
                raise StoreLocked
            return await method(*args, **kwargs)

        return locked


def locked_store(store: Store, times: int) -> Store:
    inbox: Any = Locked(store.inbox, times, "receive", "claim_turn")
    outbox: Any = Locked(store.outbox, times, "claim", "settle_all")
    driver: Any = Locked(store.driver, times, "run")  # what a turn is stored by
    return replace(store, inbox=inbox, outbox=outbox, driver=driver)


async def test_a_locked_store_delays_a_turn_and_loses_nothing(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = asyncio.sleep

    async def turned(seconds: float) -> None:
        clock.slept.append(seconds)
        await really(0)

    monkeypatch.setattr(asyncio, "sleep", turned)
    stamina.set_testing(False)
    roads = DeliveryPipeline(locked_store(store, times=7), clock)
    await roads.flow(make_text_update("a", 1), make_text_update("b", 2))
    assert roads.channel.texts() == ["1: a", "2: b"]
    assert sum(clock.slept) > 10


async def test_a_turn_another_process_took_is_not_repeated(store: Store, clock: ManualClock) -> None:
    other = DeliveryPipeline(store, clock)

    async def respond(session: Session | None, event: Event, world: Services) -> Answer:
        (chat,) = await store.inbox.chats_waiting("telegram")
        await other.turns.handle(chat)
        return await echo(session, event, world)

    roads = DeliveryPipeline(store, clock, make_conversation(respond))
    await roads.flow(make_text_update("a", 1))
    await other.dispatcher.deliver()
    assert roads.channel.texts() + other.channel.texts() == ["1: a"]


async def test_a_file_is_fetched_and_read_before_the_turn(store: Store, clock: ManualClock) -> None:
    heard = Heard()
    roads = DeliveryPipeline(store, clock, make_conversation(heard))
    roads.channel.files["f1"] = b"DER"
    await roads.take(file())
    assert roads.reader.seen == [(b"DER", "a.cer")]
    (event,) = heard.events
    assert isinstance(event, FileRead)
    assert (event.name, event.message) == ("a.cer", "9")


async def test_before_consent_a_file_is_not_even_fetched(store: Store, clock: ManualClock) -> None:
    heard = Heard()
    roads = DeliveryPipeline(store, clock, make_conversation(heard, wants_file=False))
    await roads.take(file())
    assert roads.channel.fetched == []
    assert isinstance(heard.events[0], FileSent)


@pytest.mark.parametrize(
    ("size", "found", "outcome"),
    [
        (21 * 1024 * 1024, b"", (FileProblemKind.TOO_LARGE, 0)),  # the declared size is enough to refuse
        (None, TooLarge(), (FileProblemKind.TOO_LARGE, 1)),  # it lied, or said nothing
        (5, Gone(), (FileProblemKind.UNAVAILABLE, 1)),  # asking again would not bring it back
        (5, MaybeSent(), (FileProblemKind.UNAVAILABLE, 3)),  # a network in trouble is asked three times
    ],
)
async def test_a_file_that_cannot_be_had_is_said_to_be_so(
    store: Store, clock: ManualClock, size: int | None, found: bytes | Exception, outcome: tuple[FileProblemKind, int]
) -> None:
    heard = Heard()
    roads = DeliveryPipeline(store, clock, make_conversation(heard))
    roads.channel.files["f1"] = found
    await roads.take(file(size=size))
    (event,) = heard.events
    assert isinstance(event, FileRead)
    (problem,) = event.reading.problems
    assert (problem.trouble, len(roads.channel.fetched)) == outcome


async def test_a_pasted_certificate_is_read_like_a_file(store: Store, clock: ManualClock) -> None:
    heard = Heard()
    roads = DeliveryPipeline(store, clock, make_conversation(heard))
    await roads.take(make_text_update(f"đây ạ\n{PEM}", 1))
    assert isinstance(heard.events[0], FileRead)
    assert roads.reader.seen == [(f"đây ạ\n{PEM}".encode(), "")]


async def test_chats_are_handled_side_by_side_and_a_slow_file_stalls_only_its_own(
    store: Store, clock: ManualClock
) -> None:
    roads = DeliveryPipeline(store, clock)
    gate = asyncio.Event()

    async def slow(reference: str, limit: int) -> bytes:
        await gate.wait()
        return b""

    roads.channel.fetch = slow  # type: ignore[method-assign]  # a platform that takes its time
    await roads.intake.accept([file(1), replace(make_text_update("b", 2), address="2")])
    slow_chat, quick_chat = roads.submitted
    waiting = asyncio.create_task(roads.turns.handle(slow_chat))
    await roads.turns.handle(quick_chat)
    await roads.dispatcher.deliver()
    assert roads.channel.texts("2") == ["1: b"]
    gate.set()
    await waiting


async def test_store_calls_of_many_chats_share_the_way_and_a_cancelled_one_harms_no_other(
    store: Store, clock: ManualClock
) -> None:
    roads = DeliveryPipeline(store, clock)
    await roads.intake.accept([replace(make_text_update("a", number), address=str(number)) for number in range(20)])
    handling = [asyncio.create_task(roads.turns.handle(chat)) for chat in roads.submitted]
    await asyncio.sleep(0)
    for cancelled in handling[::5]:
        cancelled.cancel()
    await asyncio.gather(*handling, return_exceptions=True)
    for chat in await store.inbox.chats_waiting("telegram"):
        await roads.turns.handle(chat)
    await roads.dispatcher.deliver()
    assert sorted(address for address, _ in roads.channel.sent) == sorted(map(str, range(20)))


async def test_a_conversation_knows_the_language_that_was_set_and_its_channel(store: Store, clock: ManualClock) -> None:
    async def respond(session: Session | None, event: Event, world: Services) -> Answer:
        if isinstance(event, TextReceived) and event.text == "poison":
            raise ValueError
        return Answer(None, [f"{world.language} {world.channel}"])

    talk = replace(make_conversation(respond), language="en")
    roads = DeliveryPipeline(store, clock, talk, ScriptedChannel("terminal:3f2a"))
    await roads.flow(
        make_text_update("a", 1, channel="terminal:3f2a"), make_text_update("poison", 2, channel="terminal:3f2a")
    )
    first, apology = roads.channel.texts()
    assert first == "en terminal"
    assert apology.startswith("Sorry")


@pytest.mark.parametrize("session", [b"\x00\x01\x02\x03 another key", b"?", None], ids=["key", "bytes", "json"])
async def test_whose_session_cannot_be_read_is_told_so_kindly_and_answered_from_the_beginning(
    store: Store, clock: ManualClock, tmp_path: Path, session: bytes | None
) -> None:
    roads = DeliveryPipeline(store, clock)
    await roads.flow(make_text_update("a", 1), make_text_update("khác", 2, "2"))
    keyring = open_keyring(tmp_path / "keys.json")[0]
    chat = store.chats.at("telegram", "1")
    damaged = session or keyring.seal('["not", "a", "session"]', sealed_columns.session(chat.id))
    with closing(sqlite3.connect(tmp_path / "troly.sqlite3", isolation_level=None)) as database:
        database.execute("UPDATE chats SET session = ? WHERE id = ?", (damaged, chat.id))

    await roads.flow(make_text_update("b", 3), make_text_update("khác nữa", 4, "2"))
    await roads.flow(make_text_update("c", 5))

    first, sorry, anew, *others = [text for text in roads.channel.texts() if "khác" not in text]
    assert (first, anew, others) == ("1: a", "1: b", ["2: c"])
    assert "bắt đầu lại" in sorry
    with closing(sqlite3.connect(tmp_path / "troly.sqlite3")) as database:
        assert database.execute("SELECT value FROM unreadable WHERE value IS NOT NULL").fetchall() == [(damaged.hex(),)]


async def test_what_ends_the_process_whenever_it_is_handled_is_set_aside_with_an_apology(
    store: Store, clock: ManualClock
) -> None:
    """The count is raised before it is handled: a process that dies cannot raise it afterwards."""
    (chat,) = await store.inbox.receive([make_text_update("kills", 1)], clock.now())
    for _ in range(10):  # taken in hand by processes that then died
        assert await store.inbox.claim_turn(chat)
    heard = Heard()
    later = DeliveryPipeline(store, clock, make_conversation(heard))
    await later.intake.accept([make_text_update("b", 2)])
    await later.turns.handle(chat)
    await later.dispatcher.deliver()
    assert [event.text for event in heard.events if isinstance(event, TextReceived)] == ["b"]
    assert len(later.channel.texts()) == 2
    assert await store.inbox.chats_waiting("telegram") == []


async def test_a_session_that_grows_beyond_its_bound_is_answered_so_and_the_answers_are_kept(
    store: Store, clock: ManualClock
) -> None:
    async def respond(session: Session | None, event: Event, world: Services) -> Answer:
        session = session or Session()
        large = session.with_changes(answers={"x": "y" * MOST_SESSION})
        text = event.text if isinstance(event, TextReceived) else ""
        return Answer(large if text == "grow" else session.with_changes(version=session.version + 1), [text])

    roads = DeliveryPipeline(store, clock, make_conversation(respond))
    await roads.flow(make_text_update("a", 1), make_text_update("grow", 2), make_text_update("b", 3))
    first, refused, last = roads.channel.texts()
    assert (first, last) == ("a", "b")
    assert "/lamlai" in refused
    (chat,) = await store.inbox.receive([make_text_update("c", 4)], clock.now())
    pending = await store.inbox.claim_turn(chat)
    assert pending is not None
    assert Session.load(pending.session or "").version == 2


async def test_an_answer_of_very_many_messages_comes_as_a_file(store: Store, clock: ManualClock) -> None:
    async def respond(session: Session | None, event: Event, world: Services) -> Answer:
        return Answer(session, [Reply(paragraphs=tuple(f"<b>{number}</b> " + "x" * 3000 for number in range(40)))])

    roads = DeliveryPipeline(store, clock, make_conversation(respond))
    await roads.take(make_text_update("a", 1))
    (row,) = await store.outbox.claim("telegram", 10, clock.now())
    (file,) = row.reply.attachments
    assert file.content.decode().startswith("0 xxx")
    assert "39 xxx" in file.content.decode()


async def test_a_message_over_its_bound_is_answered_so_and_nothing_of_it_is_queued(
    store: Store, clock: ManualClock
) -> None:
    async def respond(session: Session | None, event: Event, world: Services) -> Answer:
        file = Attachment.of("a.bin", "application/pdf", b"x")
        return Answer(session, ["before it", Reply(paragraphs=(), attachments=(file,))])

    roads = DeliveryPipeline(store, clock, make_conversation(respond))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.store.messages.MAX_MESSAGE_BYTES", 10)
        await roads.flow(make_text_update("a", 1))
    (told,) = roads.channel.texts()
    assert "/lamlai" in told


async def test_only_what_waits_for_a_file_or_a_chart_is_an_errand(store: Store, clock: ManualClock) -> None:
    roads = DeliveryPipeline(store, clock)
    roads.channel.files["f1"] = b"DER"
    await roads.intake.accept([make_text_update("a", 1), file(2), make_text_update(PEM, 3)])
    (chat,) = roads.submitted
    assert await roads.turns.step(chat) is True
    for _ in range(2):
        errand = await roads.turns.step(chat)
        assert isinstance(errand, SlowTask)
        assert errand.kind is SlowTaskKind.FILE
        await errand.run()
    assert await roads.turns.step(chat) is False
    assert len(roads.reader.seen) == 2


class GivingUp:
    """Finds every file too slow."""

    async def read(self, data: bytes, name: str) -> Reading:
        del data, name
        return Reading(problems=(FileProblem(trouble=FileProblemKind.TOO_SLOW),))


async def test_a_file_that_takes_long_steps_aside_and_is_handled_once_among_what_takes_long(
    store: Store, clock: ManualClock
) -> None:
    roads = DeliveryPipeline(store, clock)
    preparer = EventPreparer({roads.channel.name: roads.channel}, GivingUp(), slow=roads.reader, clock=clock)
    roads.turns._preparer = preparer
    roads.channel.files["f1"] = b"slow"
    await roads.intake.accept([file(1), make_text_update("behind it", 2)])
    (chat,) = roads.submitted
    kinds = []
    while isinstance(errand := await roads.turns.step(chat), SlowTask):
        kinds.append(errand.kind)
        await errand.run()
    assert kinds == [SlowTaskKind.FILE, SlowTaskKind.SLOW]
    assert await roads.turns.step(chat) is False
    assert len(roads.reader.seen) == 1


async def test_a_file_before_consent_is_no_errand(store: Store, clock: ManualClock) -> None:
    roads = DeliveryPipeline(store, clock, make_conversation(wants_file=False))
    await roads.intake.accept([file(1)])
    assert await roads.turns.step(roads.submitted[0]) is Handled.LAST
