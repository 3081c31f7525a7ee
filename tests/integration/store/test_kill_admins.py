"""SIGKILL in the middle of an admin's work: every act is done once, with its history, its notice and its row."""

import json
from collections import Counter
from typing import Any

from bot.store import Store
from bot.store.units import to_nested_sets
from handlers.model import Act, Role
from tests.support import kill
from tests.support.database import Database, OpenStore
from tests.support.kill import ADMIN_UPDATES, AMENDED, CHATS, COMMUNE, MOVED, REGISTERED, RESENT, TURNS, kill_until_done
from tests.support.people import UNITS, grant_role
from tests.support.store import CHANNEL, NOW, claim_next_turn, make_incoming

#: So often at least, or the work was too little to be a test.
KILLS = 5
#: What the admin was given before the work began.
GIVEN = {"invite": 1, "redeem": 1}
DEEDS = ("request.move", "request.move_all", "request.import", "invite", "redeem", "end_role")


async def test_killed_at_any_moment_every_act_of_an_admin_is_done_once(database: Database, another: OpenStore) -> None:
    store = await another()
    await kill.import_units(store)
    await grant_role(store, "chat 0", Role.ADMIN, COMMUNE)
    await store.close()

    kills = kill_until_done(kill.run_admin, database.url, database.folder)

    assert kills >= KILLS
    store = await another()
    assert await store.inbox.chats_waiting(CHANNEL) == []
    assert await store.outbox.claim(CHANNEL, 10, NOW) == []
    done = await deeds(store)
    assert done[TURNS] == ADMIN_UPDATES
    assert min(done[deed] for deed in (*DEEDS, REGISTERED, AMENDED, RESENT)) > 0, "too little work to be a test"
    assert (await store.audit.verify_journal()).fault is None
    the_journal_has_a_row_for_each_act(database, done)
    every_move_stands_in_a_history_once(database, done)
    every_notice_was_queued_once_and_sent(database, done, kills)
    roles_are_taken_and_ended_as_told(database, done)
    no_import_is_half_done(database)


async def deeds(store: Store) -> Counter[str]:
    """What the sessions say was done."""
    chats = await store.inbox.receive([make_incoming(f"last {n}", address=f"chat {n}") for n in range(CHATS)], NOW)
    sessions = [json.loads((await claim_next_turn(store, chat)).session or "{}") for chat in chats]
    return sum((Counter(session["done"]) for session in sessions), Counter())


def number(database: Database, statement: str, *parameters: object) -> int:
    ((found,),) = database.sql(statement, *parameters)
    return int(found)


def the_journal_has_a_row_for_each_act(database: Database, done: Counter[str]) -> None:
    rows = dict(database.sql("SELECT act, COUNT(*) FROM audit GROUP BY act"))
    imports = rows.pop(Act.MAINTAIN_UNITS)
    assert rows == {deed: done[deed] + GIVEN.get(deed, 0) for deed in DEEDS}
    assert imports == number(database, "SELECT value FROM counters WHERE name = 'units'")
    moved = "SELECT SUM(count) FROM audit WHERE act IN ('request.move', 'request.move_all', 'request.import')"
    assert number(database, moved) == done[MOVED]


def every_move_stands_in_a_history_once(database: Database, done: Counter[str]) -> None:
    by = dict(database.sql("SELECT actor, COUNT(*) FROM request_history GROUP BY actor"))
    assert by == {"subscriber": done[REGISTERED] + done[RESENT], "QT-000001": done[MOVED]}
    assert number(database, "SELECT COUNT(*) FROM requests") == done[REGISTERED]
    assert number(database, "SELECT SUM(revision) FROM requests") == done[MOVED] + done[RESENT] + done[AMENDED]
    for state, revision, history in histories(database):
        revisions = [at for at, _ in history]
        assert revisions == sorted(set(revisions))
        assert revisions[-1] <= revision
        assert history[-1][1] == state


def histories(database: Database) -> list[tuple[str, int, list[tuple[int, str]]]]:
    """State and revision of every request, with the revisions and states of its moves."""
    moves: dict[str, list[Any]] = {}
    for code, revision, state in database.sql("SELECT code, revision, state FROM request_history ORDER BY id"):
        moves.setdefault(code, []).append((revision, state))
    return [
        (state, revision, moves[code])
        for code, state, revision in database.sql("SELECT code, state, revision FROM requests")
    ]


def every_notice_was_queued_once_and_sent(database: Database, done: Counter[str], kills: int) -> None:
    states = dict(database.sql("SELECT origin, state FROM outbox"))
    notices = [origin for origin in states if origin.startswith("request:")]
    assert len(notices) == done[MOVED]
    announced = [origin for origin in states if origin.startswith("new:")]
    assert len(announced) == done[REGISTERED] + done[RESENT]  # to the one admin whose scope they are in
    assert len(states) - len(notices) - len(announced) == done[TURNS]
    assert set(states.values()) == {"sent"}
    sent = (database.folder / "sent").read_text().splitlines()
    assert set(sent) == set(states)
    assert len(sent) - len(set(sent)) <= kills, "a message came twice without a kill between"


def roles_are_taken_and_ended_as_told(database: Database, done: Counter[str]) -> None:
    assert number(database, "SELECT COUNT(*) FROM grants") == done["redeem"] + 1
    assert number(database, "SELECT COUNT(*) FROM grants WHERE ended_at IS NOT NULL") == done["end_role"]
    assert number(database, "SELECT COUNT(*) FROM invitations WHERE used_at IS NOT NULL") == done["redeem"] + 1
    assert number(database, "SELECT COUNT(*) FROM invitations") == done["invite"] + 1


def no_import_is_half_done(database: Database) -> None:
    """No list waits, and all units have the name and the place that the last import gave them."""
    assert number(database, "SELECT COUNT(*) FROM tasks") == 0
    imports = number(database, "SELECT value FROM counters WHERE name = 'units'")
    places = {code: (place.place, place.last) for code, place in to_nested_sets(UNITS).items()}
    rows = database.sql("SELECT code, name, place, last FROM units")
    assert {code: (place, last) for code, _, place, last in rows} == places
    assert {name for _, name, _, _ in rows} == {f"{unit.name} {imports}" for unit in UNITS.units.values()}
