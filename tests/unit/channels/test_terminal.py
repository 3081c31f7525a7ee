"""Files of a terminal: names that are saved are harmless, and a path that is typed is the file it names."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.channels.terminal import Console, TerminalChannel, TerminalChat, safe_name, save_attachment
from bot.messages import Incoming
from handlers.core import Attachment, FileSent, TextReceived
from locales import translator


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("danh-sach.xlsx", "danh-sach.xlsx"),
        ("Danh sách (xã).docx", "Danh sách (xã).docx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\a.txt", "a.txt"),
        ("..", "tep"),
        ("", "tep"),
        (".bashrc", "bashrc"),
        ("-rf.txt", "rf.txt"),
        ("a\x00b\n\x1b[2J.txt", "a_b__[2J.txt"),
        ('x<>:"|?*.csv', "x_______.csv"),
    ],
)
def test_a_name_is_made_harmless(name: str, kept: str) -> None:
    assert safe_name(name) == kept


def test_a_long_name_is_cut_and_keeps_its_kind(tmp_path: Path) -> None:
    path = save_attachment(Attachment.of("ệ" * 300 + ".xlsx", "x", b"1"), tmp_path)
    assert path.suffix == ".xlsx"
    again = save_attachment(Attachment.of("ệ" * 300 + ".xlsx", "x", b"2"), tmp_path)
    assert (path.read_bytes(), again.read_bytes()) == (b"1", b"2")


def test_a_link_that_stands_there_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "elsewhere")
    save_attachment(Attachment.of("a.txt", "text/plain", b"1"), tmp_path)
    assert not (tmp_path / "elsewhere").exists()


async def heard(*lines: str) -> list[str]:
    """Type lines, and return what becomes of each: the name of a file, or the text; nothing where a path is wrong."""
    told: list[str] = []

    async def accept(updates: Sequence[Incoming]) -> None:
        for one in updates:
            told.append(one.event.name if isinstance(one.event, FileSent) else "")
            if isinstance(one.event, TextReceived):
                told[-1] = f"text: {one.event.text}"

    async def typed() -> AsyncIterator[str]:
        for line in lines:
            yield line

    await TerminalChat(TerminalChannel(Console(rich=False), "t", translator("en")), accept).run(typed())
    return told[1:]  # behind the greeting


@pytest.mark.parametrize(
    "line", ["{}/a b.cer", '"{}/a b.cer"', "{}/a\\ b.cer", "file://{}/a%20b.cer", "./a b.cer", "a b.cer"]
)
async def test_a_path_is_read_as_the_file_it_names(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a b.cer").write_bytes(b"1")
    assert await heard(line.format(tmp_path)) == ["a b.cer"]


@pytest.mark.parametrize("line", ["/nowhere/a.cer", "~/khong-co.cer", "C:\\Users\\a.cer", "/dev/null", "../.."])
async def test_a_path_that_leads_to_no_file_is_told_and_not_taken_for_a_command(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await heard(line) == []
    assert "No file can be read there" in capsys.readouterr().out


@pytest.mark.parametrize("line", ["/trogiup", "/danhsach 1/2", "68/2024/NĐ-CP là gì?", "1.", "xã/phường", "1/7/2025"])
async def test_a_command_and_a_sentence_are_no_path(line: str) -> None:
    assert await heard(line) == [f"text: {line}"]
