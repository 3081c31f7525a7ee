"""Names of files that are saved stay in their folder and can be written down anywhere."""

from pathlib import Path

import pytest

from bot.channels.terminal import safe_name, save_attachment
from handlers.core import Attachment


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
