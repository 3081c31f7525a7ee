import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import Capabilities
from bot.channels.rendering import (
    render_text,
    split_paragraph,
    split_reply,
    to_plain_text,
    to_well_formed,
    utf16_length,
)
from handlers.core import Attachment, Choice, Reply
from tests.support.delivery import TELEGRAM

SMALL = Capabilities(text_limit=200, caption_limit=100, buttons=True, editing=True, deleting=True, markup=True)
BARE = Capabilities(text_limit=200)
YES_NO = (Choice(label="Có", tap="q|yes|1"), Choice(label="Không", tap="q|no|1"))

TAGS = re.compile(r"<(/?)(b|i|u|code|a)(?: href=\"[^\"<>]*\")?>")
text = st.text(alphabet=st.sampled_from("aăâđê ơư.\n&<>\"'🇻😀x;"), max_size=300)
tagged = st.recursive(
    text.map(lambda one: one.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")),
    lambda inner: st.tuples(
        st.sampled_from([("<b>", "</b>"), ("<i>", "</i>"), ("<code>", "</code>"), ('<a href="https://a.vn">', "</a>")]),
        st.lists(inner, max_size=3),
    ).map(lambda pair: pair[0][0] + "".join(pair[1]) + pair[0][1]),
    max_leaves=8,
)
anything = st.text(alphabet=st.sampled_from('<>/&;abiu "=\nhref#1đ😀'), max_size=500)


def squeezed(html: str) -> str:
    """What a reader sees, white space aside."""
    visible = TAGS.sub("", html)
    return re.sub(r"\s", "", visible)


def is_balanced(html: str) -> bool:
    stack: list[str] = []
    for closing, name in TAGS.findall(html):
        if not closing:
            stack.append(name)
        elif not stack or stack.pop() != name:
            return False
    return not stack


@given(st.lists(tagged, min_size=1, max_size=4))
def test_every_part_is_within_the_limit_balanced_and_nothing_is_lost(paragraphs: list[str]) -> None:
    parts = split_reply(Reply(paragraphs=tuple(paragraphs)), SMALL)
    for part in parts:
        (html,) = part.paragraphs
        assert utf16_length(html) <= SMALL.text_limit
        assert is_balanced(html)
    assert "".join(squeezed("".join(part.paragraphs)) for part in parts) == "".join(map(squeezed, paragraphs))


@given(st.lists(anything, max_size=4), st.booleans())
def test_any_text_at_all_can_be_rendered_and_rendering_again_changes_nothing(texts: list[str], bare: bool) -> None:
    capabilities = BARE if bare else SMALL
    parts = split_reply(Reply(paragraphs=tuple(texts), choices=YES_NO), capabilities)
    assert [again for part in parts for again in split_reply(part, capabilities)] == list(parts)
    for part in parts:
        assert utf16_length(render_text(part, capabilities)) <= capabilities.text_limit
        assert all(is_balanced(paragraph) for paragraph in part.paragraphs)


@given(anything)
def test_markup_made_well_formed_shows_the_same_text(html: str) -> None:
    assert to_plain_text(to_well_formed(html)) == to_plain_text(html)


def test_paragraphs_stay_whole_where_they_fit() -> None:
    first, second, third = "a" * 120, "b" * 70, "c" * 120
    parts = split_reply(Reply(paragraphs=(first, second, third)), SMALL)
    assert [part.paragraphs for part in parts] == [(f"{first}\n\n{second}",), (third,)]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    sentences = "Đây là câu thứ nhất của đoạn văn này. " * 8
    pieces = list(split_paragraph(sentences.strip(), 200))
    assert len(pieces) > 1
    assert all(piece.endswith("này.") for piece in pieces)


def test_a_sentence_too_long_is_cut_between_words_and_a_word_too_long_anywhere() -> None:
    words = list(split_paragraph("chứng thư " * 40, 200))
    assert all(piece.split()[-1] in {"chứng", "thư"} and piece.split()[0] in {"chứng", "thư"} for piece in words)
    assert list(split_paragraph("x" * 450, 200)) == ["x" * 200, "x" * 200, "x" * 50]


def test_bold_goes_on_after_a_cut() -> None:
    first, second = split_paragraph(f"<b>{'chữ ' * 60}</b>", 200)
    assert first.startswith("<b>")
    assert first.endswith("</b>")
    assert second.startswith("<b>")
    assert second.endswith("</b>")


def test_an_entity_is_never_cut_in_two() -> None:
    for piece in split_paragraph("&amp;" * 100, 200):
        assert set(piece.split("&amp;")) == {""}


def test_markup_heavier_than_a_message_gives_way_to_its_text() -> None:
    link = f'<a href="https://a.vn/{"x" * 300}">văn bản {"rất " * 60}dài</a>'
    parts = split_reply(Reply(paragraphs=(link,)), SMALL)
    assert "href" not in "".join(part.paragraphs[0] for part in parts)
    assert squeezed("".join(part.paragraphs[0] for part in parts)).endswith("dài")


def test_an_emoji_counts_as_two_units() -> None:
    parts = split_reply(Reply(paragraphs=("😀" * 150,)), SMALL)
    assert [len(part.paragraphs[0]) for part in parts] == [100, 50]


def test_the_keyboard_hangs_on_the_last_part() -> None:
    parts = split_reply(Reply(paragraphs=("a" * 150, "b" * 150), choices=YES_NO), SMALL)
    assert [part.choices for part in parts] == [(), YES_NO]


def test_a_keyboard_without_text_still_has_a_message_to_hang_on() -> None:
    (part,) = split_reply(Reply(paragraphs=("", " "), choices=YES_NO), SMALL)
    assert part.choices == YES_NO
    assert to_plain_text(part.paragraphs[0])


def test_without_buttons_the_choices_become_a_numbered_menu() -> None:
    choices = (Choice(label="Phòng <A> & B", tap="1"), Choice(label="Khác", tap="2"))
    (part,) = split_reply(Reply(paragraphs=("Đơn vị nào?",), choices=choices), BARE)
    assert render_text(part, BARE) == "Đơn vị nào?\n\n1. Phòng <A> & B\n2. Khác"


def test_without_buttons_a_reminder_names_commands_for_a_number_would_answer_the_open_question() -> None:
    choices = (Choice(label="Đã làm", tap="bc|done|TB-000012"), Choice(label="Nhắc lại sau", tap="bc|later|TB-000012"))
    (part,) = split_reply(Reply(paragraphs=("Hạn 30/11",), choices=choices), BARE)
    assert render_text(part, BARE) == "Hạn 30/11\n\n/dalam TB-000012 – Đã làm\n/nhacsau TB-000012 – Nhắc lại sau"


def test_without_markup_the_text_is_plain_and_a_link_shows_where_it_leads() -> None:
    reply = Reply(paragraphs=('<b>A &lt; B</b>, xem <a href="https://a.vn?x=1&amp;y=2">văn bản</a>',))
    assert render_text(reply, BARE) == "A < B, xem văn bản (https://a.vn?x=1&y=2)"


def test_an_edit_replaces_with_the_first_part_and_sends_the_rest() -> None:
    parts = split_reply(Reply(paragraphs=("a" * 150, "b" * 150), action="edit", target="7"), SMALL)
    assert [(part.action, part.target) for part in parts] == [("edit", "7"), ("send", None)]


@pytest.mark.parametrize("capabilities", [BARE, TELEGRAM])
def test_an_edit_where_there_is_no_editing_or_no_target_is_a_new_message(capabilities: Capabilities) -> None:
    target = "7" if capabilities is BARE else None
    (part,) = split_reply(Reply(paragraphs=("a",), action="edit", target=target), capabilities)
    assert part.action == "send"


def test_a_deletion_is_left_out_where_the_channel_cannot_delete() -> None:
    deletion = Reply(paragraphs=(), action="delete", target="7")
    assert split_reply(deletion, TELEGRAM) == (deletion,)
    assert split_reply(deletion, BARE) == ()


def test_a_short_text_travels_as_the_caption_of_its_one_file() -> None:
    file = Attachment.of("dulieu.json", "application/json", b"{}")
    (part,) = split_reply(Reply(paragraphs=("Đây ạ.", "Xong."), attachments=(file,), choices=YES_NO), TELEGRAM)
    assert part.paragraphs == ("Đây ạ.\n\nXong.",)
    assert part.attachments == (file,)


def test_files_follow_a_long_text_each_as_a_message_of_its_own() -> None:
    files = (Attachment.of("a.json", "application/json", b"{}"), Attachment.of("b.txt", "text/plain", b"b"))
    parts = split_reply(Reply(paragraphs=("a" * 2000,), attachments=files), TELEGRAM)
    assert [part.attachments for part in parts] == [(), files[:1], files[1:]]


def test_a_readable_file_is_written_out_where_files_cannot_be_sent() -> None:
    file = Attachment.of("dulieu.txt", "text/plain", "Tên: A & B".encode())
    (part,) = split_reply(Reply(paragraphs=("Đây ạ.",), attachments=(file,)), BARE)
    assert render_text(part, BARE) == "Đây ạ.\n\ndulieu.txt\nTên: A & B"


def test_an_empty_reply_is_no_message() -> None:
    assert split_reply(Reply(paragraphs=("", "<b> </b>")), TELEGRAM) == ()


def test_in_a_menu_what_gives_something_up_has_the_number_0_and_what_no_number_takes_has_none() -> None:
    choices = (
        Choice(label="UBND xã A", tap="1"),
        Choice(label="Không đăng ký", tap="2", numbered=False, zero=True),
        Choice(label="Mở YC-2026-000001", tap="4", numbered=False),
        Choice(label="Khác", tap="3"),
    )
    (part,) = split_reply(Reply(paragraphs=("Tên?",), choices=choices), BARE)
    assert render_text(part, BARE) == "Tên?\n\n1. UBND xã A\n0. Không đăng ký\n• Mở YC-2026-000001\n2. Khác"


def test_a_change_of_buttons_is_one_message_however_long_what_it_falls_back_on() -> None:
    change = Reply(paragraphs=("a" * 500,), choices=(Choice(label="Có", tap="q|yes|1"),), action="buttons", target="7")
    assert split_reply(change, SMALL) == (change,)


def test_a_channel_without_changes_says_it_anew_or_nothing() -> None:
    still = dataclasses.replace(SMALL, editing=False)
    (said,) = split_reply(Reply(paragraphs=("a",), action="buttons", target="7"), still)
    assert (said.action, said.target, said.paragraphs) == ("send", None, ("a",))
    assert split_reply(Reply(paragraphs=(), action="buttons", target="7"), still) == ()


@pytest.mark.parametrize(
    ("labels", "taken"), [(["a"] * 5, True), (["a"] * 6, False), (["a", "b" * 11], False), ([], True)]
)
def test_more_or_longer_choices_than_a_message_has_buttons_for_become_a_menu(labels: list[str], taken: bool) -> None:
    few = dataclasses.replace(SMALL, most_buttons=5, longest_label=10)
    choices = tuple(Choice(label=label, tap=f"q|{number}|1") for number, label in enumerate(labels))
    (part,) = split_reply(Reply(paragraphs=("Chọn:",), choices=choices), few)
    assert (part.choices == choices) is taken
    assert ("1. a" in render_text(part, few)) is not taken


def test_a_channel_of_few_kinds_of_files_carries_those_up_to_its_size() -> None:
    few = dataclasses.replace(BARE, file_types=frozenset({"application/pdf"}), largest_file=5)
    assert few.sends("application/pdf")
    assert not few.sends("application/zip")
    assert [few.carries("application/pdf", size) for size in (5, 6)] == [True, False]
    linked = dataclasses.replace(few, files_linked=True)
    assert linked.accepts("application/zip")
    assert not linked.carries("application/zip", 1)
