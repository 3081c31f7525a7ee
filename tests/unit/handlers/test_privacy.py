"""Consent first, secrets never, everything mine given and deleted on request."""

import pytest

from handlers.conversation import respond, wants_file
from handlers.core import FileSent, TextReceived, Throttled, UnreadableReceived
from handlers.interview.screens.file import WARNING
from handlers.interview.secrets import looks_like_pin
from handlers.model import FILE_PROBLEMS, FileProblemKind, RequestState
from locales import translator
from tests.support.dialogue import Dialogue, make_certificate

t = translator("vi")


@pytest.fixture
def talk() -> Dialogue:
    return Dialogue()


async def test_consent_comes_before_anything_is_answered(talk: Dialogue) -> None:
    for line in ("/start", "co quan", "/xemlai", "/yeucau", "/dulieu"):
        await talk.says(line)
        assert talk.session is None or talk.session.consented_at is None
        assert talk.answers == {}


async def test_a_refusal_leaves_no_session_behind(talk: Dialogue) -> None:
    await talk.says("/start", "khong dong y")
    assert talk.session is None


async def test_a_file_before_consent_waits_unread_and_unnamed(talk: Dialogue) -> None:
    await talk.says("/start")
    await talk.does(FileSent(reference="abc", name="Nguyen Thi Lan.cer"))
    assert not wants_file(talk.session)
    assert talk.session
    assert "Lan" not in talk.session.model_dump_json()
    turn = await respond(talk.session, TextReceived(text="đồng ý"), talk.world)
    assert turn.again == (FileSent(reference="abc"),)
    assert wants_file(turn.session)


async def test_a_certificate_pasted_before_consent_is_not_taken_in(talk: Dialogue) -> None:
    await talk.says("/start")
    await talk.sends(make_certificate())
    assert talk.session is None
    assert "75580955FC81D6A7" not in talk.text


async def test_what_is_held_can_be_seen_and_deleted_without_consent(talk: Dialogue) -> None:
    assert t("I am putting together everything that is held about you. It comes here as files in a moment.") in (
        await talk.says("/start", "/dulieu")
    )
    await talk.says("/xoadulieu", "xoa")
    assert talk.session is None


@pytest.mark.parametrize("trouble", [FileProblemKind.PRIVATE_KEY, FileProblemKind.PKCS12])
async def test_a_private_key_is_refused_and_its_message_taken_away(talk: Dialogue, trouble: FileProblemKind) -> None:
    await talk.says("/start", "1")
    text = await talk.sends(problems=[trouble])
    assert t(WARNING) in text
    assert next((reply.action, reply.target) for reply in talk.heard) == ("delete", "9")


@pytest.mark.parametrize(
    "line", ["ma pin 12345678", "PIN: abc123", "Mật khẩu token là Abc@1234", "mk cua em la 88888888"]
)
async def test_a_pin_is_refused_and_its_message_taken_away(talk: Dialogue, line: str) -> None:
    await talk.says("/start", "1")
    text = await talk.says(line)
    assert t(WARNING) in text
    assert talk.heard[0].action == "delete"


@pytest.mark.parametrize("line", ["quen pin", "khoa pin roi", "ma pin bi khoa", "pin", "sap nhap 12/2026"])
def test_talking_about_a_pin_is_not_a_pin(line: str) -> None:
    assert not looks_like_pin(line)


async def test_a_group_gets_no_personal_answer(talk: Dialogue) -> None:
    turn = await respond(None, TextReceived(text="/start", group=True), talk.world)
    assert turn.session is None
    assert len(turn.replies) == 1
    assert turn.replies[0].choices == ()


async def test_who_asks_again_while_it_is_put_together_is_told_so(talk: Dialogue) -> None:
    first = await talk.says("/start", "1", "/dulieu")
    again = await talk.says("/dulieu", "/dulieu")
    under_way = t("Your data are being put together already. The files come here in a moment.")
    assert (under_way in first, under_way in again) == (False, True)


async def test_deleting_everything_names_what_must_stay(talk: Dialogue) -> None:
    await talk.says("/start", "1")
    await talk.sends(make_certificate())
    await talk.says("1", "3", "1", "1", "dang ky", "1", "1", "1", "UBND tỉnh", "1")
    for state in (RequestState.ACCEPTED, RequestState.FORWARDED):
        await talk.world.requests.move("YC-2026-000001", state)
    text = await talk.says("/xoadulieu", "xoa")
    assert "YC-2026-000001" in text
    assert talk.session is None


async def test_a_doubt_keeps_the_data(talk: Dialogue) -> None:
    await talk.says("/start", "1", "2", "/xoadulieu", "giu lai")
    assert talk.answers == {"subject": "individual"}


@pytest.mark.parametrize(
    "trouble", sorted(set(FileProblemKind) - {FileProblemKind.PRIVATE_KEY, FileProblemKind.PKCS12})
)
async def test_every_trouble_with_a_file_is_said_in_words(talk: Dialogue, trouble: FileProblemKind) -> None:
    await talk.says("/start", "1")
    assert t(FILE_PROBLEMS[trouble]) in await talk.sends(problems=[trouble])


async def test_a_photo_gets_told_how_to_export_the_file(talk: Dialogue) -> None:
    await talk.says("/start", "1")
    text = await talk.does(UnreadableReceived(what="photo"))
    assert "certmgr.msc" in text
    assert "Adobe Reader" in text


async def test_a_text_too_long_to_read_is_said_so(talk: Dialogue) -> None:
    await talk.says("/start", "1")
    assert t("That text is too long for me. A few words are enough.") in await talk.does(
        UnreadableReceived(what="text")
    )


async def test_writing_too_fast_is_said_and_loses_no_answer(talk: Dialogue) -> None:
    await talk.says("/start", "1", "2")
    await talk.does(Throttled())
    assert talk.answers == {"subject": "individual"}
