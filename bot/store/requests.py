"""The requests of one chat, within a turn, and how the content of a request is read."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import ConfigDict, Field

from bot.store.conditions import NO_SERIAL
from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query, Rows, RunQueries, from_micros, to_micros
from bot.store.sealing import Keyring, read_or_none, sealed_columns, unseal_or_none
from handlers.model import (
    REQUEST_TRANSITIONS,
    Request,
    RequestContent,
    RequestState,
    RequestStep,
    format_request_code,
    lacks_serial,
    request_series,
)
from locales import LANGUAGES, N_, translator
from rules.calendar import to_vietnam_day
from rules.facts import Subject
from rules.language.spelling import fold
from rules.outcome import Procedure


def search_words(code: str, content: RequestContent) -> frozenset[str]:
    """Return the folded words of the names, the serial number and the code."""
    named = (content.subscriber, content.certificate_name or "", content.unit, content.serial or "", code)
    return frozenset(word for text in named for word in fold(text).split())


def open_search_words(code: str, content: RequestContent) -> frozenset[str]:
    """Return the words of the managing body and the code: what a reader sees masked must not be found by guessing.

    A request that lacks a serial number and needs one has a word that says so.
    """
    lacking = (NO_SERIAL,) if lacks_serial(content) else ()
    return frozenset((*lacking, *(word for text in (content.unit, code) for word in fold(text).split())))


def open_columns(content: RequestContent) -> dict[str, object]:
    """Return the columns that a request is found by and that tell nothing about a person."""
    not_after = content.not_after.toordinal() if content.not_after else None
    return {"procedure": content.procedure.value, "unit": content.unit_code, "not_after": not_after}


def add_words_queries(keyring: Keyring, code: str, number: int, content: RequestContent) -> tuple[Query, Query]:
    """Store the words of a new request: one by one, and in one text a kind."""
    words = sorted(sealed_columns.word_digest(keyring, word) for word in search_words(code, content))
    open_words = sorted(sealed_columns.open_word_digest(keyring, word) for word in open_search_words(code, content))
    listed = {"words": " ".join(words), "open_words": " ".join(open_words)}
    return (
        Query("add_words", {"number": number, "words": json.dumps([*words, *open_words])}),
        Query("list_words", {"number": number, **listed}),
    )


def replace_words_queries(keyring: Keyring, code: str, number: int, content: RequestContent) -> tuple[Query, ...]:
    """Replace the words of a request."""
    return Query("drop_words", {"number": number}), *add_words_queries(keyring, code, number, content)


#: The actor that moves a request from within its own conversation.
SUBSCRIBER = "subscriber"
#: More codes than a year will see.
CODES_A_YEAR = 1_000_000_000


@dataclass(frozen=True, slots=True)
class StoredOwnRequests:
    """Implements ``handlers.core.ports.OwnRequests``."""

    ask: RunQueries
    keyring: Keyring
    chat: str
    now: datetime

    async def mine(self) -> tuple[Request, ...]:
        """List my requests, the newest first."""
        return await self._read("my_requests")

    async def page(self, before: int | None, limit: int) -> list[tuple[int, Request]]:
        """List some of my requests with their numbers, the newest first; with ``before``, only smaller numbers."""
        (rows,) = await self.ask(Query("my_requests_page", {"chat": self.chat, "before": before or 0, "limit": limit}))
        (history,) = await self.ask(Query("history_of", {"codes": json.dumps([code for _, code, *_ in rows])}))
        steps = steps_by_code(self.keyring, history)
        return [(number, self._request((code, *rest), steps[code])) for number, code, *rest in rows]

    async def get(self, code: str) -> Request | None:
        """Return one of mine."""
        return next(iter(await self._read("my_request", code=code)), None)

    async def open_for(self, certificate_key: str, procedure: str) -> Request | None:
        """Return the newest open one for this certificate and procedure."""
        looked_up = sealed_columns.certificate_id(self.keyring, certificate_key)
        found = await self._read("my_open_request", certificate_key=looked_up, procedure=procedure)
        return next(iter(found), None)

    async def register(self, content: RequestContent, state: RequestState = RequestState.SUBMITTED) -> Request:
        """Register a new one under the next code of the year in Viet Nam."""
        year = to_vietnam_day(self.now).year
        (((number,),),) = await self.ask(Query("next_number", {"name": request_series(year)}))
        code, place = format_request_code(year, number), year * CODES_A_YEAR + number
        row = {"code": code, "number": place, "state": state.value, "ended": self._ended_at(state)}
        await self.ask(
            Query("register", {**self._columns(code, content), **row}),
            self._record_query(code, state),
            *add_words_queries(self.keyring, code, place, content),
        )
        return Request(code=code, state=state, content=content, history=(self._step(state),))

    async def amend(self, code: str, content: RequestContent) -> Request | None:
        """Replace the content where the state still allows it."""
        (changed,) = await self.ask(Query("amend", self._columns(code, content)))
        if not changed:
            return None
        ((number,),) = changed
        await self.ask(*replace_words_queries(self.keyring, code, number, content))
        return await self.get(code)

    async def move(self, code: str, to: RequestState) -> Request | None:
        """Move it for the subscriber, where there is a way from the present state."""
        moved = {
            "code": code,
            "chat": self.chat,
            "state": to.value,
            "ended": self._ended_at(to),
            "now": to_micros(self.now),
        }
        (changed,) = await self.ask(Query("move", moved))
        if not changed:
            return None
        ((revision,),) = changed
        await self.ask(self._record_query(code, to, revision))
        return await self.get(code)

    async def _read(self, query: str, **parameters: str) -> tuple[Request, ...]:
        mine = {"chat": self.chat}
        rows, history = await self.ask(Query(query, {**mine, **parameters}), Query("my_history", mine))
        steps = steps_by_code(self.keyring, history)
        return tuple(self._request(row, steps[row[0]]) for row in rows)

    def _request(self, row: tuple[Any, ...], steps: Iterable[RequestStep]) -> Request:
        code, state, sealed, procedure = row
        content = content_for_display(self.keyring, code, sealed, procedure)
        return Request(code=code, state=RequestState(state), content=content, history=tuple(steps))

    def _columns(self, code: str, content: RequestContent) -> dict[str, object]:
        sealed = self.keyring.seal(content.model_dump_json(), sealed_columns.content(code))
        return {
            "code": code,
            "chat": self.chat,
            "certificate_key": sealed_columns.certificate_id(self.keyring, content.certificate_key),
            "content": sealed,
            "now": to_micros(self.now),
            **open_columns(content),
        }

    def _record_query(self, code: str, state: RequestState, revision: int = 0) -> Query:
        row = {"code": code, "state": state.value, "now": to_micros(self.now), "revision": revision}
        return Query("record_move", {**row, "actor": SUBSCRIBER, "note": None})

    def _step(self, state: RequestState) -> RequestStep:
        return RequestStep(state=state, at=self.now, by=SUBSCRIBER)

    def _ended_at(self, state: RequestState) -> int | None:
        return None if REQUEST_TRANSITIONS[state] else to_micros(self.now)


def steps_by_code(keyring: Keyring, history: Rows) -> dict[str, list[RequestStep]]:
    """Read rows of a history (code, state, at, actor, revision, note) as steps, in the order they come in."""
    steps = defaultdict(list)
    for code, state, at, actor, revision, note in history:
        why = unseal_or_none(keyring, note, sealed_columns.note(code, revision)) or ""
        steps[code].append(RequestStep(state=RequestState(state), at=from_micros(at), by=actor, note=why))
    return steps


#: Requests a transaction: others may write in between.
INDEX_BATCH = 500


async def index_requests(driver: Driver, keyring: Keyring) -> int:
    """Index the requests that are not yet, and return how many that were.

    What cannot be unsealed stays as it is, with a line in the log.
    """
    indexed, after = 0, 0
    while True:
        async with driver.transaction() as transaction:
            (rows,) = await transaction.run(Query("requests_to_index", {"after": after, "limit": INDEX_BATCH}))
            if not rows:
                return indexed
            known = _readable_requests(keyring, rows)
            await transaction.run(*(call for one in known for call in _index_queries(keyring, *one)), commit=True)
        indexed, after = indexed + len(known), rows[-1][1]


def _readable_requests(keyring: Keyring, rows: Rows) -> list[tuple[str, int, RequestContent]]:
    found = []
    for code, number, sealed in rows:
        content = read_or_none(keyring, sealed_columns.content(code), partial(unseal_content, keyring, code, sealed))
        if content is not None:
            found.append((code, number, content))
    return found


def _index_queries(keyring: Keyring, code: str, number: int, content: RequestContent) -> tuple[Query, ...]:
    columns = Query("index_request", {**open_columns(content), "number": number})
    return columns, *replace_words_queries(keyring, code, number, content)


def unseal_content(keyring: Keyring, code: str, sealed: bytes) -> RequestContent:
    """Open the content of a request.

    Raises:
        SealError: it does not open.
        pydantic.ValidationError: it is no content.
    """
    return RequestContent.model_validate_json(keyring.unseal_bytes(sealed, sealed_columns.content(code)))


def unseal_without_decision(keyring: Keyring, code: str, sealed: bytes) -> RequestContent:
    """Open a content with an empty decision: it is kilobytes that no list shows, and most of the time of reading."""
    return _ContentWithoutDecision.model_validate_json(
        cut_decision(keyring.unseal_bytes(sealed, sealed_columns.content(code)))
    )


def content_for_display(  # noqa: PLR0913 - a row, and how it is shown
    keyring: Keyring, code: str, sealed: bytes, procedure: str, *, language: str = LANGUAGES[0], whole: bool = True
) -> RequestContent:
    """Open a content for a list: one that cannot be read is shown as such, in a language, and noted."""
    opened = unseal_content if whole else unseal_without_decision
    found = read_or_none(keyring, sealed_columns.content(code), lambda: opened(keyring, code, sealed))
    if found is not None:
        return found
    name = translator(language)(N_("⚠ cannot be read any more"))
    known = {"subject": Subject.ORGANISATION, "subscriber": name, "unit": name, "procedure": Procedure(procedure)}
    return RequestContent(**known, decision="", pack="", channel="", unreadable=True)


def cut_decision(content: bytes) -> bytes:
    """Cut the decision out of the JSON of a content, where the fields stand in the order of the model.

    Within a JSON string every quote has a backslash before it (RFC 8259, 7): no text can look like the name of a field.
    """
    begin, end = content.find(b',"decision":"'), content.rfind(b'","pack":"')
    return content[:begin] + content[end + 1 :] if 0 < begin < end else content


class _ContentWithoutDecision(RequestContent):
    """The parser passes over what no field asks for: the decision is looked for under a name that nothing has."""

    model_config = ConfigDict(extra="ignore")

    decision: str = Field(default="", validation_alias="")


async def assign_unit(context: StoreContext, code: str, revision: int, unit: str) -> bool:
    """Place a request that is as it was seen; false where it is not any more.

    The unit stands in the sealed content as well, so that an amendment by the officer keeps it. What the officer
    called the managing body stays.
    """
    (rows,) = await context.ask(Query("sealed_request", {"code": code}))
    if not rows:
        return False
    sealed = rows[0][0]
    found = read_or_none(
        context.keyring, sealed_columns.content(code), lambda: unseal_content(context.keyring, code, sealed)
    )
    if found is not None:  # one that cannot be read is placed, and stays as it is
        content = found.model_copy(update={"unit_code": unit})
        sealed = context.keyring.seal(content.model_dump_json(), sealed_columns.content(code))
    row = {"code": code, "revision": revision, "unit": unit, "content": sealed}
    (changed,) = await context.ask(Query("place_request", row))
    return bool(changed)
