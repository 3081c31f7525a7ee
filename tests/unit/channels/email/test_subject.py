"""The subject of a letter is the first line that says something."""

import pytest

from bot.channels.email.channel import subject_of
from handlers.core import Attachment, Reply
from locales import translator

FILE = Attachment.of("a.pdf", "application/pdf", b"x")


@pytest.mark.parametrize(
    ("said", "subject"),
    [
        (("<b>Nhắc hạn</b> 30/11\nNội dung",), "Nhắc hạn 30/11"),
        (("Kính gửi <b>Trần Văn Mẫu</b>,", "Hạn là 30/11/2026."), "Hạn là 30/11/2026."),
        (("Kính gửi anh/chị,",), "Kính gửi anh/chị,"),
        (("a" * 200,), "a" * 90 + " …"),
        (("từ " * 60,), ("từ " * 30).strip() + " …"),
        (("", " \n "), "Trợ lý Chứng thư"),
        ((), "Trợ lý Chứng thư"),
    ],
)
def test_a_salutation_is_passed_by_and_a_long_line_cut_at_a_word(said: tuple[str, ...], subject: str) -> None:
    assert subject_of(Reply(paragraphs=said), translator("vi")) == subject


def test_files_alone_are_named() -> None:
    assert subject_of(Reply(paragraphs=(), attachments=(FILE,)), translator("en")) == "Your files from the assistant"
