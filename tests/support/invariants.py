"""Reads the database from outside and checks the invariants of every turn that changes it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from handlers.model import ACT_TO_GIVE, Act, Rights, Role

T = TypeVar("T")
#: Acts of the journal that move requests; the count of a row is the number of requests.
MOVING = ("request.move", "request.move_all", "request.take_back", "request.import")


class RequestSnapshot(NamedTuple):
    """The present state of a request."""

    state: str
    revision: int
    unit: str | None
    chat: str


class HistoryRow(NamedTuple):
    """A row of a history."""

    code: str
    state: str
    actor: str
    revision: int


class JournalRow(NamedTuple):
    """A row of the journal."""

    actor: str
    act: str
    number: int  #: number of requests


class GrantSnapshot(NamedTuple):
    """A role or an invitation."""

    role: str
    unit: str | None
    chat: str | None  #: the person who has the role, or made the invitation
    ended: bool


@dataclass(frozen=True)
class Glance:
    """The content of the database at one moment."""

    requests: dict[str, RequestSnapshot]
    steps: dict[int, HistoryRow]
    audit: dict[int, JournalRow]
    grants: dict[str, GrantSnapshot]
    invitations: dict[str, GrantSnapshot]
    origins: frozenset[str]  #: origins of all outgoing messages
    erased: frozenset[str]  #: chats that asked to be forgotten

    @classmethod
    def at(cls, file: Path) -> "Glance":
        """Read the database file."""
        with closing(sqlite3.connect(file)) as connection:

            def keyed(statement: str, kind: Callable[..., T]) -> dict[Any, T]:
                return {key: kind(*row) for key, *row in connection.execute(statement)}

            inviter = "(SELECT g.chat FROM grants g WHERE g.id = created_by)"
            return cls(
                keyed("SELECT code, state, revision, unit, chat FROM requests", RequestSnapshot),
                keyed("SELECT id, code, state, actor, revision FROM request_history", HistoryRow),
                keyed("SELECT number, actor, act, count FROM audit", JournalRow),
                keyed("SELECT id, role, unit, chat, ended_at IS NOT NULL FROM grants", GrantSnapshot),
                keyed(f"SELECT id, role, unit, {inviter}, ended_at IS NOT NULL FROM invitations", GrantSnapshot),
                frozenset(keyed("SELECT origin FROM outbox", str)),
                frozenset(keyed("SELECT id FROM chats WHERE erased_at IS NOT NULL", str)),
            )


@dataclass(frozen=True)
class Actor:
    """The person whose turn it was: their chat, and their rights before it."""

    chat: str
    rights: Rights

    @property
    def grants(self) -> set[str]:
        return {grant.id for grant in self.rights.grants}


def check_turn(doer: Actor, before: Glance, after: Glance) -> None:
    """Check that everything a turn changed was within the person's rights and left its traces."""
    check_requests(doer, before, after)
    check_moves(doer, before, after)
    check_roles(doer, before, after)


def check_requests(doer: Actor, before: Glance, after: Glance) -> None:
    """Check that revisions only grow, and do so with every change; a request disappears only with its officer."""
    steps = [after.steps[number] for number in sorted(after.steps.keys() - before.steps.keys())]
    for code, was in before.requests.items():
        now = after.requests.get(code)
        if now is None:
            assert was.chat == doer.chat, "somebody else's request went"
            continue
        assert now.revision >= was.revision
        assert now == was or now.revision > was.revision, "a change without a revision"
        moves = [step for step in steps if step.code == code]
        assert (moves[-1].state if moves else was.state) == now.state, "a move without a history"
        assert [was.revision < step.revision <= now.revision for step in moves] == [True] * len(moves)


def check_moves(doer: Actor, before: Glance, after: Glance) -> None:
    """Check that a move was made by the officer, or by a person with the right, with a journal row and a notice."""
    steps = [after.steps[number] for number in after.steps.keys() - before.steps.keys()]
    theirs = [step for step in steps if step.actor != "subscriber"]
    for step in steps:
        stands = after.requests[step.code]
        if step.actor == "subscriber":
            assert stands.chat == doer.chat
            continue
        assert step.actor in doer.grants
        assert doer.rights.may(Act.CHANGE_REQUESTS, before.requests[step.code].unit)
        assert stands.chat in after.erased or f"request:{step.code}:{step.revision}" in after.origins
    rows = [row for number, row in after.audit.items() if number not in before.audit]
    assert sum(number for _, act, number in rows if act in MOVING) == len(theirs)
    mine = doer.grants | {grant for grant, given in after.grants.items() if given.chat == doer.chat}
    assert {actor for actor, _, _ in rows} <= mine


def check_roles(doer: Actor, before: Glance, after: Glance) -> None:
    """Check that roles are offered and ended only by those who may, and that an owner always remains."""
    for made in after.invitations.keys() - before.invitations.keys():
        role, unit, *_ = after.invitations[made]
        assert doer.rights.may(ACT_TO_GIVE[Role(role)], unit)
    for taken_up in after.grants.keys() - before.grants.keys():
        assert after.grants[taken_up].chat == doer.chat
        assert "redeem" in [act for number, (_, act, _) in after.audit.items() if number not in before.audit]
    ended = [before.grants[name] for name in _find_ended(before.grants, after.grants)]
    for was in ended:
        assert was.chat == doer.chat or doer.rights.may(Act.END_ROLES, was.unit)
    left = {was.chat for was in ended}  # their invitations end with their role
    for taken in _find_ended(before.invitations, after.invitations):
        was = before.invitations[taken]
        assert was.chat in left or doer.rights.may(Act.END_ROLES, was.unit)
    assert any(given.role == Role.OWNER and not given.ended for given in after.grants.values())


def _find_ended(before: dict[str, GrantSnapshot], after: dict[str, GrantSnapshot]) -> Iterator[str]:
    for name, was in before.items():
        now: Any = after.get(name)
        if not was.ended and (now is None or now.ended):
            yield name
