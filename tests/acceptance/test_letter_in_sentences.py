"""The four rules of the letter, each told in one typed sentence without accents, to an answer and a registered request.

One process a channel takes all four, one after the other: each answer must still stand when the last one was given.
"""

from pathlib import Path

from tests.acceptance.officer import Officer
from tests.acceptance.test_terminal import chat

#: The sentence; what is typed after it up to the answer, and from there to the request; what the answer must say.
RULES: tuple[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "xa em sap nhap thanh xa moi, chung thu cua xa em duoc giu lai, cks co quan",
        ("dung roi", "31/12/2028, binh thuong"),
        ("dang ky", "UBND xa Mot", "UBND xa Moi", "khong ro", "UBND xa Moi", "gui"),
        ("Thay đổi nội dung thông tin chứng thư (Mẫu 04)", "Điều 17"),
    ),
    (
        "cks co quan, co quan em bi nhap vao xa khac va xa kia giu ten",
        ("dung roi", "31/12/2028, binh thuong"),
        ("dang ky", "UBND xa Hai", "UBND xa Lon", "khong ro", "gui"),
        ("Thu hồi chứng thư chữ ký số (Mẫu 05)", "Mẫu 08"),
    ),
    (
        "cks co quan, truong em doi co quan cap tren",
        ("dung roi", "31/12/2028, binh thuong"),
        ("dang ky", "Truong Ba", "UBND xa Moi", "khong ro", "UBND xa Moi", "gui"),
        ("Thay đổi nội dung thông tin chứng thư (Mẫu 04)",),
    ),
    (
        "cks ca nhan cua em, don vi em da sap xep lai",
        ("dung roi", "31/12/2028, 2"),
        ("dang ky", "Nguyen Van Tu", "UBND xa Moi", "khong ro", "UBND xa Moi", "gui"),
        ("Thay đổi nội dung thông tin chứng thư (Mẫu 04)",),
    ),
)
LETTER = ("5904/UBND-VX", "2940/UBND-VX", "68/2024/NĐ-CP")
NEXT = "chung thu khac"
#: Twenty taps and lines after the last request; none of them may touch an answer.
AFTERWARDS = (
    "/yeucau", "YC-2026-000001", "cau tra loi", "/yeucau", "YC-2026-000002", "cau tra loi", "quay lai", "quay lai",
    "chung thu khac", "/xemlai", "tiep tuc", "1", "/quaylai", "/trogiup", "/vanban", "/visao", "cam on", "nop o dau",
    "/quaylai", "/yeucau",
)  # fmt: skip


def codes() -> list[str]:
    return [f"-{number:06}" for number in range(1, len(RULES) + 1)]


def test_in_the_terminal_each_sentence_leads_to_its_answer_and_its_request(tmp_path: Path) -> None:
    script = ["/start", "dong y"]
    for told, answers, registers, _ in RULES:
        script += [told, *answers, *registers, NEXT]
    out = chat(tmp_path, *script, *AFTERWARDS)
    at = 0
    for (_, _, _, says), code in zip(RULES, codes(), strict=True):
        registered = out.index(code, at)
        answer = out[at:registered]
        assert all(word in answer for word in (*says, *LETTER)), code
        at = registered + 1
    assert "Traceback" not in out


async def test_over_the_bot_api_every_answer_still_stands_after_twenty_more_messages(lan: Officer) -> None:
    answers = {}
    await lan.says(RULES[0][0])  # the very first words: they wait for consent
    await lan.taps("I agree, let us begin")
    for at, (told, typed, registers, says) in enumerate(RULES):
        if at:
            await lan.says(told)
        for line in typed:
            shown = await lan.says(line)
        assert all(word in shown.text for word in (*says, *LETTER))
        answers[shown.message.id] = shown.text
        for line in registers:
            shown = await lan.says(line)
        assert codes()[at] in shown.text
        await lan.says(NEXT)
    assert len(answers) == len(RULES)

    assert len(AFTERWARDS) == 20
    for line in AFTERWARDS:
        await lan.user.says(line)
        await lan.user.hears_until(lambda shown: shown.kind == "message")
    standing = {message.id: message.text for message in lan.user.sees()}
    assert {number: standing.get(number) for number in answers} == answers
