"""The terminal as a script runs it: text in, text out, over the real program."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.words import Words

LEAF = Path(__file__).resolve().parents[3] / "shared" / "pki" / "leaf" / "organisation-2021.cer"
words = Words()
#: After the answer: register; subscriber and managing body typed; serial not known.
REGISTER = ("dang ky", "UBND xã Phú Hội", "UBND xã Nhơn Trạch", "khong ro")


def chat(folder: Path, *lines: str, name: str | None = None) -> str:
    arguments = [sys.executable, "-m", "bot", "chat", *(["--as", name] if name else [])]
    done = subprocess.run(
        arguments,
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "TROLY_DATA_DIR": str(folder), "PYTHONUTF8": "1"},
    )
    assert done.stderr == "" or "keys.json" in done.stderr
    return done.stdout


# What is typed after "I agree" up to the answer, the new information, and the title of the procedure.
RULES = {
    "merge into a new body": (
        (
            words.option("subject", "organisation"),
            words.option("events", "merged_into_new"),
            "1",
            "31/12/2028",
            "1",
            "1",
            "2",
        ),
        ("UBND xã Nhơn Trạch",),
        ("Mẫu 04", "thay đổi nội dung thông tin"),
    ),
    "merge into an existing body": (
        (
            words.option("subject", "organisation"),
            words.option("events", "merged_into_existing"),
            words.option("merger_role", "absorbed"),
            "31/12/2028",
            "1",
            "1",
            "2",
        ),
        (),
        ("Mẫu 05", "thu hồi"),
    ),
    "change of superior": (
        (
            words.option("subject", "organisation"),
            words.option("events", "superior_changed"),
            "31/12/2028",
            "1",
            "1",
            "2",
        ),
        ("UBND tỉnh Đồng Nai",),
        ("Mẫu 04", "thay đổi nội dung thông tin"),
    ),
    "personal certificate": (
        (
            words.option("subject", "individual"),
            words.option("events", "unit_reorganised"),
            "31/12/2028",
            "1",
            "1",
            "2",
        ),
        ("UBND xã Nhơn Trạch",),
        ("Mẫu 04", "thay đổi nội dung thông tin"),
    ),
}


@pytest.mark.parametrize(("answers", "news", "says"), RULES.values(), ids=RULES)
def test_a_scripted_conversation_walks_a_rule_to_its_request(
    tmp_path: Path, answers: tuple[str, ...], news: tuple[str, ...], says: tuple[str, ...]
) -> None:
    out = chat(tmp_path, "dong y", *answers, *REGISTER, *news, "gui yeu cau", "/yeucau YC-2026-000001")
    assert all(word.casefold() in out.casefold() for word in says)
    assert all(number in out for number in ("08/5/2025", "5904/UBND-VX", "2940/UBND-VX", "68/2024/NĐ-CP"))
    assert "Đã đăng ký: YC-2026-000001" in out
    assert "<b>" not in out


def test_the_same_script_gives_the_same_conversation(tmp_path: Path) -> None:
    script = ("dong y", *RULES["change of superior"][0], "/xemlai", "/vanban")
    assert chat(tmp_path, *script) == chat(tmp_path, *script)


def test_a_named_conversation_is_taken_up_again(tmp_path: Path) -> None:
    chat(
        tmp_path,
        "dong y",
        words.option("subject", "organisation"),
        words.option("events", "superior_changed"),
        name="lan",
    )
    assert words.option("events", "superior_changed") in chat(tmp_path, "/xemlai", name="lan")


@pytest.mark.skipif(not LEAF.exists(), reason="the real certificate is not beside the project")
def test_a_real_expired_certificate_is_read_and_taken_into_account(tmp_path: Path) -> None:
    out = chat(tmp_path, "dong y", f"/tep {LEAF}", "1", words.option("events", "superior_changed"), "1", "2")
    assert all(said in out for said in ("TỔNG CỤC THUẾ", "BỘ TÀI CHÍNH", "75580955FC81D6A7", "16/11/2026"))
    assert all(said in out for said in ("Mẫu 05", "Mẫu 02"))


def test_a_file_that_is_not_there_is_said_and_the_chat_goes_on(tmp_path: Path) -> None:
    out = chat(tmp_path, "dong y", "/tep /khong/co/o/day.cer", words.option("subject", "organisation"))
    assert "gửi lại" in out


def test_decisions_are_answered_as_json() -> None:
    facts = {"subject": "organisation", "events": ["superior_changed"]}
    command = [sys.executable, "-m", "bot", "decide", "--json"]
    done = subprocess.run(
        command, input=json.dumps(facts), capture_output=True, text=True, check=True, timeout=30, env=dict(os.environ)
    )
    assert json.loads(done.stdout)["status"] == "needs"
