"""https://core.telegram.org/bots/api#html-style"""

import pytest

from tests.support.telegram.entities import parse, utf16_length
from tests.support.telegram.errors import ApiError

VALID = [
    ("một dòng", "một dòng", []),
    ("<b>đậm</b>", "đậm", [("bold", 0, 3)]),
    ("<STRONG>đậm</STRONG>", "đậm", [("bold", 0, 3)]),  # names are not case sensitive
    ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),  # nested
    ("<b>a</>", "a", [("bold", 0, 1)]),  # a nameless end tag closes the last one
    ("🙂<u>x</u>", "🙂x", [("underline", 2, 1)]),  # offsets count UTF-16 units
    ("  <b> x</b>\n", "x", [("bold", 0, 1)]),  # trimmed after parsing
    ("<b></b>x", "x", []),  # an empty entity is no entity
    ("&lt;b&gt; &amp; &quot;", '<b> & "', []),  # the four named references
    ("&#273;&#x111;", "đđ", []),  # numeric references
    ("&nbsp; &copy; a&b", "&nbsp; &copy; a&b", []),  # other names stay as they are
    ("<a href='https://x.vn/?a=1&amp;b=2'>x</a>", "x", [("text_link", 0, 1)]),
    ('<a href="không phải">x</a>', "x", []),  # what is no link is only text
    ("<blockquote expandable>x</blockquote>", "x", [("blockquote", 0, 1)]),
    ('<span class="tg-spoiler">x</span>', "x", [("spoiler", 0, 1)]),
]


@pytest.mark.parametrize(("source", "plain", "entities"), VALID)
def test_html_is_read_as_telegram_reads_it(source: str, plain: str, entities: list[tuple[str, int, int]]) -> None:
    text, found = parse(source, "HTML")
    assert text == plain
    assert [(one["type"], one["offset"], one["length"]) for one in found] == entities


INVALID = [
    ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
    ("Phòng PA05 <b & Cục", 'Expected equal sign in declaration of an attribute of the tag "b" at byte offset 12'),
    ("a < b", 'Unsupported start tag "" at byte offset 2'),
    ("<b>x", "Can't find end tag corresponding to start tag b"),
    ("<b", "Unclosed start tag at byte offset 0"),
    ("x</b>", "Unexpected end tag at byte offset 1"),
    ("<b>đ</i>", 'Unmatched end tag at byte offset 5, expected "</b>", found "</i>"'),
    ("<b>x</b", "Unclosed end tag at byte offset 4"),
    ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
]


@pytest.mark.parametrize(("source", "why"), INVALID)
def test_broken_html_is_refused_with_its_place_in_bytes(source: str, why: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse(source, "HTML")
    assert refused.value.description == f"Bad Request: can't parse entities: {why}"


def test_without_a_parse_mode_markup_is_text() -> None:
    assert parse("<b>x", None) == ("<b>x", [])


def test_length_counts_utf16_units() -> None:
    assert utf16_length("Việt 🙂") == 7
