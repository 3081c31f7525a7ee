"""Where each sealed value of the tables belongs, and the rows' ids, all known before the row is written."""

from typing import NamedTuple

from bot.store.sealing import Keyring, Place


def chat_id(keyring: Keyring, channel: str, address: str) -> str:
    """The id of a chat: found again from its address, saying nothing about it."""
    return keyring.lookup("chat", channel, address)


def certificate_id(keyring: Keyring, certificate_key: str) -> str:
    """What requests for one certificate (``Content.certificate_key``) are found by."""
    return keyring.lookup("serial", certificate_key)  # the word stays: stored ids were made with it


def address(chat: str) -> Place:
    """The platform's chat id."""
    return Place("chats", "address", chat)


def session(chat: str) -> Place:
    """The conversation."""
    return Place("chats", "session", chat)


def update(chat: str, update_id: str) -> Place:
    """What came in; the channel is part of the chat's id."""
    return Place("inbox", "payload", f"{chat} {update_id}")


def payload(chat: str, origin: str) -> Place:
    """What goes out."""
    return Place("outbox", "payload", f"{chat} {origin}")


def message(chat: str, origin: str) -> Place:
    """The platform's id of what was sent."""
    return Place("outbox", "message", f"{chat} {origin}")


def content(code: str) -> Place:
    """What a request asks for."""
    return Place("requests", "content", code)


def note(code: str, revision: int) -> Place:
    """Why a request was moved."""
    return Place("request_history", "note", f"{code} {revision}")


def grant_label(grant: str) -> Place:
    """How a person with a role is called."""
    return Place("grants", "label", grant)


def invitation_label(invitation: str) -> Place:
    """How an invited person is called."""
    return Place("invitations", "label", invitation)


def grant_seal(grant: str) -> Place:
    """What proves a role."""
    return Place("grants", "seal", grant)


def invitation_seal(invitation: str) -> Place:
    """What proves an invitation."""
    return Place("invitations", "seal", invitation)


def warrant(broadcast: str) -> Place:
    """What proves who wrote a broadcast and who approved it."""
    return Place("broadcasts", "warrant", broadcast)


def head() -> Place:
    """What proves the end of the journal."""
    return Place("audit_head", "seal", "1")


def standing_id(chat: str, interview: int) -> str:
    """A row of the register of certificates."""
    return f"{chat}:{interview}"


def subscriber(standing: str) -> Place:
    """The name on a certificate of the register."""
    return Place("standings", "subscriber", standing)


def task(task_id: str) -> Place:
    """What a task is to do."""
    return Place("tasks", "spec", task_id)


def broadcast_content(broadcast: str) -> Place:
    """What is said, to whom, by which plan (``Draft``)."""
    return Place("broadcasts", "content", broadcast)


def broadcast_document(broadcast: str) -> Place:
    """The bytes of the file that goes along."""
    return Place("broadcasts", "document", broadcast)


def broadcast_findings(broadcast: str) -> Place:
    """What the last check found (``Checked``)."""
    return Place("broadcasts", "findings", broadcast)


def broadcast_origin(broadcast: str, chat: str) -> str:
    """What asks for one recipient's message: it is there once. Its payload is ``Values``, not a reply."""
    return f"broadcast:{broadcast}:{chat}"


def word(keyring: Keyring, folded: str) -> str:
    """What requests with this folded word are found by: half a digest is enough to tell words apart."""
    return keyring.lookup("word", folded)[:16]


def open_word(keyring: Keyring, folded: str) -> str:
    """The same for a word that tells nothing about a person."""
    return keyring.lookup("open word", folded)[:16]


class Sealed(NamedTuple):
    """A column of sealed values, in SQL words: the row's key, and the row part of the value's place."""

    table: str
    column: str
    key: str
    row: str
    before_first: str | int  #: sorts before every key
    at_once: int = 1_000  #: values that fit into memory at the same time


#: Every sealed column there is: what a rotation goes through.
SEALED = (
    Sealed("audit_head", "seal", "id", "'' || id", 0),  # first: by it other processes notice which key is in use
    Sealed("chats", "address", "id", "id", ""),
    Sealed("chats", "session", "id", "id", ""),
    Sealed("inbox", "payload", "id", "chat || ' ' || update_id", 0),
    Sealed("outbox", "payload", "id", "chat || ' ' || origin", 0, at_once=5),
    Sealed("outbox", "message", "id", "chat || ' ' || origin", 0),
    Sealed("requests", "content", "code", "code", ""),
    Sealed("request_history", "note", "id", "code || ' ' || revision", 0),
    Sealed("grants", "label", "id", "id", ""),
    Sealed("invitations", "label", "id", "id", ""),
    Sealed("standings", "subscriber", "id", "id", ""),
    Sealed("tasks", "spec", "id", "id", ""),
    Sealed("broadcasts", "content", "id", "id", ""),
    Sealed("broadcasts", "document", "id", "id", "", at_once=1),
    Sealed("broadcasts", "findings", "id", "id", ""),
    Sealed("grants", "seal", "id", "id", ""),
    Sealed("invitations", "seal", "id", "id", ""),
    Sealed("broadcasts", "warrant", "id", "id", ""),
)
