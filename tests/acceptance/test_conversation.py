"""An officer's whole journey over Telegram, through the real program."""

import json
import re
from pathlib import Path
from typing import Any

from handlers.interview.screens.welcome import GREETING
from handlers.requests.fields import FIELDS
from tests.acceptance.officer import Officer
from tests.support.botapi.api import BotApi
from tests.support.botapi.chats import Shown
from tests.support.pki import issue
from tests.support.program import running

MERGED: dict[str, str | list[str]] = {
    "events": ["merged_into_new"],
    "merger_role": "designated",
    "information_matches": "false",
}
ELSE: dict[str, str | list[str]] = {"token": "in_hand", "key_exposed": "false"}
FORM = {
    FIELDS["subscriber"].ask: "",
    FIELDS["unit"].ask: "UBND xã Phước An",
    FIELDS["serial"].ask: "",
    FIELDS["new_name"].ask: "UBND xã Phước An mới",
}
CODE = re.compile(r"YC-\d{4}-\d{6}")


async def test_the_program_as_it_is_started_answers(api: BotApi, tmp_path: Path) -> None:
    """``python -m bot run``; the other tests fork a process that has done its imports."""
    lan = Officer(api.user("Lan"))
    async with running(api, tmp_path) as program:
        assert lan.words.asked_in((await lan.consents()).text) == "subject"
        assert await program.stop() == 0
    assert "Traceback" not in program.printed()


async def test_from_the_greeting_to_a_registered_request_and_out_again(lan: Officer) -> None:
    certificate = issue()
    greeting = await lan.says("/start")
    assert lan.words(GREETING) in greeting.text

    question = await lan.taps("I agree, let us begin")
    question = await lan.answers(question, {"subject": "organisation"}, typing=True)
    assert lan.words.asked_in(question.text) == "events"

    await lan.user.sends_file(certificate.der, "chứng thư.cer")
    read = await lan.hears()
    assert "UBND huyện Nhơn Trạch" in read.text
    assert f"{certificate.certificate.serial_number:X}" in read.text

    question = await lan.taps("Yes – the certificate of an organisation")
    answer = await lan.answers(question, {**MERGED, **ELSE})
    assert_cited(lan, answer)

    review = await lan.fills_in(await lan.taps("Register the request"), FORM)
    assert "UBND xã Phước An mới" in review.text
    registered = await lan.taps("Send the request")
    [code] = set(CODE.findall(registered.text))
    assert code.endswith("-000001")

    requests = await lan.says("/yeucau")
    assert code in requests.text or any(code in label for label in requests.labels)

    readable, held = await documents(lan)
    assert code in readable
    assert certificate.certificate.serial_number == int(find(held, "serial"), 16)

    await lan.says("/xoadulieu")
    await lan.user.taps(lan.words("Delete everything about me"))
    gone = lan.words("All data about you has been deleted. To begin again, send /start.")
    await lan.user.hears_until(lambda shown: gone in shown.text)
    assert lan.words("I agree, let us begin") in (await lan.says("/dulieu")).labels


async def test_the_whole_interview_can_be_typed_without_accents(lan: Officer) -> None:
    typed = {"subject": "organisation", **MERGED, "certificate": "16/11/2027", **ELSE}
    answer = await lan.answers(await lan.consents(), typed, typing=True)
    assert_cited(lan, answer)


def assert_cited(lan: Officer, answer: Shown) -> None:
    """The answer, in as many messages as it took, names the documents that the letter sends its reader to."""
    told = "\n".join(message.text for message in lan.user.sees())
    assert lan.words("Register the request") in answer.labels
    for document in ("5904/UBND-VX", "2940/UBND-VX", "68/2024/NĐ-CP"):
        assert document in told


async def documents(lan: Officer) -> tuple[str, dict[str, Any]]:
    """What /dulieu sends: a text and JSON."""
    await lan.user.says("/dulieu")
    files: dict[str, bytes] = {}
    while len(files) < 2:
        shown = await lan.user.hears_until(lambda one: one.document is not None, lan.patience)
        assert shown.document is not None
        files[shown.document.name.rpartition(".")[2]] = shown.document.content
    return files["txt"].decode(), json.loads(files["json"])


def find(held: object, name: str) -> str:
    """The first value of that name, however deep."""
    inner = held.values() if isinstance(held, dict) else held if isinstance(held, list) else ()
    if isinstance(held, dict) and isinstance(held.get(name), str):
        found: str = held[name]
        return found
    return next((value for one in inner if (value := find(one, name))), "")


async def test_a_tapped_question_keeps_its_answer_and_loses_its_buttons(lan: Officer) -> None:
    question = await lan.consents()
    await lan.user.taps(lan.words.option("subject", "organisation"))
    edited = await lan.user.hears_until(lambda shown: shown.kind == "edit" and not shown.buttons)
    assert edited.message.id == question.message.id
    assert f"➤ {lan.words.option('subject', 'organisation')}" in edited.text


async def test_a_tap_on_an_older_message_is_told_so_and_changes_nothing(lan: Officer) -> None:
    question = await lan.consents()
    await lan.answers(question, {"subject": "organisation"})
    await lan.user.taps(lan.words.option("subject", "individual"), on=question)
    shown = await lan.hears()
    assert lan.words("That button belongs to an earlier step. The present question:") in shown.text
    assert lan.words.asked_in(shown.text) == "events"


async def test_ticks_change_the_message_in_place(lan: Officer) -> None:
    events = await lan.answers(await lan.consents(), {"subject": "organisation"})
    await lan.user.taps(lan.words.option("events", "renamed"))
    ticked = await lan.user.hears()
    assert (ticked.kind, ticked.message.id) == ("edit", events.message.id)
    assert f"✓ {lan.words.option('events', 'renamed')}" in ticked.labels


async def test_every_tap_is_answered_and_commands_are_announced(lan: Officer, api: BotApi) -> None:
    await lan.answers(await lan.consents(), {"subject": "organisation"})
    await api.acknowledged()
    assert not api.account.callbacks
    announced = [one["command"] for one in api.account.commands['[{"type": "default"}, ""]']]
    assert {"start", "trogiup", "yeucau", "dulieu", "xoadulieu"} <= set(announced)


async def test_in_a_group_it_asks_to_be_written_to_in_private(lan: Officer, api: BotApi) -> None:
    group = api.group("Văn phòng")
    await lan.user.says("/start@troly_bot", group=group)
    shown = await group.next_shown()
    assert shown.text == lan.words("I talk about certificates in private only: please write to me directly.")
    assert not shown.buttons


async def test_a_photo_is_answered_with_the_way_to_the_file(lan: Officer) -> None:
    await lan.consents()
    await lan.user.sends(photo=[{"file_id": "x", "file_unique_id": "x", "width": 9, "height": 9}])
    assert "certmgr.msc" in (await lan.hears()).text


async def test_a_file_sent_before_consent_is_read_after_it(lan: Officer) -> None:
    await lan.user.sends_file(issue().der, "a.cer")
    await lan.hears()
    shown = await lan.taps("I agree, let us begin")
    assert "UBND xã Phước An" in shown.text
