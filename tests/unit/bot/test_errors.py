"""What the system refuses is said in the reader's language."""

import errno
import os

import pytest

from bot.errors import OutputError, to_reason
from locales import translator


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOENT, "không có tệp hoặc thư mục này"),
        (errno.EISDIR, "đây là một thư mục"),
        (errno.EACCES, "không có quyền"),
        (errno.EEXIST, "đã có tệp hoặc thư mục trùng tên"),
    ],
)
def test_a_refusal_of_the_system_is_told_in_vietnamese_within_its_sentence(number: int, said: str) -> None:
    error = OutputError("{file}: {reason}", file="a", reason=to_reason(OSError(number, os.strerror(number))))
    assert error.say(translator("vi")) == f"a: {said}"


def test_what_we_have_no_words_for_keeps_those_of_the_system() -> None:
    assert to_reason(OSError(errno.EXDEV, "Invalid cross-device link")) == "Invalid cross-device link"
    assert to_reason(OSError("odd")) == "OSError"
    assert to_reason(ValueError("embedded null byte")) == "no file can have that name"
