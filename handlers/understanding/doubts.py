"""Recognises lines that are no value for any field: "I do not know", "later", insults, and keys hit at random."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain, product
from typing import NamedTuple
from unicodedata import combining, normalize

from rules.language.spelling import fold, strip_accents

#: Small words around a doubt that mean nothing by themselves.
_FILLER_WORDS = frozenset(
    [
        "a",
        "ah",
        "u",
        "uh",
        "da",
        "vang",
        "oi",
        "em",
        "anh",
        "chi",
        "ban",
        "minh",
        "toi",
        "co",
        "chu",
        "bac",
        "nhe",
        "nha",
        "nhi",
        "ha",
        "roi",
        "lam",
        "qua",
        "nua",
        "luon",
        "the",
        "thi",
        "ca",
        "cai",
        "nay",
        "do",
        "vay",
        "ma",
        "ad",
        "bot",
        "i",
        "me",
    ]
)
#: Words that, as a whole line, call for help ("anh ơi"); the other small words are names of people too.
_FORMS_OF_ADDRESS = frozenset(
    ["a", "ah", "u", "uh", "da", "vang", "oi", "em", "anh", "chi", "ban", "nhe", "nha", "ha", "ad", "bot", "ok"]
)


class _AccentedWord(NamedTuple):
    """A word without accents, together with its accents: typed accents distinguish a name from a doubt."""

    bare: str
    accents: frozenset[str]

    def may_be(self, meant: "_AccentedWord") -> bool:
        """Return whether this word may stand for ``meant``: accents may be missing, but not different."""
        return self.bare == meant.bare and self.accents <= meant.accents


def _to_word(text: str) -> _AccentedWord:
    letters = normalize("NFD", text.lower())
    return _AccentedWord(
        strip_accents(text), frozenset(letter for letter in letters if combining(letter) or letter == "đ")
    )


@cache
def _expand_patterns(patterns: tuple[str, ...]) -> dict[str, list[tuple[_AccentedWord, ...]]]:
    """Expand patterns to word sequences, by their first word, when somebody types; ``|`` separates alternatives.

    An underscore joins words.
    """
    found: dict[str, list[tuple[_AccentedWord, ...]]] = {}
    for pattern in patterns:
        for way in product(*(part.split("|") for part in pattern.split())):
            words = tuple(_to_word(word) for word in " ".join(way).replace("_", " ").split())
            found.setdefault(words[0].bare, []).append(words)
    return found


#: Phrases that are a doubt as a whole line.
_DOUBTS = (
    "bó_tay|bỏ_trống|để_trống|chịu|chưa|đâu|giúp|hình_như|có_lẽ|hướng_dẫn|không|khoan|nào|quên|quên_mất|sao|sau",
    "chẳng|chưa|không|chả biết|rõ|chắc|nhớ|hiểu|có|thấy|tìm_thấy|xác_định|nắm|nắm_rõ|nhớ_rõ|chắc_chắn|quan_trọng",
    "để hỏi|hỏi_lại|kiểm_tra|kiểm_tra_lại|lát_nữa|mai|sau|tính_sau|xem|xem_lại|xem_đã|hỏi_đã|tí|tí_nữa",
    "điền|ghi|gõ|nhập|viết|làm gì|sao|thế_nào",
    "gì|gì_cũng_được|là_gì|là_sao|làm_sao|lấy_ở_đâu|như_thế_nào|ở_đâu|sao_cũng_được|thế_nào|thế_nào_cũng_được",
    "hỏi|kiểm_tra|xem lại|đã|sau",
    "lát_nữa|tính_sau|tìm_ở_đâu|tùy|tùy_ý|xem_ở_đâu|chờ|đợi|từ_từ|đang_chờ|đang_đợi|đang_hỏi|đang_tìm|đang_kiểm_tra",
    "đang_cập_nhật|chờ_cập_nhật|cập_nhật|bổ_sung|hôm_sau|ai_biết|biết_đâu|sao_biết|tạm_thời",
    "do_not_know|don_t_know|dont_know|how|idk|later|maybe|n_a|na|no|no_idea|none|not_now|not_sure|nothing|null",
    "unknown|what|whatever|where|tbd|tba|skip_for_now",
)
#: Beginnings of a line that express a doubt whatever follows ("không biết điền gì"); no name begins like this.
_DOUBT_BEGINNINGS = (
    "không|chưa|chẳng|chả rõ|biết|nhớ|chắc|hiểu|nắm|xác_định|thể_biết|thể_rõ|thể_nhớ|tìm_thấy|tìm_được|tra_được",
    "không|chưa|chẳng có|nhận_được|có_đủ|ra thông_tin|quyết_định|văn_bản|nghị_quyết|số|tên|gì|dữ_liệu|giấy|địa_chỉ",
    "không|chưa được cấp|biết|rõ|báo|thông_báo|giao|nhận|hướng_dẫn",
    "có phải|thể_là",
    # "Co Le" is also a town and "cô Lê" a person: without accents these words alone are not enough.
    "có_lẽ là|không|chưa|vậy|thế|phải|thuộc|ubnd|ủy_ban|xã|phường|sở|phòng|tỉnh|tên|ở|sau|để|hỏi",
    "hình_như|chắc_là|nghe_đâu|làm_sao_biết|làm_sao_tôi_biết|làm_sao_mà_biết|sao_biết|sao_tôi_biết|ai_biết",
    "quên mất|rồi|tên|số|địa_chỉ",
    "để|cho|chờ|đợi em|tôi|mình|anh|chị xem|hỏi|kiểm_tra|tính|tìm|tra|nghĩ|chút|tí|tý|xíu|lát|về|suy_nghĩ",
    "để xem|hỏi|kiểm_tra|sau|trống|tí|mai|lát",
    "sẽ bổ_sung|cập_nhật|điền|báo|gửi|hỏi|ghi|nhập|khai|xem|trả_lời|kiểm_tra|cung_cấp|làm sau|lại|tiếp",
    "bổ_sung|cập_nhật|điền|nhập|ghi|gõ|khai|báo|gửi|trả_lời|cung_cấp|làm|xem|tính|hỏi|nói sau",
    "hỏi lại|sếp|lãnh_đạo|đã|ai|giúp",
    "đang chờ|đợi quyết_định|văn_bản|nghị_quyết|kết_quả|thông_tin|thông_báo|cấp|ý_kiến|trả_lời|xác_nhận|hướng_dẫn|sếp",
    "đang chờ|đợi lãnh_đạo|số|ban_hành|duyệt|phê_duyệt|tên",
    "chờ|đợi quyết_định|văn_bản|nghị_quyết|kết_quả|thông_báo|ý_kiến|xác_nhận|chút|tí|tý|xíu|lát|đã|sếp|lãnh_đạo",
    "tí|tý|chút|xíu|lát nữa",
    "tạm_thời|hiện|hiện_tại|hiện_nay|bây_giờ|giờ|tạm chưa|không|bỏ_trống|để_trống|bỏ_qua|vẫn_chưa",
    "vẫn|cũng chưa|không có|biết|rõ|chắc|nhớ",
    "bỏ_trống|khoan_đã|khoan_hãy",
    "do_not|dont|don_t|cannot|can_t know|remember",
    "i do_not|dont|don_t|cannot|can_t know|remember",
    "not_sure",
)
#: Beginnings that count only with their own accents ("có lẽ", not "cô Lê").
_ACCENTED = ("có_lẽ",)
#: Short forms used on phones.
_SHORT = {
    "e": ("em",),
    **dict.fromkeys(("ko", "k", "hok", "hông", "hổng", "hong", "hem", "kh", "kg", "khg", "hk"), ("không",)),
    **dict.fromkeys(("bit", "bít", "bik", "bík"), ("biết",)),
    **dict.fromkeys(("kbiet", "kobiet", "kbit", "kobit", "hongbiet", "hobit"), ("không", "biết")),
    **dict.fromkeys(("dc", "đc"), ("được",)),
    **dict.fromkeys(("qd", "qđ"), ("quyết", "định")),
}
#: Characters that are looked at: a doubt is short, or begins the line.
_MAX_LENGTH = 400
_NOT_WORD = re.compile(r"[\W_]+")


def is_doubt(text: str, *, prose: bool = False) -> bool:
    """Return whether a line says that its writer does not know yet.

    In ``prose`` only a line that is a doubt as a whole counts, because prose may mention one.
    """
    words = _split_words(text[:_MAX_LENGTH])
    if _FORMS_OF_ADDRESS.issuperset(word.bare for word in words):
        return bool(text.strip())
    if _is_whole_doubt(words) or _is_whole_doubt(_strip_fillers(words)):
        return True
    return not prose and ("?" in text or any(_begins_with_doubt(rest) for rest in _without_address(words)))


#: Insults as they are typed; with accents where the same letters without them are ordinary words.
_RUDE = tuple(
    f" {words} "
    for words in (
        "địt", "đụ", "lồn", "cặc", "buồi", "đéo", "đĩ", "đm", "đmm", "dmm", "đcm", "dcm", "đkm", "dkm", "vcl", "vkl",
        "clgt", "clmm", "fuck", "fucking", "shit", "bitch", "wtf", "đồ ngu", "lũ ngu", "đồ điên", "óc chó", "oc cho",
        "thằng chó", "con chó", "đồ chó", "mẹ mày", "má mày", "bố mày", "cha mày", "dit me", "du ma", "du me", "ăn cứt",
        "cút đi", "câm mồm", "mất dạy", "vô học", "ngu vl", "ngu như",
    )
)  # fmt: skip
#: Whole lines that try whether anything is looked at.
_TRIALS = frozenset(
    {"abc", "abcd", "xyz", "test", "testing", "alo", "blah", "bla", "hihi", "haha", "hehe", "huhu", "lol", "asd", "qwe"}
    | {"zxc", "dm", "vl", "cc", "cl"}
)
_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefgh")
#: Neighbouring keys that no word has.
_KEY_RUNS = frozenset(run[at : at + 4] for row in _KEY_ROWS for run in (row, row[::-1]) for at in range(len(row) - 3))
_REPEATED = re.compile(r"(.)\1{2,}|(..|...)\2{2,}")
_VOWELS = frozenset("aeiouy")
_MIN_WITHOUT_VOWELS = 5


def is_no_name(text: str) -> bool:
    """Return whether a line is an insult, or keys hit at random, where a name or other words are awaited."""
    line = text[:_MAX_LENGTH]
    typed = [word for word in _NOT_WORD.split(normalize("NFC", line.lower())) if word]
    if any(words in f" {' '.join(typed)} " for words in _RUDE):
        return True
    bare = [strip_accents(word) for word in typed]
    return bool(bare) and (_TRIALS.issuperset(typed) or all(map(_is_random, bare)))


def _is_random(word: str) -> bool:
    if _REPEATED.fullmatch(word) or any(run in word for run in _KEY_RUNS):
        return True
    return len(word) >= _MIN_WITHOUT_VOWELS and word.isalpha() and _VOWELS.isdisjoint(word)


def name_variants(text: str) -> set[str]:
    """Return the folded variants of a line: as typed, with short forms written out, and a doubt without small words."""
    if len(text) > _MAX_LENGTH:
        return {fold(text)}
    words = _split_words(text)
    bare = [_join_folded(_strip_fillers(words))] if _is_whole_doubt(_strip_fillers(words)) else []
    return {fold(text), _join_folded(words), *bare}


def _split_words(text: str) -> list[_AccentedWord]:
    """Split into words and write out phone short forms as far as they were typed as such ("Hồng" is a name)."""
    typed = [word for word in _NOT_WORD.split(normalize("NFC", text.lower())) if word]
    return [_to_word(word) for word in chain.from_iterable(_SHORT.get(word, (word,)) for word in typed)]


def _join_folded(words: Iterable[_AccentedWord]) -> str:
    return " ".join(word.bare for word in words)


def _is_whole_doubt(words: Sequence[_AccentedWord]) -> bool:
    known = _expand_patterns(_DOUBTS).get(words[0].bare, []) if words else []
    return any(len(phrase) == len(words) and _begins_with_phrase(words, phrase) for phrase in known)


def _begins_with_doubt(words: Sequence[_AccentedWord]) -> bool:
    known = _expand_patterns(_DOUBT_BEGINNINGS).get(words[0].bare, []) if words else []
    exact = _expand_patterns(_ACCENTED).get(words[0].bare, []) if words else []
    return any(_begins_with_phrase(words, phrase) for phrase in known) or any(
        tuple(words[: len(phrase)]) == phrase for phrase in exact
    )


def _begins_with_phrase(words: Sequence[_AccentedWord], phrase: Sequence[_AccentedWord]) -> bool:
    return len(words) >= len(phrase) and all(word.may_be(meant) for word, meant in zip(words, phrase, strict=False))


def _strip_fillers(words: list[_AccentedWord]) -> list[_AccentedWord]:
    """Remove small words at both ends ("dạ em không rõ ạ")."""
    inside = words[_count_address_words(words) :]
    while inside and inside[-1].bare in _FILLER_WORDS:
        inside = inside[:-1]
    return inside


def _without_address(words: list[_AccentedWord]) -> Iterable[list[_AccentedWord]]:
    """Yield the line with fewer and fewer words of address, because some small words begin a doubt ("có lẽ")."""
    return (words[start:] for start in range(_count_address_words(words) + 1))


def _count_address_words(words: list[_AccentedWord]) -> int:
    """Count the small words before the first significant one."""
    return next((place for place, word in enumerate(words) if word.bare not in _FILLER_WORDS), len(words))
