"""A text is read as it was meant, or what is wrong with it is named; no value ever turns into markup."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.rendering import to_plain_text, to_well_formed, utf16_length
from handlers.broadcasts.template import (
    Placeholder,
    Template,
    find_problems,
    missing_placeholders,
    parse,
    placeholders_of,
)
from handlers.model import BroadcastProblem, BroadcastText, PlaceholderValues, ProblemKind

FILLED = {Placeholder.NAME: "Lan", Placeholder.DEADLINE: "30/11/2026"}
#: Signs that mean something here or in HTML, so that random texts meet all of it.
signs = st.lists(
    st.sampled_from([*'*_`[](){}|<>&"\\/ \nab1đ', "https://a.vn", "{ho_ten}", "{{", "}}", "](https://a.vn)"]),
    max_size=30,
).map("".join)
texts = st.one_of(signs, st.text(max_size=80))


def html(text: str) -> str:
    template = parse(text)
    assert isinstance(template, Template), template
    return template.fill(FILLED)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Xin chào {ho_ten}", "Xin chào Lan"),
        # aliases, capitals, accents and blanks are understood
        ("{name} {Ho_Ten} {họ tên} { ho_ten }", "Lan Lan Lan Lan"),
        # words stand for what is not known, and only then
        ("{don_vi|cơ quan <anh/chị>}, {ho_ten|anh/chị}, {don_vi|}", "cơ quan &lt;anh/chị&gt;, Lan, "),
        ("{{ho_ten}} {{{ho_ten}}}", "{ho_ten} {Lan}"),
        ("*Hạn {han}*, _gấp_", "<b>Hạn 30/11/2026</b>, <i>gấp</i>"),
        ("*đậm và _nghiêng_* (_*cả hai*_)", "<b>đậm và <i>nghiêng</i></b> (<i><b>cả hai</b></i>)"),
        # inside words, between blanks, after a footnote sign and as lines to write on they are no markup
        ("don_vi_1.pdf 5 * 3 2*3*4 Mẫu 01* (*) ____ * dòng", "don_vi_1.pdf 5 * 3 2*3*4 Mẫu 01* (*) ____ * dòng"),
        ("`certmgr.msc` `a_b *c* {ho_ten}`", "<code>certmgr.msc</code> <code>a_b *c* Lan</code>"),
        ("[xem *đây*](https://a.gov.vn/x?a=1&b=2)", '<a href="https://a.gov.vn/x?a=1&amp;b=2">xem <b>đây</b></a>'),
        ("[A](HTTP://a.vn:8080/A_(b)) [1] a[2](x", None),
        # an address stays whole
        ("https://a.vn/_x_y_z _https://a.vn_.", "https://a.vn/_x_y_z <i>https://a.vn</i>."),
        ("<b>x</b> & <script>", "&lt;b&gt;x&lt;/b&gt; &amp; &lt;script&gt;"),
        ("  a\r\nb  ", "a\nb"),
    ],
)
def test_a_text_is_said_as_it_was_meant(text: str, said: str | None) -> None:
    assert html(text) == (said or '<a href="HTTP://a.vn:8080/A_(b)">A</a> [1] a[2](x')


@pytest.mark.parametrize(
    ("text", "trouble", "about"),
    [
        ("", ProblemKind.EMPTY, ""),
        (" \n ", ProblemKind.EMPTY, ""),
        ("{ho_tn}", ProblemKind.PLACEHOLDER, "{ho_tn} → {ho_ten}"),
        ("{đơn vi5}", ProblemKind.PLACEHOLDER, "{đơn vi5} → {don_vi}"),
        ("{luong|không}", ProblemKind.PLACEHOLDER, "{luong}"),
        # the placeholder says "ngày" itself
        ("gấp: {so_ngay} ngày", ProblemKind.PLACEHOLDER, "{so_ngay} ngày → {so_ngay}"),
        ("hạn {han}, còn {so_ngay}.", ProblemKind.PLACEHOLDER, "còn {so_ngay} → {so_ngay}"),
        ("Còn lại *{số ngày}*.", ProblemKind.PLACEHOLDER, "Còn lại *{số ngày} → {số ngày}"),
        ("đã quá {so_ngay|hạn}", ProblemKind.PLACEHOLDER, "đã quá {so_ngay|hạn} → {so_ngay|hạn}"),
        ("{days} left", ProblemKind.PLACEHOLDER, "{days} left → {days}"),
        ("{days} days left", ProblemKind.PLACEHOLDER, "{days} days → {days}"),
        ("Hạn *{han}\nGấp*", ProblemKind.MARKUP, "*{han}"),
        ("*a _b*_", ProblemKind.MARKUP, "_b*_"),
        ("**đậm** hết", ProblemKind.MARKUP, "**đậm** hết"),
        ("*a *b*", ProblemKind.MARKUP, "*b*"),
        ("*a *b* c*", ProblemKind.MARKUP, "*b* c*"),
        ("`a", ProblemKind.MARKUP, "`a"),
        ("{ho_ten", ProblemKind.MARKUP, "{ho_ten"),
        ("a } b", ProblemKind.MARKUP, "} b"),
        ("[a](javascript:alert)", ProblemKind.MARKUP, "[a](javascript:alert)"),
        # where it leads is not what it looks like
        ("[a](https://dichvucong.gov.vn@x.vn)", ProblemKind.MARKUP, "[a](https://dichvucong.gov.vn@x.vn)"),
        ("[a](https://a.vn/{ho_ten})", ProblemKind.MARKUP, "[a](https://a.vn/{ho_ten})"),
        ("[*a](https://a.vn)", ProblemKind.MARKUP, "*a"),
    ],
)
def test_what_is_wrong_with_a_text_is_named(text: str, trouble: ProblemKind, about: str) -> None:
    found = parse(text)
    assert not isinstance(found, Template)
    assert found[0] == BroadcastProblem(trouble=trouble, about=about)


def test_vietnamese_is_enough_and_a_text_without_it_is_named() -> None:
    assert find_problems(BroadcastText(vi="Chào {ho_ten}", en="Dear {name}")) == ()
    assert find_problems(BroadcastText(vi="*a")) == (BroadcastProblem(trouble=ProblemKind.MARKUP, about="*a"),)
    assert find_problems(BroadcastText(en="Dear {name}")) == (BroadcastProblem(trouble=ProblemKind.EMPTY, about="vi"),)


def test_a_value_is_missing_where_neither_it_nor_words_for_it_are_known() -> None:
    text = "{ho_ten|anh/chị} {ho_ten} {don_vi|cơ quan} {so_ngay} {viec_can_lam} {ho_ten}"
    template = parse(text)
    assert isinstance(template, Template)
    assert missing_placeholders(template, PlaceholderValues(unit="UBND xã")) == (
        Placeholder.NAME,
        Placeholder.DAYS,
        Placeholder.TO_DO,
    )
    assert placeholders_of(text) == set(Placeholder) - {Placeholder.DEADLINE}


@given(texts)
def test_any_text_is_read_and_what_it_says_has_balanced_tags(text: str) -> None:
    template = parse(text)
    if isinstance(template, Template):
        said = template.fill(dict.fromkeys(Placeholder, "&lt;b&gt;"))
        assert to_well_formed(said) == said
        assert placeholders_of(text) == {part.name for part in template.parts if not isinstance(part, str)}
    else:
        assert all(len(problem.about) <= 100 for problem in template)


@given(texts)
def test_a_text_with_its_signs_taken_out_is_said_letter_for_letter(text: str) -> None:
    bare = "".join(sign for sign in text if sign not in "*_`[]{}").replace("\r\n", "\n").strip()
    if bare:
        assert to_plain_text(html(bare)) == bare
        assert utf16_length(to_plain_text(html(bare))) == utf16_length(bare)


@given(texts, texts)
def test_hostile_values_are_text(name: str, words: str) -> None:
    template = parse("*{ho_ten}* {don_vi|" + "".join(sign for sign in words if sign not in "{}\n") + "}")
    assert isinstance(template, Template)
    said = template.fill({Placeholder.NAME: escape(name, quote=False)})
    assert to_well_formed(said) == said
    assert to_plain_text(said).startswith(name)
