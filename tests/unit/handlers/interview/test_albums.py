"""Several files sent before anything is answered: each certificate can be chosen, an unreadable file is named."""

import pytest

from handlers.conversation import respond
from handlers.core import FileRead, FileSent, TextReceived
from handlers.interview.screens.file import MAX_WAITING_FILES
from handlers.model import Certificate, FileProblem, FileProblemKind, Reading
from locales import translator
from tests.support.dialogue import Dialogue, make_certificate

t = translator("vi")


@pytest.fixture
async def talk() -> Dialogue:
    talk = Dialogue()
    await talk.says("/start", "đồng ý")
    return talk


async def reads(
    talk: Dialogue, name: str, *found: Certificate, trouble: FileProblemKind | None = None, album: bool = False
) -> str:
    problems = (FileProblem(trouble=trouble),) if trouble else ()
    return await talk.does(FileRead(name=name, reading=Reading(certificates=found, problems=problems), album=album))


@pytest.mark.parametrize("album", [True, False])
async def test_every_certificate_of_several_files_can_be_chosen(talk: Dialogue, album: bool) -> None:
    for name in ("Một", "Hai", "Ba"):
        await reads(talk, f"{name}.cer", make_certificate(name), album=album)

    assert [label.split(" · ")[0] for label in talk.labels] == [
        "Một",
        "Hai",
        "Ba",
        t("None of them"),
        t("I am not sure"),
    ]
    text = await talk.says("2")
    assert "Hai" in text
    await talk.says("1")
    assert talk.session
    assert talk.session.certificate
    assert talk.session.certificate.name == "Hai"


async def test_the_same_certificate_twice_is_offered_once(talk: Dialogue) -> None:
    await reads(talk, "a.cer", make_certificate("Một"))
    await reads(talk, "b.cer", make_certificate("Một"))
    assert talk.session
    assert len(talk.session.offered) == 1


async def test_of_an_album_the_file_that_could_not_be_read_is_named_and_the_others_stay(talk: Dialogue) -> None:
    await reads(talk, "một.cer", make_certificate("Một"), album=True)
    text = await reads(talk, "ảnh.jpg", trouble=FileProblemKind.PICTURE, album=True)
    assert "ảnh.jpg" in text
    await reads(talk, "hai.cer", make_certificate("Hai"), album=True)
    assert talk.session
    assert [one.name for one in talk.session.offered] == ["Một", "Hai"]


async def test_of_an_album_the_first_file_is_named_too_where_it_could_not_be_read(talk: Dialogue) -> None:
    assert "ảnh.jpg" in await reads(talk, "ảnh.jpg", trouble=FileProblemKind.PICTURE, album=True)


async def test_a_certificate_sent_after_the_answer_is_asked_about_alone(talk: Dialogue) -> None:
    await reads(talk, "a.cer", make_certificate("Một"))
    await talk.says("1")
    await reads(talk, "b.cer", make_certificate("Hai"))
    assert talk.session
    assert [one.name for one in talk.session.offered] == ["Hai"]


async def test_all_files_sent_before_consent_are_read_after_it_in_their_order() -> None:
    talk = Dialogue()
    await talk.says("/start")
    whole = await talk.does(FileSent(reference="0", name="Nguyễn Thị Lan.cer", album=True))
    assert t("<b>Do you agree that I store this while I help you?</b>") in whole
    agree = talk.choices[0].tap
    for number in range(1, MAX_WAITING_FILES + 1):
        text = await talk.does(FileSent(reference=str(number), name="Nguyễn Thị Lan.cer", album=True))
    assert str(MAX_WAITING_FILES) in text
    assert talk.session
    assert "Lan" not in talk.session.model_dump_json()
    assert talk.choices[0].tap == agree  # the greeting's button stays good

    again = (await respond(talk.session, TextReceived(text="đồng ý"), talk.world)).again

    assert [file.reference for file in again if isinstance(file, FileSent)] == [
        str(n) for n in range(MAX_WAITING_FILES)
    ]
    assert isinstance(again[2], FileSent)
    assert again[2].name == t("File {number}", number=3)
