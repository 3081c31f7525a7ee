"""Where each sealed value of the tables belongs, and the rows' ids, all known before the row is written."""

from typing import NamedTuple

from bot.store.sealing.keyring import Keyring, SealContext


def chat_id(keyring: Keyring, channel: str, address: str) -> str:
    """The id of a chat: found again from its address, saying nothing about it."""
    return keyring.lookup("chat", channel, address)


def certificate_id(keyring: Keyring, certificate_key: str) -> str:
    """What requests for one certificate (``Content.certificate_key``) are found by."""
    return keyring.lookup("serial", certificate_key)  # the word stays: stored ids were made with it


def address(chat: str) -> SealContext:
    """The platform's chat id."""
    return SealContext("chats", "address", chat)


def session(chat: str) -> SealContext:
    """The conversation."""
    return SealContext("chats", "session", chat)


def update(chat: str, update_id: str) -> SealContext:
    """What came in; the channel is part of the chat's id."""
    return SealContext("inbox", "payload", f"{chat} {update_id}")


def payload(chat: str, origin: str) -> SealContext:
    """What goes out."""
    return SealContext("outbox", "payload", f"{chat} {origin}")


def message(chat: str, origin: str) -> SealContext:
    """The platform's id of what was sent."""
    return SealContext("outbox", "message", f"{chat} {origin}")


def content(code: str) -> SealContext:
    """What a request asks for."""
    return SealContext("requests", "content", code)


def note(code: str, revision: int) -> SealContext:
    """Why a request was moved."""
    return SealContext("request_history", "note", f"{code} {revision}")


def grant_label(grant: str) -> SealContext:
    """How a person with a role is called."""
    return SealContext("grants", "label", grant)


def invitation_label(invitation: str) -> SealContext:
    """How an invited person is called."""
    return SealContext("invitations", "label", invitation)


def grant_seal(grant: str) -> SealContext:
    """What proves a role."""
    return SealContext("grants", "seal", grant)


def invitation_seal(invitation: str) -> SealContext:
    """What proves an invitation."""
    return SealContext("invitations", "seal", invitation)


def warrant(broadcast: str) -> SealContext:
    """What proves who wrote a broadcast and who approved it."""
    return SealContext("broadcasts", "warrant", broadcast)


def journal_head() -> SealContext:
    """What proves the end of the journal."""
    return SealContext("audit_head", "seal", "1")


def standing_id(chat: str, interview: int) -> str:
    """A row of the register of certificates."""
    return f"{chat}:{interview}"


def subscriber(standing: str) -> SealContext:
    """The name on a certificate of the register."""
    return SealContext("standings", "subscriber", standing)


def task(task_id: str) -> SealContext:
    """What a task is to do."""
    return SealContext("tasks", "spec", task_id)


def broadcast_content(broadcast: str) -> SealContext:
    """What is said, to whom, by which plan (``Draft``)."""
    return SealContext("broadcasts", "content", broadcast)


def broadcast_document(broadcast: str) -> SealContext:
    """The bytes of the file that goes along."""
    return SealContext("broadcasts", "document", broadcast)


def broadcast_findings(broadcast: str) -> SealContext:
    """What the last check found (``Checked``)."""
    return SealContext("broadcasts", "findings", broadcast)


def broadcast_origin(broadcast: str, chat: str) -> str:
    """What asks for one recipient's message: it is there once. Its payload is ``Values``, not a reply."""
    return f"broadcast:{broadcast}:{chat}"


def word_digest(keyring: Keyring, folded: str) -> str:
    """What requests with this folded word are found by: half a digest is enough to tell words apart."""
    return keyring.lookup("word", folded)[:16]


def open_word_digest(keyring: Keyring, folded: str) -> str:
    """The same for a word that tells nothing about a person."""
    return keyring.lookup("open word", folded)[:16]


class SealedColumn(NamedTuple):
    """A column of sealed values, in SQL words: the row's key, and the row part of the value's place."""

    table: str
    column: str
    key: str
    row: str
    before_first: str | int  #: sorts before every key
    at_once: int = 1_000  #: values that fit into memory at the same time


#: Every sealed column there is: what a rotation goes through.
SEALED_COLUMNS = (
    SealedColumn("audit_head", "seal", "id", "'' || id", 0),  # first: by it other processes notice which key is in use
    SealedColumn("chats", "address", "id", "id", ""),
    SealedColumn("chats", "session", "id", "id", ""),
    SealedColumn("inbox", "payload", "id", "chat || ' ' || update_id", 0),
    SealedColumn("outbox", "payload", "id", "chat || ' ' || origin", 0, at_once=5),
    SealedColumn("outbox", "message", "id", "chat || ' ' || origin", 0),
    SealedColumn("requests", "content", "code", "code", ""),
    SealedColumn("request_history", "note", "id", "code || ' ' || revision", 0),
    SealedColumn("grants", "label", "id", "id", ""),
    SealedColumn("invitations", "label", "id", "id", ""),
    SealedColumn("standings", "subscriber", "id", "id", ""),
    SealedColumn("tasks", "spec", "id", "id", ""),
    SealedColumn("broadcasts", "content", "id", "id", ""),
    SealedColumn("broadcasts", "document", "id", "id", "", at_once=1),
    SealedColumn("broadcasts", "findings", "id", "id", ""),
    SealedColumn("grants", "seal", "id", "id", ""),
    SealedColumn("invitations", "seal", "id", "id", ""),
    SealedColumn("broadcasts", "warrant", "id", "id", ""),
)
