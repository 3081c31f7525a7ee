"""The terminal as a script runs it: text in, text out, over the real program."""

import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.acceptance.officer import Words

COMMAND = (sys.executable, "-m", "bot", "chat")
LEAF = Path(__file__).resolve().parents[3] / "shared" / "pki" / "leaf" / "organisation-2021.cer"
words = Words()
#: After the answer: register; subscriber and managing body typed; serial not known.
REGISTER = ("dang ky", "UBND xã Phú Hội", "UBND xã Nhơn Trạch", "khong ro")


def environment(folder: Path) -> dict[str, str]:
    state = str(folder.with_name(f"{folder.name}-state"))
    return {"PATH": os.environ["PATH"], "TROLY_DATA_DIR": str(folder), "TROLY_STATE_DIR": state, "PYTHONUTF8": "1"}


def piped(folder: Path, script: bytes, *options: str, **settings: str) -> str:
    """What the program prints for a script of any bytes."""
    done = subprocess.run(
        [*COMMAND, *options],
        input=script,
        capture_output=True,
        check=True,
        timeout=60,
        cwd=folder,
        env=environment(folder) | settings,
    )
    assert done.stderr == b"" or b"keys.json" in done.stderr
    return done.stdout.decode()


def chat(folder: Path, *lines: str, name: str | None = None) -> str:
    return piped(folder, "\n".join((*lines, "")).encode(), *(["--as", name] if name else []))


class Terminal:
    """The program on a terminal of its own, as somebody who types has it."""

    def __init__(self, folder: Path) -> None:
        self._keys, screen = pty.openpty()
        self.process = subprocess.Popen(
            ["env", "--default-signal=INT", *COMMAND],  # a shell ignores it for what runs behind it
            stdin=screen,
            stdout=screen,
            stderr=screen,
            cwd=folder,
            env=environment(folder) | {"TERM": "dumb"},
        )
        os.close(screen)
        self.shown = ""

    def until(self, text: str) -> None:
        while text not in self.shown:
            self.shown += os.read(self._keys, 65536).decode(errors="replace")

    def types(self, keys: str) -> None:
        os.write(self._keys, keys.encode())

    def ends(self) -> int:
        """Its exit status, once all it printed was read."""
        with suppress(OSError):  # the other side is closed
            while shown := os.read(self._keys, 65536):
                self.shown += shown.decode(errors="replace")
        os.close(self._keys)
        return self.process.wait(timeout=10)


# What is typed after "I agree" up to the answer, the new information, and the title of the procedure.
RULES = {
    "merge into a new body": (
        (
            words.option("subject", "organisation"),
            words.option("events", "merged_into_new"),
            "1",
            "31/12/2028",
            "1",
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
        ),
        ("UBND tỉnh Đồng Nai",),
        ("Mẫu 04", "thay đổi nội dung thông tin"),
    ),
    "personal certificate": (
        (
            words.option("subject", "individual"),
            words.option("events", "unit_reorganised"),
            "31/12/2028",
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
    out = chat(tmp_path, "dong y", f"/tep {LEAF}", "1", words.option("events", "superior_changed"), "1")
    assert all(said in out for said in ("TỔNG CỤC THUẾ", "BỘ TÀI CHÍNH", "75580955FC81D6A7", "16/11/2026"))
    assert all(said in out for said in ("Mẫu 05", "Mẫu 02"))


def test_a_file_that_is_not_there_is_said_and_the_chat_goes_on(tmp_path: Path) -> None:
    out = chat(tmp_path, "dong y", "/tep /khong/co/o/day.cer", words.option("subject", "organisation"))
    assert "gửi lại" in out


def test_the_command_for_a_file_alone_says_how_it_is_used(tmp_path: Path) -> None:
    assert chat(tmp_path, "dong y", "/tep").count("/tep ĐƯỜNG-DẪN") == 1


# In the locale of a bare machine, where Python would let half characters through, and in that of a desktop.
@pytest.mark.parametrize("settings", [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {}])
def test_input_that_is_no_utf8_is_answered_and_the_chat_goes_on(tmp_path: Path, settings: dict[str, str]) -> None:
    out = piped(tmp_path, b"dong y\nt\xeb\xff \xe9\n/tep \xff\n/xemlai\n", **settings)
    assert words("I did not understand that. Please choose one of these:") in out
    assert "\ufffd" in out


@pytest.mark.fresh_interpreter
def test_ctrl_c_ends_the_chat_at_once_and_quietly(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.until("/tep ĐƯỜNG-DẪN")
    terminal.types("dong y\r")
    terminal.until(words.option("subject", "organisation"))
    terminal.until("> ")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.ends() == 130
    assert "Traceback" not in terminal.shown


def test_ctrl_d_leaves_the_chat(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.until("> ")
    terminal.types("\x04")
    assert terminal.ends() == 0


def test_a_chat_in_the_terminal_deletes_what_is_past_its_time(tmp_path: Path) -> None:
    chat(tmp_path, "dong y", words.option("subject", "organisation"), name="lan")
    with closing(sqlite3.connect(tmp_path / "troly.sqlite3", isolation_level=None)) as database:
        database.execute("UPDATE chats SET last_contact_at = 0")
    chat(tmp_path, name="somebody else")
    assert words.option("subject", "organisation") not in chat(tmp_path, "/xemlai", name="lan")


@pytest.mark.fresh_interpreter
def test_decisions_are_answered_as_json() -> None:
    facts = {"subject": "organisation", "events": ["superior_changed"]}
    command = [sys.executable, "-m", "bot", "decide", "--json"]
    done = subprocess.run(
        command, input=json.dumps(facts), capture_output=True, text=True, check=True, timeout=30, env=dict(os.environ)
    )
    assert json.loads(done.stdout)["status"] == "needs"


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up province, to be asked for files."""
    folder = tmp_path_factory.mktemp("province")
    command = [sys.executable, "-m", "bot", "demo", "--officers", "30", "--units", "20"]
    subprocess.run(command, capture_output=True, check=True, timeout=60, env=environment(folder))
    return folder


@pytest.mark.parametrize(
    ("lines", "name", "begins"),
    [
        (("/xuat", "1"), "danh-sach-yeu-cau.xlsx", b"PK"),
        (("/xuat", "2"), "danh-sach-yeu-cau.csv", b"\xef\xbb\xbf"),
        (("/xuat", "3"), "danh-sach-yeu-cau.jsonl", b"{"),
        (("/xuat", "5"), "danh-sach-yeu-cau.xlsx", b"PK"),
        (("/dulieu",), "du-lieu-cua-toi.json", b"{"),
        (("/dulieu",), "du-lieu-cua-toi.txt", "Toàn bộ".encode()),
    ],
)
def test_every_file_that_is_asked_for_in_the_terminal_lies_in_the_folder_it_was_started_in(
    province: Path, tmp_path: Path, lines: tuple[str, ...], name: str, begins: bytes
) -> None:
    (tmp_path / name).write_bytes(b"mine")
    out = subprocess.run(
        [*COMMAND, "--as", "chu"],
        input="\n".join((*lines, "")).encode(),
        capture_output=True,
        check=True,
        timeout=60,
        cwd=tmp_path,
        env=environment(province),
    ).stdout.decode()
    first, dot, kind = name.partition(".")
    saved = tmp_path / f"{first} (2){dot}{kind}"
    assert (tmp_path / name).read_bytes() == b"mine"
    assert saved.read_bytes().startswith(begins)
    assert saved.stat().st_mode & 0o777 == 0o600
    assert str(saved) in out
